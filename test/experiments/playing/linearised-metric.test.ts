import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineariseMetric, overlapsOf } from '../../../src/experiments/playing/linearised-metric.js';
import { MetricDefinition } from '../../../src/schema/index.js';

const metric = (members: object): MetricDefinition =>
  MetricDefinition.parse({ name: 'value', role: 'watched', ...members });
const definitions: [MetricDefinition, number][] = [
  [metric({}), 1],
  [metric({ kind: 'ratio', of: 'clicks', denominator: 'views' }), 2],
  [metric({ cuped: true }), 2],
];

interface Units {
  readonly arm: Int8Array;
  readonly columns: Float64Array[];
}

/** Units in three arms or in none, each arm with two at least, columns above zero. */
const units = (columns: number): fc.Arbitrary<Units> =>
  fc
    .array(
      fc.tuple(
        fc.integer({ min: -1, max: 2 }),
        fc.tuple(...Array.from({ length: columns }, () => fc.integer({ min: 1, max: 50 }))),
      ),
      { minLength: 1, maxLength: 40 },
    )
    .map((drawn) => {
      const all = [...drawn, ...[0, 0, 1, 1, 2, 2].map((arm, i) => [arm, [3 + i, 9 - i]] as const)];
      return {
        arm: Int8Array.from(all, ([arm]) => arm),
        columns: Array.from({ length: columns }, (_, c) => Float64Array.from(all, ([, values]) => values[c])),
      };
    });

describe.each(definitions)('a linearised %o', (definition, columns) => {
  it('has deviations that add up to nothing in each arm, and whose squares are the variance of its estimate', () => {
    fc.assert(
      fc.property(units(columns), ({ arm, columns: values }) => {
        const linear = lineariseMetric(definition, { arm, units: arm.length, arms: 3 }, values);
        for (const [own, { n, variance }] of linear!.estimates.entries()) {
          const deviations = [...linear!.deviations].filter((_, unit) => arm[unit] === own);
          expect(deviations).toHaveLength(n);
          expect(deviations.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 8);
          const squares = deviations.reduce((sum, one) => sum + one ** 2, 0);
          expect(squares / (n - 1)).toBeCloseTo(variance, 8);
        }
        expect([...linear!.deviations].every((one, unit) => arm[unit] >= 0 || one === 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('overlaps with itself by its variance, and two arms of one epoch do not overlap', () => {
    fc.assert(
      fc.property(units(columns), ({ arm, columns: values }) => {
        const linear = lineariseMetric(definition, { arm, units: arm.length, arms: 3 }, values)!;
        for (const { a, b, products } of overlapsOf(linear, linear, 3)) {
          expect(a).toBe(b);
          const { n, variance } = linear.estimates[a];
          expect(products / (n - 1)).toBeCloseTo(variance, 8);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a linearised metric', () => {
  const three = { arm: Int8Array.of(0, 0, 1, 1), units: 4, arms: 2 };

  it('is none where an arm has a single unit', () => {
    const column = Float64Array.of(1, 2, 3, 4);
    expect(lineariseMetric(metric({}), { ...three, units: 3 }, [column])).toBeNull();
    expect(lineariseMetric(metric({}), three, [column])).not.toBeNull();
  });

  it('overlaps over units that changed arms too, and over those that both epochs know', () => {
    const first = lineariseMetric(metric({}), three, [Float64Array.of(0, 2, 0, 4)])!;
    const arm = Int8Array.of(0, 1, 1, 0, 0, 1);
    const later = lineariseMetric(metric({}), { arm, units: 6, arms: 2 }, [
      Float64Array.of(1, 2, 4, 3, 5, 6),
    ])!;
    // Deviations: −1, 1, −2, 2 before; −2, −2, 0, 0, 2, 2 later.
    expect([...first.deviations]).toEqual([-1, 1, -2, 2]);
    expect([...later.deviations]).toEqual([-2, -2, 0, 0, 2, 2]);
    expect(overlapsOf(first, later, 2)).toEqual([
      { a: 0, b: 0, products: 2 },
      { a: 0, b: 1, products: -2 },
    ]);
  });
});
