import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  auc,
  aucInfluence,
  aucPlacements,
  clusterVariance,
  gauc,
  type GroupWeights,
} from '../../src/stats/index.js';
import { ascendingOrder } from '../../src/stats/order.js';
import { isAutoModelError } from '../../src/platform/index.js';

/** Mann-Whitney by its definition: every positive against every negative. */
function bruteAuc(scores: readonly number[], labels: readonly number[]): number {
  let wins = 0;
  let pairs = 0;
  for (let i = 0; i < scores.length; i += 1) {
    for (let j = 0; j < scores.length; j += 1) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      pairs += 1;
      wins += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    }
  }
  return wins / pairs;
}

/** DeLong's variance from the pairwise kernel, without mid-ranks. */
function bruteDeLong(scores: readonly number[], labels: readonly number[]): number {
  const kernel = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);
  const positives = scores.filter((_, i) => labels[i] === 1);
  const negatives = scores.filter((_, i) => labels[i] === 0);
  const mean = (values: readonly number[]): number => values.reduce((s, v) => s + v, 0) / values.length;
  const variance = (values: readonly number[]): number =>
    values.reduce((s, v) => s + (v - mean(values)) ** 2, 0) / (values.length - 1);
  const v10 = positives.map((p) => mean(negatives.map((q) => kernel(p, q))));
  const v01 = negatives.map((q) => mean(positives.map((p) => kernel(p, q))));
  return variance(v10) / positives.length + variance(v01) / negatives.length;
}

/** Few distinct values, so that ties are everywhere. */
const sample = fc
  .array(fc.tuple(fc.integer({ min: -6, max: 6 }), fc.constantFrom(0, 1)), { minLength: 2, maxLength: 60 })
  .filter((rows) => new Set(rows.map(([, label]) => label)).size === 2)
  .map((rows) => ({ scores: rows.map(([s]) => s / 4), labels: rows.map(([, l]) => l) }));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isAutoModelError(error)) return error.code;
    throw error;
  }
  return 'none';
}

/**
 * The aSAH study (Turck et al. 2010) as a table of WFNS grade by outcome. pROC 1.18 gives auc 0.8236789 and DeLong
 * variance 0.00146991470882363 for it (its own regression tests).
 */
const wfns = {
  good: [37, 20, 3, 8, 4],
  poor: [2, 12, 1, 8, 18],
};

function expand(): { scores: number[]; labels: number[] } {
  const scores: number[] = [];
  const labels: number[] = [];
  for (let grade = 0; grade < 5; grade += 1) {
    for (let i = 0; i < wfns.good[grade]; i += 1)
      [scores[scores.length], labels[labels.length]] = [grade + 1, 0];
    for (let i = 0; i < wfns.poor[grade]; i += 1)
      [scores[scores.length], labels[labels.length]] = [grade + 1, 1];
  }
  return { scores, labels };
}

describe('auc', () => {
  it("equals scikit-learn's documented example", () => {
    expect(auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
  });

  it("equals pROC's AUC on the aSAH grades", () => {
    const { scores, labels } = expand();
    expect(auc(scores, labels)).toBeCloseTo(0.8236789, 7);
  });

  it('equals the pairwise definition, ties one half, in float32 and float64', () => {
    fc.assert(
      fc.property(sample, ({ scores, labels }) => {
        const expected = bruteAuc(scores, labels);
        expect(auc(scores, labels)).toBeCloseTo(expected, 12);
        expect(auc(Float32Array.from(scores), Uint8Array.from(labels))).toBeCloseTo(expected, 12);
        expect(auc(Float64Array.from(scores), Float32Array.from(labels))).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('is unchanged by a monotone transform and mirrored by negation', () => {
    fc.assert(
      fc.property(sample, ({ scores, labels }) => {
        const value = auc(scores, labels);
        expect(
          auc(
            scores.map((s) => Math.exp(s) * 3 + 1),
            labels,
          ),
        ).toBeCloseTo(value, 12);
        expect(
          auc(
            scores.map((s) => -s),
            labels,
          ),
        ).toBeCloseTo(1 - value, 12);
      }),
    );
  });

  it('gives one half to a constant scorer, also between 0 and -0', () => {
    expect(auc([3, 3, 3], [0, 1, 0])).toBe(0.5);
    expect(auc([0, -0], [1, 0])).toBe(0.5);
    expect(auc([-0, 0], [1, 0])).toBe(0.5);
    expect(aucPlacements(Float32Array.from([-0, 0]), [1, 0]).auc).toBe(0.5);
  });

  it('refuses bad predictions, bad labels and one class alone', () => {
    expect(codeOf(() => auc([0.1, Number.NaN], [0, 1]))).toBe('PREDICTIONS_INVALID');
    expect(codeOf(() => auc([0.1, Number.POSITIVE_INFINITY], [0, 1]))).toBe('PREDICTIONS_INVALID');
    expect(codeOf(() => auc([0.1], [0, 1]))).toBe('PREDICTIONS_INVALID');
    expect(codeOf(() => auc([0.1, 0.2], [0, 2]))).toBe('LABEL_OUT_OF_RANGE');
    expect(codeOf(() => auc([0.1, 0.2], [0, Number.NaN]))).toBe('LABEL_OUT_OF_RANGE');
    expect(codeOf(() => auc([0.1, 0.2], [1, 1]))).toBe('SPLIT_EMPTY');
    expect(codeOf(() => auc([0.1, 0.2], [0, 1]))).toBe('none');
  });
});

describe('ascendingOrder', () => {
  it('is a stable sort for any finite numbers, in both widths', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 80 }), (values) => {
        for (const scores of [
          Float64Array.from(values),
          Float32Array.from(values, (v) => (Math.abs(v) < 1e38 ? v : 1)),
        ]) {
          const expected = Array.from(scores, (_, i) => i).sort((a, b) => scores[a] - scores[b] || a - b);
          expect([...ascendingOrder(scores)]).toEqual(expected);
        }
      }),
    );
  });
});

describe('aucPlacements', () => {
  it('average to the AUC over either class', () => {
    fc.assert(
      fc.property(sample, ({ scores, labels }) => {
        const { placements, auc: value, positives, negatives } = aucPlacements(scores, labels);
        expect(value).toBeCloseTo(bruteAuc(scores, labels), 12);
        const over = (label: number, count: number): number =>
          labels.reduce<number>((sum, l, i) => sum + (l === label ? placements[i] : 0), 0) / count;
        expect(over(1, positives)).toBeCloseTo(value, 12);
        expect(over(0, negatives)).toBeCloseTo(value, 12);
      }),
    );
  });

  it("gives pROC's DeLong variance on the aSAH grades", () => {
    const { scores, labels } = expand();
    const { placements, auc: value, positives, negatives } = aucPlacements(scores, labels);
    const squares = (label: number): number =>
      labels.reduce((sum, l, i) => sum + (l === label ? (placements[i] - value) ** 2 : 0), 0);
    const variance = squares(1) / (positives - 1) / positives + squares(0) / (negatives - 1) / negatives;
    expect(variance).toBeCloseTo(0.00146991470882363, 15);
    expect(bruteDeLong(scores, labels)).toBeCloseTo(0.00146991470882363, 15);
  });

  it('as singleton clusters agrees with DeLong up to the small-sample factor', () => {
    const { scores, labels } = expand();
    const influence = aucInfluence(scores, labels, { of: labels.map((_, i) => i), count: labels.length });
    const delong = bruteDeLong(scores, labels);
    // n/(n-1) here against m/(m-1) and n/(n-1) per class there
    expect(Math.abs(clusterVariance(influence.perCluster, labels.length) / delong - 1)).toBeLessThan(0.02);
  });
});

describe('gauc', () => {
  const grouped = fc
    .array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.constantFrom(0, 1), fc.nat({ max: 5 })), {
      minLength: 2,
      maxLength: 80,
    })
    .map((rows) => ({
      scores: rows.map((r) => r[0]),
      labels: rows.map((r) => r[1]),
      groups: rows.map((r) => r[2]),
    }))
    .filter(({ labels, groups }) =>
      groups.some((g, i) => labels[i] === 1 && groups.some((h, j) => h === g && labels[j] === 0)),
    );

  it('equals the weighted mean of the AUC of each group with both classes', () => {
    fc.assert(
      fc.property(
        grouped,
        fc.constantFrom<GroupWeights[]>('impressions', 'clicks', 'uniform'),
        ({ scores, labels, groups }, weights) => {
          let sum = 0;
          let total = 0;
          let used = 0;
          const present = new Set(groups);
          for (const g of present) {
            const rows = groups.map((h, i) => (h === g ? i : -1)).filter((i) => i >= 0);
            const own = rows.map((i) => labels[i]);
            const positives = own.filter((l) => l === 1).length;
            if (positives === 0 || positives === own.length) continue;
            const weight = weights === 'impressions' ? own.length : weights === 'clicks' ? positives : 1;
            sum +=
              weight *
              bruteAuc(
                rows.map((i) => scores[i]),
                own,
              );
            total += weight;
            used += 1;
          }
          const result = gauc(scores, labels, groups, weights);
          expect(result.gauc).toBeCloseTo(sum / total, 12);
          expect(result.groupsUsed).toBe(used);
          expect(result.groupShare).toBeCloseTo(used / present.size, 12);
        },
      ),
    );
  });

  it('ignores how scores of different users compare, which AUC does not', () => {
    const scores = [0.1, 0.2, 10.1, 10.2];
    const labels = [0, 1, 0, 1];
    const groups = [0, 0, 1, 1];
    expect(gauc(scores, labels, groups).gauc).toBe(1);
    expect(auc(scores, labels)).toBe(0.75);
  });

  it('refuses data in which no group has both labels', () => {
    expect(codeOf(() => gauc([1, 2], [0, 1], [0, 1]))).toBe('SPLIT_EMPTY');
  });
});
