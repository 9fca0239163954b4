import type { OrderedEvents } from '../../data/index.js';
import { hash32, hashKeys } from '../../platform/index.js';
import {
  FIRST_VALUE_ID,
  type DatasetContract,
  type NextItemDataset,
  type Probe,
} from '../../schema/index.js';
import { discountedGain } from '../../stats/index.js';
import type { DatasetSubject } from './dataset-subject.js';

/** Share of neighbouring events of one moment below which their order can matter little. */
const fewTies = 0.01;
const shuffles = 3;
/** What the metric must lose, in standard errors over users and as a share of itself. */
const clearT = 3;
const noticeable = 0.05;
const decisive = 0.3;

/**
 * Events of one moment (a day, a second) have an order in the file that no live system had, and that may come from sorting
 * by id or from the page that a crawler read. The last known event of each user is ranked by a skip-Markov chain over the
 * others, in the order of the file and with the events of each moment shuffled. What is lost is what that order gave.
 */
export const tieOrder: Probe<DatasetSubject> = {
  name: 'tie-order',
  question: 'Does the order of events of one moment carry part of the metric?',
  lacks: ({ dataset }) =>
    dataset.task === 'next-item' ? undefined : 'only next-item tasks go by the order of events',
  async run({ orderedEvents, floors, dataset }) {
    const events = await orderedEvents();
    const share = tieShare(events);
    if (share < fewTies) return [];
    const score = (order: OrderedEvents): Float64Array =>
      Float64Array.from(floors.nextItem(lastOut(order, dataset.contract)), (rank) =>
        discountedGain(rank, 10),
      );
    const asFiled = score(events);
    const lost = Float64Array.from(asFiled);
    for (let n = 0; n < shuffles; n += 1)
      score(withShuffledTies(events, n)).forEach((value, user) => {
        lost[user] -= value / shuffles;
      });
    const mean = (values: Float64Array): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const [loss, before] = [mean(lost), mean(asFiled)];
    const spread = lost.reduce((sum, value) => sum + (value - loss) ** 2, 0) / (lost.length - 1);
    const t = loss / Math.sqrt(spread / lost.length);
    if (!(t >= clearT) || loss < noticeable * before) return [];
    return [
      {
        severity: loss >= decisive * before ? 'high' : 'medium',
        columns: [],
        evidence:
          `${(100 * share).toFixed(1)} % of neighbouring events of a user share their time; with those shuffled, ndcg@10 of a skip-Markov chain ` +
          `falls from ${before.toFixed(4)} to ${(before - loss).toFixed(4)} (${((100 * loss) / before).toFixed(1)} %, t ${t.toFixed(1)})`,
        remedy:
          'Take an exact order if there is one (automodel init ... --split leave-one-out:order=<column>); else report scores with ties shuffled beside these.',
      },
    ];
  },
};

/** Share of neighbouring events of a user that belong to one moment. */
export function tieShare({ users, moments }: OrderedEvents): number {
  let [ties, pairs] = [0, 0];
  for (let at = 1; at < users.length; at += 1) {
    if (users[at] !== users[at - 1]) continue;
    pairs += 1;
    if (moments[at] === moments[at - 1]) ties += 1;
  }
  return pairs === 0 ? 0 : ties / pairs;
}

/** Deals the events of each moment out anew; users and moments stay. */
export function withShuffledTies(events: OrderedEvents, seed: number): OrderedEvents {
  const { users, moments, items } = events;
  const key = hashKeys('tie-order', seed);
  const order = Int32Array.from(items.keys()).sort(
    (a, b) => users[a] - users[b] || moments[a] - moments[b] || hash32(key, a) - hash32(key, b) || a - b,
  );
  return { ...events, items: Int32Array.from(order, (at) => items[at]) };
}

/** A dataset whose validation case is the last event of each user with at least three. */
export function lastOut(
  { users, items, itemCount }: OrderedEvents,
  contract: DatasetContract,
): NextItemDataset {
  const userCount = users.length === 0 ? 0 : users[users.length - 1] + 1;
  const offsets = new Int32Array(userCount + 1);
  for (const user of users) offsets[user + 1] += 1;
  for (let user = 0; user < userCount; user += 1) offsets[user + 1] += offsets[user];
  const events = items.map((item) => item + FIRST_VALUE_ID);
  const trainEnds = Int32Array.from({ length: userCount }, (_, user) =>
    offsets[user + 1] - offsets[user] >= 3 ? offsets[user + 1] - 1 : offsets[user + 1],
  );
  const judged = Int32Array.from(trainEnds.keys()).filter((user) => trainEnds[user] < offsets[user + 1]);
  const historyEnds = judged.map((user) => trainEnds[user]);
  const none = new Int32Array(0);
  return {
    task: 'next-item',
    contract,
    itemCount: itemCount + FIRST_VALUE_ID,
    userCount,
    events,
    offsets,
    trainEnds,
    validation: {
      count: judged.length,
      users: judged,
      historyEnds,
      targets: historyEnds.map((at) => events[at]),
    },
    test: { count: 0, users: none, historyEnds: none, targets: undefined },
  };
}
