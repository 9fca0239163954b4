import { describe, expect, it } from 'vitest';
import { alikeBefore, pastDefinitions } from '../../src/experiments/index.js';
import { Rng } from '../../src/platform/index.js';
import { MetricDefinition } from '../../src/schema/index.js';
import { momentsOf } from './numbers.js';

const rule = { kind: 'always-valid', tunedFor: 2000 } as const;
const judgement = { alpha: 0.05, scale: 'relative', rule, tunedFor: 2000, prior: null } as const;
const definitions = [
  MetricDefinition.parse({ name: 'clicks', role: 'success', minimum: 0.01, covariate: 'visits' }),
  MetricDefinition.parse({
    name: 'rate',
    role: 'guardrail',
    margin: 0.02,
    kind: 'ratio',
    of: 'c',
    denominator: 'v',
  }),
  MetricDefinition.parse({ name: 'any', role: 'watched', kind: 'proportion', cuped: true }),
  MetricDefinition.parse({ name: 'back', role: 'watched', kind: 'retention', days: [1, 2] }),
];
const [clicks, rate] = pastDefinitions(definitions);

/** Skewed values of the present and the past; the past of the treatment is `shift` of the control's. */
function measured(rng: Rng, n: number, shift: number, present = 1) {
  const arms = [0, 1].map((arm) => {
    const rows = Array.from({ length: n }, () => {
      const worth = Math.exp(0.8 * rng.normal());
      const factor = arm === 1 ? shift : 1;
      const views = 5 + rng.integer(10);
      return [
        worth * (arm === 1 ? present : 1),
        worth * factor,
        views,
        views * 0.1 * factor * (0.5 + rng.next()),
      ];
    });
    const column = (c: number): number[] => rows.map((row) => row[c]);
    return {
      clicks: momentsOf([column(0), column(1)]),
      rate: momentsOf([column(0), column(2), column(3), column(2)]),
    };
  });
  return [
    { definition: clicks, arms: arms.map((one) => ({ kind: 'moments', moments: one.clicks }) as const) },
    { definition: rate, arms: arms.map((one) => ({ kind: 'moments', moments: one.rate }) as const) },
  ];
}
const check = (...args: Parameters<typeof measured>) =>
  alikeBefore(measured(...args), ['old', 'new'], judgement);

describe('the past of metrics', () => {
  it('is their own, plainly: no covariate, margin or minimum, and none of retention', () => {
    expect(pastDefinitions(definitions)).toMatchObject([
      {
        name: 'clicks',
        role: 'watched',
        kind: 'mean',
        cuped: true,
        covariate: undefined,
        minimum: undefined,
      },
      { name: 'rate', role: 'watched', kind: 'ratio', denominator: 'v', margin: undefined },
      { name: 'any', kind: 'mean' },
    ]);
  });
});

describe('arms that were alike before', () => {
  it('pass, also where the treatment has changed much since', () => {
    const passed = check(new Rng([1, 'alike']), 1500, 1, 1.5);
    expect(passed).toMatchObject({ name: 'alike-before', passed: true });
  });

  it('fail where one arm had been treated already, and say by how much', () => {
    const failed = check(new Rng([1, 'alike']), 1500, 0.8);
    expect(failed?.passed).toBe(false);
    expect(failed?.message).toMatch(/clicks of new −\d+\.\d+ %, .*|rate of new −\d+/);
    expect(failed?.message).toContain('another seed');
  });

  it('are not told from few units, or without a past', () => {
    expect(check(new Rng([1, 'alike']), 499, 0.5)).toBeNull();
    expect(check(new Rng([1, 'alike']), 1500, 0)?.passed).toBe(false);
    const still = measured(new Rng([1, 'alike']), 600, 1).map(({ definition, arms }) => ({
      definition,
      arms: arms.map(({ kind, moments }) => ({
        kind,
        moments: {
          ...moments,
          means: moments.means.map(() => 0),
          covariance: moments.covariance.map((row) => row.map(() => 0)),
        },
      })),
    }));
    expect(alikeBefore(still, ['old', 'new'], judgement)).toBeNull();
  });

  it('raise false alarms in less than one experiment in a hundred', () => {
    const rng = new Rng([2, 'alike']);
    const alarms = Array.from({ length: 300 }, () => check(rng, 500, 1)?.passed === false);
    expect(alarms.filter(Boolean).length).toBeLessThanOrEqual(2);
  });
});
