import { describe, expect, it } from 'vitest';
import { combineEpochs, differenceOf, UnitLedger, type ArmMeasure } from '../../../src/experiments/index.js';
import { Rng } from '../../../src/platform/index.js';
import { armOf } from '../numbers.js';
import { recordOf } from '../support.js';

const estimate = (measures: ArmMeasure[] | null, arm: number) => {
  const measure = measures?.[arm];
  if (measure?.kind !== 'estimate') throw new Error('no estimate');
  return measure.estimate;
};

describe('epochs of constant allocation', () => {
  it('alone are what they are', () => {
    const arms = [armOf(900, 1800, 5400), armOf(100, 210, 700)];
    combineEpochs([arms], [], [900, 100]).forEach((arm, i) => {
      expect(arm.mean).toBeCloseTo(arms[i].mean, 12);
      expect(arm.variance).toBeCloseTo(arms[i].variance, 9);
    });
  });

  it('are averaged by n n / (n + n), and their errors add up', () => {
    const first = [armOf(900, 900, 2000), armOf(100, 120, 300)];
    const second = [armOf(500, 1000, 3000), armOf(500, 1100, 3500)];
    const [control, treatment] = combineEpochs([first, second], [], [1400, 600]);
    const w = 90 / (90 + 250);
    expect(control.mean).toBeCloseTo(w * 1 + (1 - w) * 2, 12);
    const { estimate: gap, se } = differenceOf(control, treatment, 'absolute');
    const parts = [first, second].map(([a, b]) => differenceOf(a, b, 'absolute'));
    expect(gap).toBeCloseTo(w * parts[0].estimate + (1 - w) * parts[1].estimate, 12);
    expect(se ** 2).toBeCloseTo((w * parts[0].se) ** 2 + ((1 - w) * parts[1].se) ** 2, 12);
  });

  it('tell Simpson’s paradox apart: a harmful change that grows into the good days, where pooling finds a gain', () => {
    const ledger = new UnitLedger(recordOf());
    const rng = new Rng([7, 'simpson']);
    const pooled = [
      { n: 0, sum: 0, squares: 0 },
      { n: 0, sum: 0, squares: 0 },
    ];
    for (const [epoch, { share, level }] of [
      { share: 0.05, level: 1 },
      { share: 0.5, level: 3 },
    ].entries()) {
      if (epoch > 0) ledger.beginEpoch();
      for (let user = 0; user < 4000; user += 1) {
        const arm = user < share * 4000 ? 1 : 0;
        const value = level * (arm === 1 ? 0.9 : 1) + 0.3 * rng.normal();
        ledger.expose(`u${user}`, arm);
        ledger.add(`u${user}`, 'value', value);
        pooled[arm].n += 1;
        pooled[arm].sum += value;
        pooled[arm].squares += value * value;
      }
    }
    const combined = ledger.combined(recordOf().metrics[0]);
    const truth = differenceOf(estimate(combined, 0), estimate(combined, 1), 'relative');
    expect(truth.estimate).toBeLessThan(0);
    expect(Math.abs(truth.estimate + 0.1)).toBeLessThan(4 * truth.se);
    const [a, b] = pooled.map(({ n, sum, squares }) => armOf(n, sum, squares));
    const naive = differenceOf(a, b, 'relative');
    expect(naive.estimate / naive.se).toBeGreaterThan(10);
  });

  it('with users who come back err as much as they say, and would say too little without the overlap', () => {
    const record = recordOf();
    const gaps: number[] = [];
    const said: number[] = [];
    const alone: number[] = [];
    for (let run = 0; run < 300; run += 1) {
      const rng = new Rng([run, 'overlap']);
      const ledger = new UnitLedger(record);
      const level = Array.from({ length: 300 }, () => rng.normal());
      const place = Array.from({ length: 300 }, () => rng.next());
      for (const share of [0.3, 0.5]) {
        if (share > 0.3) ledger.beginEpoch();
        level.forEach((own, user) => {
          ledger.expose(`${user}`, place[user] < share ? 1 : 0);
          ledger.add(`${user}`, 'value', own + 0.5 * rng.normal());
        });
      }
      const combined = ledger.combined(record.metrics[0]);
      const { estimate: gap, se } = differenceOf(estimate(combined, 0), estimate(combined, 1), 'absolute');
      gaps.push(gap);
      said.push(se ** 2);
      const current = ledger.measure(record.metrics[0]);
      const [a, b] = (current ?? []).map((one) =>
        one.kind === 'moments' ? one.moments.covariance[0][0] / one.moments.n : NaN,
      );
      // As if the epochs were independent: each is about as precise as the last.
      alone.push((a + b) / 2);
    }
    const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    const seen = mean(gaps.map((gap) => gap ** 2));
    expect(mean(said) / seen).toBeGreaterThan(0.85);
    expect(mean(said) / seen).toBeLessThan(1.35);
    expect(mean(alone) / seen).toBeLessThan(0.75);
  });
});
