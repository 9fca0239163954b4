import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noveltyAlarms } from '../../scripts/experiments/novelty-alarms.mjs';
import {
  analyseExperiment,
  differenceOf,
  noveltyOf,
  windowOf,
  windowStarts,
  type AnalysisRules,
  type ArmEstimate,
  type Moments,
} from '../../src/experiments/index.js';
import { MetricDefinition } from '../../src/schema/index.js';
import type { Proportion } from '../../src/stats/index.js';
import { momentsOf } from './numbers.js';

const rule = { kind: 'always-valid', tunedFor: 2000 } as const;
const judgement = { alpha: 0.05, scale: 'relative', rule, tunedFor: 2000, prior: null } as const;
const clicks = MetricDefinition.parse({ name: 'clicks', role: 'success' });
const rate = MetricDefinition.parse({ name: 'rate', role: 'success', kind: 'ratio', denominator: 'views' });

describe('windows of days since exposure', () => {
  it('double, and the last begins when half of the time is over at the latest', () => {
    expect([1.9, 2, 3.9, 4, 8, 14, 16].map(windowStarts)).toEqual([
      [],
      [0, 1],
      [0, 1],
      [0, 1, 2],
      [0, 1, 2, 4],
      [0, 1, 2, 4],
      [0, 1, 2, 4, 8],
    ]);
    fc.assert(
      fc.property(fc.double({ min: 2, max: 500, noNaN: true }), (elapsed) => {
        const last = windowStarts(elapsed).at(-1) ?? 0;
        expect(2 * last).toBeLessThanOrEqual(elapsed);
        expect(4 * last).toBeGreaterThan(elapsed);
      }),
    );
  });

  it('hold each day once', () => {
    const starts = windowStarts(64);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 63.9, noNaN: true }), (day) => {
        const at = windowOf(day);
        expect(starts[at]).toBeLessThanOrEqual(day);
        if (at + 1 < starts.length) expect(starts[at + 1]).toBeGreaterThan(day);
      }),
    );
  });
});

/** Columns of correlated values around means, by a fixed pattern and no chance. */
function arm(n: number, means: readonly number[], spread = 1): Moments {
  return momentsOf(
    means.map((mean, c) =>
      Array.from(
        { length: n },
        (_, i) => mean + spread * (Math.sin(i) + 0.5 * Math.sin((c + 2) * i + c * c) + 0.1 * Math.cos(c * i)),
      ),
    ),
  );
}
const estimateOf = ({ n, means, covariance }: Moments): ArmEstimate => ({
  n,
  mean: means[0],
  unadjustedMean: means[0],
  variance: covariance[0][0],
});
const column = ({ n, means, covariance }: Moments, c: number): Moments => ({
  n,
  means: [means[c]],
  covariance: [[covariance[c][c]]],
});

describe('a metric by days since exposure', () => {
  const a = arm(900, [10, 12]);
  const b = arm(1000, [12, 12.05]);
  const read = noveltyOf(clicks, { fromDays: [0, 1], arms: [a, b] }, 1, judgement);

  it('has in each window the relative difference of the window alone', () => {
    for (const w of [0, 1]) {
      const plain = differenceOf(estimateOf(column(a, w)), estimateOf(column(b, w)), 'relative');
      expect(read?.windows[w].lift).toBeCloseTo(plain.estimate, 12);
      expect(read?.windows[w].se).toBeCloseTo(plain.se, 12);
    }
    expect(read).toMatchObject({ lateFromDay: 1, units: 1900 });
    expect(read?.windows.map(({ fromDay, toDay }) => [fromDay, toDay])).toEqual([
      [0, 1],
      [1, null],
    ]);
  });

  it('fades by early minus late, whose error knows that both are of the same units', () => {
    if (read === null) throw new Error('not read');
    expect(read.fade.lift).toBeCloseTo(read.early.lift - read.late.lift, 12);
    expect(read.fade.se).toBeLessThan(0.9 * Math.hypot(read.early.se, read.late.se));
    expect(read.outcome).toBe('fades');
  });

  it('has the error that numbers say: the spread of the contrast when units are drawn again', () => {
    // one arm known exactly, so that the contrast is linear in the other
    const known: Moments = {
      n: 1e9,
      means: [10, 12],
      covariance: [
        [1e-9, 0],
        [0, 1e-9],
      ],
    };
    const one = noveltyOf(clicks, { fromDays: [0, 1], arms: [known, b] }, 1, judgement);
    const { covariance: c, n } = b;
    const variance = (c[0][0] / 100 + c[1][1] / 144 - (2 * c[0][1]) / 120) / n;
    expect(one?.fade.se).toBeCloseTo(Math.sqrt(variance), 9);
  });

  it('turns round for a metric that is better when it goes down', () => {
    const down = { ...clicks, direction: 'down' } as const;
    const worse = noveltyOf(down, { fromDays: [0, 1], arms: [a, b] }, 1, judgement);
    expect(worse?.fade.lift).toBeCloseTo(-(read?.fade.lift ?? 0), 12);
    expect(worse?.outcome).not.toBe('fades');
    const better = noveltyOf(down, { fromDays: [0, 1], arms: [b, a] }, 1, judgement);
    expect(better?.outcome).toBe('fades');
  });

  it('lasts where it is significantly better late with half of the early lift left, and fades with less', () => {
    const readWith = (means: readonly number[]) =>
      noveltyOf(clicks, { fromDays: [0, 1], arms: [a, arm(1000, means)] }, 1, judgement);
    const lasting = readWith([13, 15]);
    expect(lasting?.fade.p).toBeLessThan(0.05);
    expect(lasting?.outcome).toBe('lasts');
    // 12.5 % late of 30 % at first: better, and on its way down as far as anybody knows.
    const falling = readWith([13, 13.5]);
    expect(falling?.late.p).toBeLessThan(0.001);
    expect(falling?.outcome).toBe('fades');
    const rising = readWith([10.5, 13.5]);
    expect(rising?.outcome).toBe('lasts');
    const same = noveltyOf(clicks, { fromDays: [0, 1], arms: [a, arm(1000, [10, 12])] }, 1, judgement);
    expect(same?.outcome).toBe('undecided');
  });

  it('reads ratios as sums over sums, and early windows together', () => {
    const [control, treatment] = [
      arm(900, [10, 100, 12, 120, 11, 110]),
      arm(900, [12, 100, 12.6, 105, 11, 110]),
    ];
    const ratios = noveltyOf(rate, { fromDays: [0, 1, 2], arms: [control, treatment] }, 1, judgement);
    const of = ({ means }: Moments, from: number, to: number): number => {
      const sum = (c: number): number =>
        means.reduce((all, mean, k) => all + (k % 2 === c && k >= 2 * from && k < 2 * to ? mean : 0), 0);
      return sum(0) / sum(1);
    };
    expect(ratios?.early.lift).toBeCloseTo(of(treatment, 0, 2) / of(control, 0, 2) - 1, 12);
    expect(ratios?.late.lift).toBeCloseTo(of(treatment, 2, 3) / of(control, 2, 3) - 1, 12);
  });

  it('is not told where nothing can be: one window, no units, a control of zero or too vague to divide by', () => {
    const one = { fromDays: [0], arms: [column(a, 0), column(b, 0)] };
    expect(noveltyOf(clicks, one, 1, judgement)).toBeNull();
    const none = { ...a, n: 0 };
    expect(noveltyOf(clicks, { fromDays: [0, 1], arms: [none, b] }, 1, judgement)).toBeNull();
    const zero: Moments = {
      n: 900,
      means: [0, 0],
      covariance: [
        [0, 0],
        [0, 0],
      ],
    };
    expect(noveltyOf(clicks, { fromDays: [0, 1], arms: [zero, b] }, 1, judgement)).toBeNull();
    const vague = arm(20, [1, 1], 3);
    expect(noveltyOf(clicks, { fromDays: [0, 1], arms: [vague, b] }, 1, judgement)).toBeNull();
  });
});

describe('the verdict on a gain that fades', () => {
  const rules: AnalysisRules = { ...judgement, correction: 'holm', plannedUnits: 2000 };
  const arms = ['old', 'new'].map((variant) => ({ variant, units: 1000, weight: 1 }));
  const verdictOf = (late: number) => {
    const windows = { fromDays: [0, 1], arms: [arm(1000, [10, 12]), arm(1000, [13, late])] };
    const whole = windows.arms.map(({ means }) => arm(1000, [means[0] + means[1]]));
    const metric = {
      definition: clicks,
      arms: whole.map((moments) => ({ kind: 'moments', moments }) as const),
      windows,
    };
    const data = { arms, metrics: [metric], segments: [], checks: [] };
    return analyseExperiment(data, rules).verdicts[0];
  };

  it('is no KEEP, and no DISCARD either when the planned sample is there: somebody has to look', () => {
    const { verdict, reasons } = verdictOf(12);
    expect(verdict).toBe('EXTEND');
    expect(reasons.join()).toMatch(/fading, as what is new does: clicks 29\.70 % up to day 1/);
  });

  it('is KEEP where it lasts', () => {
    expect(verdictOf(15).verdict).toBe('KEEP');
  });
});

describe('the alarm, looked at every day', () => {
  const alarms = (truth: object) =>
    noveltyAlarms({ experiments: 60, units: 700, days: 10, seed: 1, ...truth }) as unknown as Record<
      'ever' | 'end' | 'lasts',
      Proportion
    >;

  it('is rare at the end where nothing is different, and where a gain lasts', () => {
    expect(alarms({}).end.rate).toBeLessThan(0.12);
    const lasting = alarms({ lift: 0.3 });
    expect(lasting.end.rate).toBeLessThan(0.12);
    expect(lasting.lasts.rate).toBeGreaterThan(0.6);
  });

  it('finds a bump that is gone after days', () => {
    const fading = alarms({ bump: 0.5 });
    expect(fading.end.rate).toBeGreaterThan(0.8);
    expect(fading.lasts.rate).toBeLessThan(0.1);
  });
});
