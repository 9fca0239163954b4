import { clock } from '../../platform/index.js';
import type { EventSink, Recommender } from '../../schema/index.js';
import {
  bornBy,
  idOf,
  PolicyRecommender,
  type LivePolicy,
  type LiveWorld,
  type WorldArm,
} from '../../world/index.js';

export interface ServedArmOptions {
  readonly name: string;
  readonly world: LiveWorld;
  /** in process, or a server over HTTP */
  readonly service: Recommender & EventSink;
  /** what answers before the service takes over; it must not learn, so that all arms have one past */
  readonly before: LivePolicy;
  /** when the service takes over, milliseconds since 1970 */
  readonly fromMs: number;
}

/** How long answers took so far. */
export interface AnswerTime {
  requests: number;
  ms: number;
}

/** A served pipeline as an arm of a world: it recalls from what it knows, and is told what users do with its pages. */
export function servedArm({ name, world, service, before, fromMs }: ServedArmOptions): WorldArm & {
  readonly time: AnswerTime;
} {
  const policy = new PolicyRecommender(before, world);
  const time: AnswerTime = { requests: 0, ms: 0 };
  const recommender: Recommender = {
    async recommend(requests) {
      const atMs = requests[0]?.atMs ?? 0;
      if (atMs < fromMs) return policy.recommend(requests);
      // Its catalogue is of the whole world; what is not born yet cannot be shown.
      const exclude = idsFrom(bornBy(world, atMs / 1000), world.settings.items);
      const begun = clock.monotonicMs();
      const answers = await service.recommend(requests.map((request) => ({ ...request, exclude })));
      time.ms += clock.monotonicMs() - begun;
      time.requests += requests.length;
      return answers;
    },
  };
  return {
    name,
    recommender,
    candidates: 'open',
    sink: { append: (events) => service.append(events.filter((event) => event.atMs >= fromMs)) },
    time,
  };
}

const idsFrom = (first: number, count: number): string[] =>
  Array.from({ length: Math.max(0, count - first) }, (_, n) => idOf(first + n));
