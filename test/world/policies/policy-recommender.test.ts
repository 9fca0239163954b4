import { describe, expect, it } from 'vitest';
import { RecommendRequest, RecommendResponse, ServedEvent } from '../../../src/schema/index.js';
import {
  createLiveWorld,
  itemScore,
  oracleScore,
  PolicyRecommender,
  rankedPolicy,
  type LivePolicy,
  type LiveWorld,
} from '../../../src/world/index.js';
import { contentOf, live, popularity, smallLive } from '../live/live-worlds.js';

const oracle = (world: LiveWorld): LivePolicy =>
  rankedPolicy({ id: 4, rankings: [{ weight: 1, score: oracleScore(world, 'click') }], exploration: 0.2 });

describe('a policy behind the port of a recommender', () => {
  it.each([
    ['that learns from its events', popularity],
    ['that knows the truth', oracle],
  ])('serves the very pages that the policy does: one %s', async (_, make) => {
    const given = { days: 3, users: 120 };
    const asked: number[] = [];
    const direct = await live(given, (world) => ({ arms: [{ name: 'a', recommender: make(world) }] }));
    const byPort = await live(given, (world) => {
      const recommender = new PolicyRecommender(make(world), world);
      return {
        arms: [
          {
            name: 'a',
            sink: recommender,
            recommender: {
              recommend: (requests) => {
                asked.push(requests.length);
                for (const request of requests.slice(0, 1)) RecommendRequest.parse(request);
                return recommender.recommend(requests);
              },
            },
          },
        ],
      };
    });
    expect(contentOf(byPort.log)).toEqual(contentOf(direct.log));
    expect(byPort.log.impressions).toBeGreaterThan(800);
    // requests of one tick come together
    expect(Math.max(...asked)).toBeGreaterThan(1);
  });

  it('answers in the shape of the schema, from the whole catalogue where no candidates are named', async () => {
    const world = createLiveWorld(smallLive);
    const recommender = new PolicyRecommender(
      rankedPolicy({ id: 5, rankings: [{ weight: 1, score: itemScore(world, 'click') }] }),
      world,
    );
    const atMs = world.settings.startSecond * 1000;
    const request = RecommendRequest.parse({ user: '7', atMs, limit: 12 });
    const [answer] = await recommender.recommend([request]);
    expect(RecommendResponse.parse(answer)).toEqual(answer);
    expect(answer.items).toHaveLength(12);
    const [again] = await recommender.recommend([{ ...request, exclude: [answer.items[0].item] }]);
    expect(again.items[0].item).toBe(answer.items[1].item);
    const [among] = await recommender.recommend([{ ...request, candidates: ['3', '5'], limit: 10 }]);
    expect(among.items.map(({ item }) => item).sort()).toEqual(['3', '5']);
  });

  it('counts an event once, and only what it knows', async () => {
    const world = createLiveWorld(smallLive);
    const lessons: number[] = [];
    const recommender = new PolicyRecommender(
      { ...popularity(world), learn: ({ clicks }) => void lessons.push(clicks[4]) },
      world,
    );
    const click = ServedEvent.parse({ id: 'x', atMs: 1, user: '1', item: '5', kind: 'click' });
    expect(await recommender.append([click, { ...click, id: 'y', item: 'video' }])).toEqual({
      stored: 2,
      repeated: 0,
    });
    expect(await recommender.append([click])).toEqual({ stored: 0, repeated: 1 });
    await recommender.recommend([RecommendRequest.parse({ user: '1', atMs: 5 })]);
    expect(lessons).toEqual([1]);
  });

  it('names ids that are none', async () => {
    const world = createLiveWorld(smallLive);
    const recommender = new PolicyRecommender(popularity(world), world);
    for (const user of ['0', '251', 'anna', '01', ''])
      await expect(
        recommender.recommend([{ ...RecommendRequest.parse({ user: 'x' }), user }]),
      ).rejects.toThrow(`no user "${user}"`);
    await expect(
      recommender.recommend([RecommendRequest.parse({ user: '1', candidates: ['999'] })]),
    ).rejects.toThrow('no item "999"');
  });
});
