import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextItemCountingModels } from '../../../src/models/counting/index.js';
import { CaseScorer, SparseEvidence } from '../../../src/models/counting/case-scorer.js';
import { defaults } from '../../../src/space/index.js';
import { meanTieRank, topKWithTies } from '../../../src/stats/index.js';
import { leaveOneOut } from './tiny-datasets.js';

const sequences = fc.array(fc.array(fc.integer({ min: 2, max: 14 }), { minLength: 3, maxLength: 10 }), {
  minLength: 1,
  maxLength: 10,
});

describe.each(nextItemCountingModels.map((model) => [model.name, model] as const))('%s', (_, model) => {
  it('lists what a full sort of scoreCase lists, with the same ties', () => {
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 6 }), (users, k) => {
        const dataset = leaveOneOut(users, 16);
        const fitted = model.fit(dataset, defaults(model.space), { seed: 1 });
        const lists = fitted.rankCases(dataset.test, k);
        const row = new Float32Array(dataset.itemCount);
        for (let c = 0; c < dataset.test.count; c += 1) {
          fitted.scoreCase(dataset.test, c, row);
          const excluded = Array.from(row.keys()).filter((item) => row[item] === -Infinity);
          const expected = topKWithTies(row, k, { excluded });
          expect(Array.from(lists.items.subarray(c * k, c * k + expected.items.length))).toEqual(
            Array.from(expected.items),
          );
          expect(Array.from(lists.scores.subarray(c * k, c * k + expected.items.length))).toEqual(
            Array.from(expected.scores),
          );
          expect(lists.tiesAtCut[c]).toBe(expected.tiesAtCut);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('ranks targets at the mean of their ties, as stats does', () => {
    fc.assert(
      fc.property(sequences, (users) => {
        const dataset = leaveOneOut(users, 16);
        const fitted = model.fit(dataset, defaults(model.space), { seed: 1 });
        const ranks = fitted.rankTargets(dataset.test);
        const targets = dataset.test.targets ?? new Int32Array(0);
        const row = new Float32Array(dataset.itemCount);
        for (let c = 0; c < dataset.test.count; c += 1) {
          fitted.scoreCase(dataset.test, c, row);
          const excluded = Array.from(row.keys()).filter((item) => row[item] === -Infinity);
          // A target that lies in the history is no candidate for scoreCase, so stats cannot rank it.
          if (excluded.includes(targets[c])) continue;
          expect(ranks[c]).toBe(meanTieRank(row, targets[c], { excluded }));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('offers neither history nor padding nor unknown', () => {
    const dataset = leaveOneOut([
      [2, 3, 4, 5, 6],
      [4, 5, 6, 7, 8],
      [3, 4, 6, 2, 5],
    ]);
    const row = new Float32Array(dataset.itemCount);
    const fitted = model.fit(dataset, defaults(model.space), { seed: 1 });
    fitted.scoreCase(dataset.test, 0, row);
    expect(Array.from(row.keys()).filter((item) => row[item] === -Infinity)).toEqual([0, 1, 2, 3, 4, 5]);
    const { items } = fitted.rankCases(dataset.test, 9);
    expect(Array.from(items.subarray(0, 3)).sort()).toEqual([6, 7, 8]);
    expect(Array.from(items.subarray(3, 9))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('counts targets outside of the vocabulary as misses, however often unknown items occur', () => {
    const dataset = leaveOneOut(
      [
        [1, 1, 1, 2, 3, 4],
        [1, 3, 1, 1, 4, 5],
      ],
      8,
    );
    const fitted = model.fit(dataset, defaults(model.space), { seed: 1 });
    const targets = Int32Array.of(1, 9);
    expect(Array.from(fitted.rankTargets({ ...dataset.test, targets }))).toEqual([Infinity, Infinity]);
    const ranks = fitted.rankTargets(dataset.test);
    ranks.forEach((rank) => expect(rank).toBeLessThanOrEqual(6));
  });

  it('refuses to rank sealed targets', () => {
    const dataset = leaveOneOut([[2, 3, 4, 5]]);
    const fitted = model.fit(dataset, defaults(model.space), { seed: 1 });
    expect(() => fitted.rankTargets({ ...dataset.test, targets: undefined })).toThrow(/sealed/);
  });
});

describe('CaseScorer', () => {
  const dataset = leaveOneOut([[2, 3, 4, 5]], 8);
  const shared = Float32Array.of(0, 0, 5, 1, 4, 3, 3, 0);

  it('walks the shared order where there is no evidence', () => {
    const scorer = new CaseScorer(dataset, { shared, parameters: 8, gather: () => 2 });
    const lists = scorer.rankCases(dataset.validation, 2);
    // History is 2 and 3, so 4 leads; 5 and 6 tie for the second place.
    expect(Array.from(lists.items)).toEqual([4, 5]);
    expect(Array.from(lists.scores)).toEqual([8, 6]);
    expect(Array.from(lists.tiesAtCut)).toEqual([1]);
    expect(Array.from(scorer.rankTargets(dataset.test))).toEqual([1.5]);
  });

  it('keeps of the history what its list would have to give way to, ties included', () => {
    const log = leaveOneOut([[2, 3, 3, 6, 4, 5]], 8);
    const scorer = new CaseScorer(log, { shared, parameters: 8, gather: () => 2 });
    // History is 2, 3, 3, 6 with scores 10, 2, 2, 6; the candidates are 4 and 5 with 8 and 6, and 7 with 0.
    const repeats = (k: number) => {
      const { items, scores, ends } = scorer.rankCases(log.validation, k).repeats;
      expect(Array.from(ends)).toEqual([items.length]);
      return Array.from(items, (item, n) => [item, scores[n]]);
    };
    expect(repeats(1)).toEqual([[2, 10]]);
    expect(repeats(2)).toEqual([
      [2, 10],
      [6, 6],
    ]);
    const whole = [
      [2, 10],
      [3, 2],
      [6, 6],
    ];
    expect(repeats(3)).toEqual(whole);
    expect(repeats(9)).toEqual(whole);
  });

  it('ties everything where nothing is known', () => {
    const scorer = new CaseScorer(dataset, { shared, parameters: 8, gather: () => 0 });
    const lists = scorer.rankCases(dataset.validation, 2);
    expect(Array.from(lists.items)).toEqual([4, 5]);
    expect(Array.from(lists.tiesAtCut)).toEqual([2]);
    expect(Array.from(scorer.rankTargets(dataset.validation))).toEqual([2.5]);
  });
});

describe('SparseEvidence', () => {
  const matrix = {
    begins: Float64Array.of(0, 0, 2, 3),
    columns: Int32Array.of(1, 2, 2),
    values: Float32Array.of(4, 0, 0.5),
  };

  it('adds weighted rows and knows what it touched, also where the sum is zero', () => {
    const evidence = new SparseEvidence(4);
    evidence.addRow(matrix, 1, 2);
    evidence.addRow(matrix, 2, -1);
    evidence.addRow(matrix, 0, 7);
    expect([...evidence.values]).toEqual([0, 8, -0.5, 0]);
    expect([...evidence.touched.subarray(0, evidence.count)]).toEqual([1, 2]);
    expect([0, 1, 2, 3].map((item) => evidence.has(item))).toEqual([false, true, true, false]);
  });

  it('is as new after it was cleared', () => {
    const evidence = new SparseEvidence(4);
    evidence.addRow(matrix, 1, 2);
    evidence.clear();
    expect([evidence.count, ...evidence.values]).toEqual([0, 0, 0, 0, 0]);
    evidence.addRow(matrix, 2, 1);
    expect([...evidence.values]).toEqual([0, 0, 0.5, 0]);
    expect(evidence.has(1)).toBe(false);
  });
});
