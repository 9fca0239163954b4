import { describe, expect, it } from 'vitest';
import type { RecommendRequest, RecommendResponse } from '../../../src/schema/index.js';
import type { LiveWorld, WorldArm } from '../../../src/world/index.js';
import { live } from './live-worlds.js';

type Answer = (request: RecommendRequest) => RecommendResponse;

const plain: Answer = ({ requestId = '', user, candidates = ['1'], limit }) => ({
  requestId,
  user,
  version: 'v1',
  variants: {},
  items: candidates.slice(0, limit).map((item, position) => ({ item, position, score: 1, propensity: 1 })),
});
const arm = (answer: Answer, more: Partial<WorldArm> = {}): WorldArm => ({
  name: 'only',
  recommender: { recommend: async (requests) => requests.map(answer) },
  ...more,
});
const given = { users: 60, days: 2 };

describe('a world that asks a recommender', () => {
  it('asks with what a client knows, batches what falls together, and shows what it is given', async () => {
    const requests: RecommendRequest[] = [];
    const { log, world, service } = await live(given, {
      arms: [
        arm((request) => {
          requests.push(request);
          return plain(request);
        }),
      ],
    });
    const first = requests[0];
    expect(first).toMatchObject({ limit: world.settings.slateSize, exclude: [], explain: false });
    expect(Object.keys(first.context).sort()).toEqual(['hour', 'on_wifi', 'weekday']);
    expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(requests.length);
    expect(log.requests).toBeLessThanOrEqual(requests.length);
    expect(service.versionNames.list).toEqual(['v1']);
    const byId = new Map(requests.map((request) => [request.requestId, request]));
    for (let row = 0; row < log.requests; row += 1) {
      const asked = byId.get(`${log.request.user[row] + 1}-${log.request.ordinal[row]}`);
      for (let position = 0; position < log.request.reached[row]; position += 1)
        expect(String(log.impression.item[log.request.first[row] + position] + 1)).toBe(
          asked?.candidates?.[position],
        );
    }
  });

  it('logs the arm that the recommender says, where it runs experiments of its own', async () => {
    const { log, service } = await live(given, {
      arms: [
        arm((request) => ({
          ...plain(request),
          variants: Object.fromEntries(Number(request.user) % 2 === 0 ? [['ranker', 'new']] : []),
        })),
      ],
    });
    const armOf = (user: number): Set<string> =>
      new Set(
        Array.from({ length: log.requests }, (_, row) => row)
          .filter((row) => log.request.user[row] % 2 === user)
          .map((row) => service.armNames.list[log.request.arm[row]]),
      );
    expect(armOf(0)).toEqual(new Set(['only']));
    expect(armOf(1)).toEqual(new Set(['ranker:new']));
  });

  it('lets it recall from what it knows, and still refuses what is not born', async () => {
    const open = { candidates: 'open' } as const;
    const { log } = await live(given, {
      arms: [
        arm((request) => {
          expect(request.candidates).toBeUndefined();
          return plain(request);
        }, open),
      ],
    });
    expect(new Set(log.impression.item.subarray(0, log.impressions))).toEqual(new Set([0]));
    const latest = (world: LiveWorld): string => String(world.settings.items);
    await expect(
      live(given, (world) => ({
        arms: [arm((request) => plain({ ...request, candidates: [latest(world)] }), open)],
      })),
    ).rejects.toThrow(/before its birth/);
  });

  it.each<[string, (right: RecommendResponse) => RecommendResponse, RegExp]>([
    ['another user', (right) => ({ ...right, user: '999' }), /answered user 999/],
    [
      'an unknown item',
      (right) => ({ ...right, items: [{ ...right.items[0], item: 'video' }] }),
      /"video", which this world does not have/,
    ],
    ['an item twice', (right) => ({ ...right, items: [right.items[0], right.items[0]] }), /twice/],
    [
      'too many items',
      (right) => ({ ...right, items: Array.from({ length: 11 }, () => right.items[0]) }),
      /11 items where 10/,
    ],
    [
      'an impossible propensity',
      (right) => ({ ...right, items: [{ ...right.items[0], propensity: 0 }] }),
      /propensity 0/,
    ],
  ])('refuses %s, naming the request', async (_, spoil, message) => {
    const attempt = live(given, { arms: [arm((request) => spoil(plain(request)))] });
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({
      code: 'PREDICTIONS_INVALID',
      details: { requestId: /-0$/ },
    });
  });

  it('refuses items that were no candidates, and missing answers', async () => {
    await expect(
      live(given, (world) => ({
        arms: [
          arm((request) => {
            const offered = new Set(request.candidates);
            const stranger = Array.from({ length: 50 }, (_, n) => String(n + 1)).find(
              (id) => !offered.has(id),
            );
            expect(world.items.birthDay[Number(stranger) - 1]).toBeLessThan(0);
            return plain({ ...request, candidates: [stranger ?? ''] });
          }),
        ],
      })),
    ).rejects.toThrow(/no candidate/);
    await expect(
      live(given, { arms: [{ name: 'only', recommender: { recommend: async () => [] } }] }),
    ).rejects.toThrow(/answered 0 of/);
  });
});
