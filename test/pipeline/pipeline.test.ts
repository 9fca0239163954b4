import { describe, expect, it } from 'vitest';
import {
  hashComposition,
  parseComposition,
  Pipeline,
  unitVectors,
  type Composition,
  type PipelineParts,
  type RecallChannel,
  type RecallRequest,
} from '../../src/pipeline/index.js';

const channel = (name: string, items: readonly number[]): RecallChannel => ({
  name,
  recall: ({ isAllowed }, count) => {
    const found = items.filter(isAllowed).slice(0, count);
    return { items: Int32Array.from(found), scores: Float32Array.from(found, (_, rank) => -rank) };
  },
});

const hourMs = 3_600_000;
const parts: PipelineParts<RecallRequest> = {
  channels: [channel('popular', [0, 1, 2, 3, 4, 5]), channel('neighbours', [9, 8, 1, 7])],
  rank: (_request, items) => Promise.resolve(Float32Array.from(items, (item) => item / 10)),
  vectors: unitVectors(
    Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? Math.cos(i) : Math.sin(i))),
    2,
  ),
  createdMs: (item) => (item === 0 ? 100 * hourMs : undefined),
  attributes: { creator: (item) => item % 2 },
};

const composition = (change: Partial<Record<keyof Composition, unknown>> = {}): Composition =>
  parseComposition({
    schemaVersion: 1,
    recall: [
      { channel: 'popular', quota: 2 },
      { channel: 'neighbours', quota: 2 },
    ],
    candidates: 6,
    ...change,
  });

const request = (allowed: (item: number) => boolean = () => true): RecallRequest => ({
  history: new Int32Array(0),
  nowMs: 100 * hourMs,
  isAllowed: allowed,
});

const recommend = async (change: Parameters<typeof composition>[0], limit = 10) =>
  new Pipeline(composition(change), parts).recommend(request(), limit);

describe('Pipeline', () => {
  it('ranks what the channels recall, and says where each item comes from', async () => {
    const { candidates, recalled, ranked, elapsedMs } = await recommend({}, 3);
    expect(recalled).toEqual({ popular: 6, neighbours: 4 });
    expect(ranked).toBe(6);
    expect(candidates.map(({ item }) => item)).toEqual([9, 8, 7]);
    expect(candidates[0].parts['model']).toBeCloseTo(0.9, 6);
    expect(candidates[0].recalledBy).toEqual([{ channel: 'neighbours', rank: 0, score: -0 }]);
    expect(Object.keys(elapsedMs)).toEqual(['recall', 'rank', 'rerank']);
  });

  it('keeps the order of recall without a ranking model, and gives nothing where nothing is allowed', async () => {
    const unranked = await recommend({ rank: false }, 4);
    expect(unranked.candidates.map(({ item }) => item)).toEqual([0, 9, 1, 8]);
    expect(unranked.ranked).toBe(0);
    const none = await new Pipeline(composition(), parts).recommend(
      request(() => false),
      5,
    );
    expect(none.candidates).toEqual([]);
  });

  it('runs the stages after it in their order, on the shortlist alone', async () => {
    const fresh = await recommend({ rerank: [{ stage: 'freshness', weight: 2, halfLifeHours: 1 }] });
    expect(fresh.candidates[0].item).toBe(0); // new this moment: 0 + 2 is above .9
    expect(fresh.candidates[0].parts).toMatchObject({ model: 0, freshness: 2 });
    const cut = await recommend({
      shortlist: 2,
      rerank: [{ stage: 'freshness', weight: 2, halfLifeHours: 1 }],
    });
    expect(cut.candidates.map(({ item }) => item)).toEqual([9, 8]);
    const varied = await recommend({ rerank: [{ stage: 'caps', attribute: 'creator', most: 1 }] }, 3);
    expect(varied.candidates.map(({ item }) => item)).toEqual([9, 8, 7]);
    for (const stage of [
      { stage: 'mmr', lambda: 0.3 },
      { stage: 'dpp', theta: 1 },
    ]) {
      const { candidates } = await recommend({ rerank: [stage] }, 4);
      expect(candidates).toHaveLength(4);
      expect(new Set(candidates.map(({ item }) => item)).size).toBe(4);
    }
  });

  it('refuses a model that does not score every candidate with a number', async () => {
    const bound = (rank: PipelineParts<RecallRequest>['rank']) =>
      new Pipeline(composition(), { ...parts, rank }).recommend(request(), 3);
    await expect(bound(() => Promise.resolve(new Float32Array(2)))).rejects.toMatchObject({
      code: 'PREDICTIONS_INVALID',
    });
    await expect(
      bound((_request, items) => Promise.resolve(new Float32Array(items.length).fill(Number.NaN))),
    ).rejects.toMatchObject({ code: 'PREDICTIONS_INVALID', details: { item: 0 } });
  });

  it('names the part that the composition asks for and nobody has', () => {
    const bind =
      (change: Parameters<typeof composition>[0], without: Partial<PipelineParts<RecallRequest>> = {}) =>
      () =>
        new Pipeline(composition(change), { ...parts, ...without });
    expect(bind({ recall: [{ channel: 'trending', quota: 1 }] })).toThrow(/recall channel trending/);
    expect(bind({}, { rank: undefined })).toThrow(/a ranking model/);
    expect(bind({ rerank: [{ stage: 'mmr', lambda: 0.5 }] }, { vectors: undefined })).toThrow(/item vectors/);
    expect(
      bind({ rerank: [{ stage: 'freshness', weight: 1, halfLifeHours: 1 }] }, { createdMs: undefined }),
    ).toThrow(/age of items/);
    expect(bind({ rerank: [{ stage: 'caps', attribute: 'brand', most: 1 }] })).toThrow(/attribute brand/);
  });
});

describe('parseComposition', () => {
  it('names the member that is wrong', () => {
    const wrong = (change: Parameters<typeof composition>[0]) => () => composition(change);
    expect(wrong({ recal: [] } as never)).toThrow(/recal/);
    expect(wrong({ candidates: 3 })).toThrow(/quotas add up to 4, more than the 3 candidates/);
    expect(
      wrong({
        recall: [
          { channel: 'popular', quota: 1 },
          { channel: 'popular', quota: 1 },
        ],
      }),
    ).toThrow(/names popular twice/);
    expect(wrong({ rerank: [{ stage: 'mmr', lambda: 2 }] })).toThrow(/rerank\.0\.lambda/);
  });

  it('hashes what a composition says and not how it is written', () => {
    const one = hashComposition(composition());
    const turned = Object.fromEntries(Object.entries(composition()).reverse());
    expect(hashComposition(parseComposition(turned))).toBe(one);
    expect(hashComposition(composition({ candidates: 7 }))).not.toBe(one);
  });
});
