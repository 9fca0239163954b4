import { AutoModelError, hashKeys } from '../../platform/index.js';
import type {
  Appended,
  EventSink,
  RecommendRequest,
  RecommendResponse,
  Recommender,
  ServedEvent,
} from '../../schema/index.js';
import { secondsPerDay } from '../calendar.js';
import { idOf, indexOf, partsOfRequestId } from '../live/ids.js';
import { policyKey } from '../live/page-player.js';
import { bornBy, type LiveWorld } from '../live/live-world.js';
import { versionOf, type LivePolicy } from './live-policy.js';

/**
 * A policy behind the port that a served pipeline has: it answers requests by id, learns from the events that it is sent and from
 * nothing else, once a day. Driven by its world it serves the very pages that the policy itself would.
 */
export class PolicyRecommender implements Recommender, EventSink {
  private readonly counts: { impressions: Float64Array; clicks: Float64Array };
  private readonly seen = new Set<string>();
  private learntOn = -Infinity;
  /** every item that exists, as of the last request that named none */
  private everything = new Int32Array(0);

  constructor(
    private readonly policy: LivePolicy,
    private readonly world: LiveWorld,
  ) {
    const { items } = world.settings;
    this.counts = { impressions: new Float64Array(items), clicks: new Float64Array(items) };
  }

  async recommend(requests: readonly RecommendRequest[]): Promise<readonly RecommendResponse[]> {
    return requests.map((request) => this.answer(request));
  }

  async append(events: readonly ServedEvent[]): Promise<Appended> {
    let stored = 0;
    for (const { id, kind, item } of events) {
      if (this.seen.has(id)) continue;
      this.seen.add(id);
      stored += 1;
      const index = item === undefined ? -1 : indexOf(item, this.world.settings.items);
      if (index < 0) continue;
      if (kind === 'impression') this.counts.impressions[index] += 1;
      if (kind === 'click') this.counts.clicks[index] += 1;
    }
    return { stored, repeated: events.length - stored };
  }

  private answer(request: RecommendRequest): RecommendResponse {
    const { settings } = this.world;
    const user = indexOf(request.user, settings.users);
    if (user < 0) throw unknownId('user', request.user);
    const second = Math.floor((request.atMs ?? settings.startSecond * 1000) / 1000);
    const day = Math.floor(second / secondsPerDay);
    if (day > this.learntOn) {
      this.learntOn = day;
      this.policy.learn(this.counts);
    }
    const candidates = this.candidatesOf(request, bornBy(this.world, second));
    const slate = new Int32Array(Math.min(request.limit, candidates.length));
    const propensities = new Float64Array(slate.length);
    const requestId = request.requestId ?? `${request.user}@${second}`;
    const parts = partsOfRequestId(requestId);
    const filled = this.policy.choose(
      {
        user,
        second,
        onWifi: request.context.on_wifi === 1 || request.context.on_wifi === true,
        candidates,
        candidateCount: candidates.length,
        randomKey:
          parts?.user === user
            ? policyKey(settings.behaviourSeed, user, parts.ordinal)
            : hashKeys(settings.behaviourSeed, 'policy', requestId),
      },
      slate,
      propensities,
    );
    return {
      requestId,
      user: request.user,
      version: versionOf(this.policy),
      variants: {},
      items: Array.from({ length: filled }, (_, position) => ({
        item: idOf(slate[position]),
        position,
        // A policy has an order and no scale.
        score: filled - position,
        propensity: propensities[position],
      })),
    };
  }

  private candidatesOf(request: RecommendRequest, born: number): Int32Array {
    const { items } = this.world.settings;
    const asked = request.candidates?.map((id) => {
      const item = indexOf(id, items);
      if (item < 0) throw unknownId('item', id);
      return item;
    });
    if (asked === undefined && this.everything.length !== born)
      this.everything = Int32Array.from({ length: born }, (_, item) => item);
    const offered = asked === undefined ? this.everything : Int32Array.from(asked);
    if (request.exclude.length === 0) return offered;
    const excluded = new Set(request.exclude.map((id) => indexOf(id, items)));
    return offered.filter((item) => !excluded.has(item));
  }
}

function unknownId(kind: 'user' | 'item', id: string): AutoModelError {
  return new AutoModelError('ID_OUT_OF_RANGE', `The world has no ${kind} "${id}"`, {
    remedy: `Ids of a world are the whole numbers from 1 to its number of ${kind}s.`,
    details: { [kind]: id },
  });
}
