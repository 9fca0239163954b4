import { describe, expect, it } from 'vitest';
import { ComparedServices } from '../../../src/agents/online/compared-services.js';
import {
  RecommendRequest,
  type EventSink,
  type Recommender,
  type RecommendResponse,
  type ServedEvent,
} from '../../../src/schema/index.js';

type Answer = Omit<RecommendResponse, 'requestId' | 'user'>;
const usual: Answer = {
  version: 'v',
  variants: { test: 'a' },
  items: [
    { item: 'x', position: 0, score: 2, propensity: 0.75 },
    { item: 'y', position: 1, score: -1, propensity: 0.5 },
  ],
};

/** Answers everybody the same. */
function service(changes: Partial<Answer> = {}, known: readonly string[] = []): Recommender & EventSink {
  const ids = new Set(known);
  return {
    recommend: async (requests) =>
      requests.map(({ user, requestId = '' }) => ({ user, requestId, ...usual, ...changes })),
    append: async (events) => {
      const before = ids.size;
      for (const { id } of events) ids.add(id);
      return { stored: ids.size - before, repeated: events.length - ids.size + before };
    },
  };
}

const requests = ['u', 'v', 'w'].map((user) => RecommendRequest.parse({ user, requestId: `of ${user}` }));
const event = (id: string): ServedEvent => ({ id, atMs: 1, user: 'u', item: 'x', kind: 'click' });
const changed = (n: number, more: object): Answer['items'] =>
  usual.items.map((item, i) => (i === n ? { ...item, ...more } : item));

describe('ComparedServices', () => {
  it('gives the answers of the first, and says that nothing is different where nothing is', async () => {
    const near = changed(1, { score: -1 + 4e-6, propensity: 0.5 - 2e-6 });
    const compared = new ComparedServices(service(), service({ items: near }));
    expect(await compared.recommend(requests)).toEqual(await service().recommend(requests));
    expect(await compared.append([event('a'), event('a')])).toEqual({ stored: 1, repeated: 1 });
    const { largestScoreDifference, largestPropensityDifference, ...rest } = compared.comparison;
    expect(rest).toEqual({ requests: 3, items: 6, events: 2, differing: 0, firstDifference: undefined });
    expect(largestScoreDifference).toBeCloseTo(4e-6, 9);
    expect(largestPropensityDifference).toBeCloseTo(2e-6, 9);
  });

  it.each<[string, Partial<Answer>]>([
    ['another item', { items: changed(1, { item: 'z' }) }],
    ['another order', { items: usual.items.map(({ item }, n) => ({ ...usual.items[1 - n], item })) }],
    ['fewer items', { items: usual.items.slice(0, 1) }],
    ['another score', { items: changed(0, { score: 2.0001 }) }],
    ['another propensity', { items: changed(0, { propensity: 0.7501 }) }],
    ['another version', { version: 'w' }],
    ['another arm', { variants: { test: 'b' } }],
  ])('finds %s, and says where it was first', async (_, changes) => {
    const compared = new ComparedServices(service(), service(changes));
    await compared.recommend(requests);
    expect(compared.comparison.differing).toBe(3);
    expect(compared.comparison.firstDifference).toContain('request of u: ');
  });

  it('ends where the services do not know the same events, or do not answer', async () => {
    const informed = new ComparedServices(service(), service({}, ['a']));
    await expect(informed.append([event('a')])).rejects.toMatchObject({ code: 'PREDICTIONS_INVALID' });
    const silent: Recommender & EventSink = { ...service(), recommend: async () => [] };
    await expect(new ComparedServices(service(), silent).recommend(requests)).rejects.toThrow(
      /3 requests got 3 and 0 answers/,
    );
  });
});
