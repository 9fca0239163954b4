import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NextItemCases } from '../../../src/schema/index.js';
import type { ComputeClient } from '../../../src/training/compute/compute-client.js';
import { NextItemEngine } from '../../../src/training/engines/next-item-engine.js';
import { NextItemScorer, type EventLog } from '../../../src/training/engines/next-item-scorer.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { cyclicDataset } from '../support/tiny-data.js';
import { tinyNextItemModel } from '../support/tiny-models.js';

const ITEMS = 20;
const dataset = cyclicDataset({ users: 300, items: ITEMS - 2, length: 7, random: true });
let engine: NextItemEngine;
let scorer: NextItemScorer;
let from: Float32Array;
let to: Float32Array;

beforeAll(async () => {
  engine = await NextItemEngine.open({
    definition: tinyNextItemModel,
    hyperParameters: { dim: 4 },
    recipe: resolveRecipe('next-item', { 'recipe.maxLength': 5, 'recipe.batchSize': 32 }),
    dataset,
    seed: 3,
    threads: 1,
    schedule: 'overlapped',
  });
  ({ scorer } = engine);
  const { parameters } = await engine.client.export(['parameters']);
  const of = (name: string): Float32Array => {
    const slot = engine.model.step.layout.parameters.find((candidate) => candidate.name === name)!;
    return parameters.subarray(slot.offset, slot.offset + slot.size);
  };
  [from, to] = [of('from'), of('to')];
});

afterAll(() => engine.close());

/** Scores of all items after `last`, in plain JavaScript: the product of two rows of four. */
function plainScores(last: number | undefined): number[] {
  return Array.from({ length: ITEMS }, (_, item) => {
    let score = 0;
    if (last !== undefined) for (let j = 0; j < 4; j += 1) score += from[last * 4 + j] * to[item * 4 + j];
    return score;
  });
}

function casesOf(users: readonly number[], historyEnds: readonly number[]): NextItemCases {
  return {
    count: users.length,
    users: Int32Array.from(users),
    historyEnds: Int32Array.from(historyEnds),
    targets: Int32Array.from(users, () => 2),
  };
}

/** Users with the histories given. */
function logOf(histories: readonly (readonly number[])[]): { log: EventLog; cases: NextItemCases } {
  const offsets = [0];
  for (const history of histories) offsets.push(offsets.at(-1)! + history.length);
  return {
    log: { events: Int32Array.from(histories.flat()), offsets: Int32Array.from(offsets) },
    cases: casesOf([...histories.keys()], offsets.slice(1)),
  };
}

describe('score', () => {
  it('gives every case the scores of its own newest event, in order, over several runs', async () => {
    const seen: number[] = [];
    await scorer.score(dataset, dataset.validation, (logits, c) => {
      seen.push(c);
      const expected = plainScores(dataset.events[dataset.validation.historyEnds[c] - 1]);
      logits.forEach((score, item) => expect(score).toBeCloseTo(expected[item], 5));
    });
    expect(seen).toEqual(Array.from({ length: 300 }, (_, c) => c)); // 256 in the first run
  });

  it('reads empty histories, short ones and ones that are longer than the window', async () => {
    const histories = [[], [4], [9, 8, 7, 6, 5, 4, 3], [2, 3, 4, 5, 6]];
    const { log, cases } = logOf(histories);
    const rows: number[][] = [];
    const given: number[][] = [];
    await scorer.score(log, cases, (logits, _, history) => {
      rows.push([...logits]);
      given.push([...history]);
    });
    expect(given).toEqual(histories);
    histories.forEach((history, c) =>
      plainScores(history.at(-1)).forEach((score, item) => expect(rows[c][item]).toBeCloseTo(score, 5)),
    );
  });

  it('feeds windows that are padded with zeros, whatever was fed before', async () => {
    const fed: number[][] = [];
    // Stands in for the thread: reads the slab where the request says, and answers with zeros.
    const listening = {
      run: ({ slab, feeds, resultSlab }: Parameters<ComputeClient['run']>[0]) => {
        const [items, mask] = feeds;
        const size = items.dims[0] * items.dims[1];
        fed.push(
          [...new Int32Array(slab, items.offset, size)],
          [...new Float32Array(slab, mask.offset, size)],
        );
        return Promise.resolve({ kind: 'ran', slab, resultSlab, scalars: {}, computeMs: 0 });
      },
    } as unknown as ComputeClient;
    const inputs = new Set(['items', 'mask']);
    const alone = new NextItemScorer(listening, { itemCount: ITEMS, maxLength: 3, inputs });
    for (const histories of [
      [
        [2, 3, 4, 5],
        [6, 7, 8],
      ],
      [[], [9]],
    ]) {
      const { log, cases } = logOf(histories);
      await alone.score(log, cases, () => {});
    }
    expect(fed).toEqual([
      [3, 4, 5, 6, 7, 8],
      [1, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 9],
      [0, 0, 0, 0, 0, 1],
    ]);
  });

  it('gives the same scores when it is asked twice at once', async () => {
    const collect = async (cases: NextItemCases): Promise<number[]> => {
      const scores: number[] = [];
      await scorer.score(dataset, cases, (logits) => scores.push(...logits));
      return scores;
    };
    const few = casesOf([5, 6], [dataset.trainEnds[5], dataset.trainEnds[6]]);
    const expected = [await collect(dataset.validation), await collect(few)];
    expect(await Promise.all([collect(dataset.validation), collect(few)])).toEqual(expected);
  });

  it.each([ITEMS, -1, 0])('refuses id %i in a history, and scores on', async (id) => {
    const { log, cases } = logOf([[3, 4], [5, id, 6], [7]]);
    await expect(scorer.score(log, cases, () => {})).rejects.toMatchObject({
      code: 'ID_OUT_OF_RANGE',
      details: { field: 'item', row: 1, id, size: ITEMS },
    });
    const good = logOf([[3, 4]]);
    const rows: number[] = [];
    await scorer.score(good.log, good.cases, (logits) => rows.push(...logits));
    plainScores(4).forEach((score, item) => expect(rows[item]).toBeCloseTo(score, 5));
  });

  it('calls nothing for no cases', async () => {
    await scorer.score(dataset, casesOf([], []), () => expect.unreachable());
  });
});

describe('rankCases', () => {
  it('lists the best candidates that the user did not have, as sorting them all would', async () => {
    const cases = casesOf(
      [1, 2, 3],
      [1, 2, 3].map((user) => dataset.trainEnds[user]),
    );
    const { items, scores } = await scorer.rankCases(dataset, cases, 4);
    [1, 2, 3].forEach((user, c) => {
      const history = [...dataset.events.subarray(dataset.offsets[user], dataset.trainEnds[user])];
      const plain = plainScores(history.at(-1));
      const best = Array.from({ length: ITEMS }, (_, item) => item)
        .filter((item) => item >= 2 && !history.includes(item))
        .sort((a, b) => plain[b] - plain[a])
        .slice(0, 4);
      expect([...items.subarray(4 * c, 4 * c + 4)]).toEqual(best);
      best.forEach((item, i) => expect(scores[4 * c + i]).toBeCloseTo(plain[item], 5));
    });
  });

  it('fills a list that is longer than the candidates with nothing', async () => {
    const most = Array.from({ length: ITEMS - 4 }, (_, i) => i + 2);
    const { log, cases } = logOf([most]);
    const { items, scores } = await scorer.rankCases(log, cases, 5);
    expect([...items.subarray(0, 2)].toSorted((a, b) => a - b)).toEqual([ITEMS - 2, ITEMS - 1]);
    expect([...items.subarray(2)]).toEqual([0, 0, 0]);
    expect([...scores.subarray(2)]).toEqual([-Infinity, -Infinity, -Infinity]);
  });
});

describe('rankTargets', () => {
  it('is the place of the target among the candidates', async () => {
    const ranks = await scorer.rankTargets(dataset, dataset.validation);
    ranks.forEach((rank, c) => {
      const end = dataset.validation.historyEnds[c];
      const history = dataset.events.subarray(dataset.offsets[c], end);
      const target = dataset.validation.targets![c];
      const plain = plainScores(dataset.events[end - 1]);
      const better = plain.filter(
        (score, item) => item >= 2 && item !== target && !history.includes(item) && score > plain[target],
      ).length;
      expect(rank).toBe(better + 1);
    });
    expect(new Set(ranks).size).toBeGreaterThan(5);
  });
});
