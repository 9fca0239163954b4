import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ranksInLists } from '../../src/agents/evaluation/list-ranks.js';
import type { RankedLists } from '../../src/agents/trial/prediction-files.js';
import { CaseScorer } from '../../src/models/counting/case-scorer.js';
import { FIRST_VALUE_ID, UNKNOWN_ID, type NextItemCases } from '../../src/schema/index.js';
import { hit } from '../../src/stats/index.js';
import { NextItemEngine } from '../../src/training/engines/next-item-engine.js';
import { resolveRecipe } from '../../src/training/index.js';
import { leaveOneOut } from '../models/counting/tiny-datasets.js';
import { cyclicDataset } from '../training/support/tiny-data.js';
import { tinyNextItemModel } from '../training/support/tiny-models.js';

/** One case with a list of three, 5 and 4 tied at its end with one more candidate; 7, 8 and 9 are in the history. */
const one = (repeats: readonly (readonly [number, number])[], tiesAtCut = 1): RankedLists => ({
  k: 3,
  items: Int32Array.of(6, 4, 5),
  scores: Float32Array.of(3, 1, 1),
  tiesAtCut: Int32Array.of(tiesAtCut),
  repeats: {
    ends: Int32Array.of(repeats.length),
    items: Int32Array.from(repeats, ([item]) => item),
    scores: Float32Array.from(repeats, ([, score]) => score),
  },
});
const rankOf = (target: number, lists: RankedLists): number => ranksInLists(lists, Int32Array.of(target))[0];

describe('ranksInLists, by hand', () => {
  const lists = one([
    [7, 9],
    [8, 2],
    [9, 1],
  ]);

  it('ranks what is listed as if nothing were repeated', () => {
    expect(rankOf(6, lists)).toBe(1);
    expect(rankOf(4, lists)).toBe(3); // 4, 5 and the one at the cut share the ranks 2 to 4
  });

  it('puts a target of the history where its score belongs, alone', () => {
    expect(rankOf(7, lists)).toBe(1);
    expect(rankOf(8, lists)).toBe(2); // behind 6; 7 is in the history and no candidate
    expect(rankOf(9, lists)).toBe(3.5); // ties with 4, 5 and the one at the cut: ranks 2 to 5
  });

  it('gives up on what is neither listed nor repeated, and on unknown targets', () => {
    expect(rankOf(11, lists)).toBe(Number.POSITIVE_INFINITY);
    expect(rankOf(UNKNOWN_ID, lists)).toBe(Number.POSITIVE_INFINITY);
    expect(rankOf(0, lists)).toBe(Number.POSITIVE_INFINITY);
  });

  it('reads the repeats of each case from where those of the case before end', () => {
    const two: RankedLists = {
      k: 1,
      items: Int32Array.of(4, 5),
      scores: Float32Array.of(1, 1),
      tiesAtCut: Int32Array.of(0, 0),
      repeats: {
        ends: Int32Array.of(1, 3),
        items: Int32Array.of(7, 8, 9),
        scores: Float32Array.of(2, 3, 4),
      },
    };
    expect([...ranksInLists(two, Int32Array.of(7, 8))]).toEqual([1, 1]);
    expect([...ranksInLists(two, Int32Array.of(8, 7))]).toEqual([Infinity, Infinity]);
  });

  it('ranks behind the whole list when the list holds every candidate', () => {
    const short = { ...one([[9, 0.5]], 0), items: Int32Array.of(6, 4, 0) };
    expect(rankOf(9, { ...short, scores: Float32Array.of(3, 1, -Infinity) })).toBe(3);
  });
});

/** Hits that the lists determine are those of the model that knows the target. */
function agree(cases: NextItemCases, lists: RankedLists, known: Float32Array, most: number): void {
  ranksInLists(lists, cases.targets!).forEach((rank, c) => {
    for (let k = 1; k <= most; k += 1) expect(hit(rank, k)).toBe(hit(known[c], k));
    if (Number.isFinite(rank)) expect(rank).toBe(known[c]);
  });
}

describe('lists that were made without the targets', () => {
  it('give a counting model the ranks that it gives when it is told the targets', () => {
    const users = fc.array(fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 3, maxLength: 9 }), {
      minLength: 1,
      maxLength: 5,
    });
    const scores = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 13, maxLength: 13 });
    let repeated = 0;
    fc.assert(
      fc.property(users, scores, fc.integer({ min: 1, max: 14 }), (sequences, shared, k) => {
        const dataset = leaveOneOut(sequences, 13);
        const model = { shared: Float32Array.from(shared), parameters: 0, gather: () => 1 };
        const scorer = new CaseScorer(dataset, model);
        sequences.forEach(
          (sequence) => (repeated += sequence.slice(0, -1).includes(sequence.at(-1)!) ? 1 : 0),
        );
        const lists = scorer.rankCases(dataset.test, k);
        agree(dataset.test, lists, scorer.rankTargets(dataset.test), Math.floor(k / 2));
      }),
      { numRuns: 300 },
    );
    expect(repeated).toBeGreaterThan(50);
  });

  it('give a trained model the ranks that it gives when it is told the targets', async () => {
    const dataset = cyclicDataset({ users: 40, items: 18, length: 8, random: true });
    const engine = await NextItemEngine.open({
      definition: tinyNextItemModel,
      hyperParameters: { dropout: 0 },
      recipe: resolveRecipe('next-item', { 'recipe.batchSize': 24, 'recipe.maxLength': 6 }),
      dataset,
      seed: 2,
      threads: 1,
      schedule: 'overlapped',
    });
    for (const k of [1, 4, 8, 30]) {
      const lists = await engine.scorer.rankCases(dataset, dataset.validation, k);
      // Every target in turn: new to the user, or the newest, oldest or middle event of the history.
      for (const back of [1, 4, 8]) {
        const targets = dataset.validation.historyEnds.map((end) => dataset.events[end - back]);
        const cases = { ...dataset.validation, targets };
        const known = await engine.scorer.rankTargets(dataset, cases);
        agree(cases, lists, known, Math.floor(k / 2));
        if (k === 30) expect(ranksInLists(lists, targets)).toEqual(known);
      }
      const own = await engine.scorer.rankTargets(dataset, dataset.validation);
      agree(dataset.validation, lists, own, Math.floor(k / 2));
      // Nothing is kept that a list of k has no use for.
      lists.repeats.items.forEach((item) => expect(item).toBeGreaterThanOrEqual(FIRST_VALUE_ID));
      expect(lists.repeats.scores.length).toBe(lists.repeats.ends.at(-1));
    }
    await engine.close();
  });
});
