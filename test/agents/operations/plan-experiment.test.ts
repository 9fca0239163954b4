import { describe, expect, it } from 'vitest';
import { planExperiment } from '../../../src/agents/operations/plan-experiment.js';
import { isAutoModelError } from '../../../src/platform/index.js';
import { ExperimentPlanResult, type ExperimentPlanOptions } from '../../../src/schema/index.js';

const rate: ExperimentPlanOptions = { mean: 0.1, lift: 0.05 };

describe('planExperiment', () => {
  it('answers in units, arms, days and whole weeks', async () => {
    const plan = await planExperiment({ ...rate, unitsPerDay: 20_000, traffic: 0.5 });
    expect(ExperimentPlanResult.parse(plan)).toEqual(plan);
    // two-proportion formula (1.96 + .8416)² (p1 q1 + p2 q2) / (p1 − p2)² is 57,758 an arm; the relative difference adds (1 + lift)²
    expect(plan.units / 2).toBeGreaterThan(57_700);
    expect(plan.units / 2).toBeLessThan(61_500);
    expect(plan.days).toBe(Math.ceil(plan.units / 10_000));
    expect(plan.wholeWeeks).toBe(14);
    expect(plan.arms.map(({ arm, share }) => [arm, share])).toEqual([
      ['control', 0.5],
      ['treatment', 0.5],
    ]);
  });

  it('plans more for more treatments, success metrics, guardrails and looks', async () => {
    const { units } = await planExperiment(rate);
    for (const change of [{ treatments: 2 }, { successMetrics: 3 }, { guardrails: 2 }, { sequential: true }])
      expect((await planExperiment({ ...rate, ...change })).units, JSON.stringify(change)).toBeGreaterThan(
        1.15 * units,
      );
    expect((await planExperiment({ ...rate, correlation: 0.5 })).units / units).toBeCloseTo(0.75, 2);
    expect((await planExperiment({ ...rate, guardrails: 3 })).powerPerTest).toBeCloseTo(0.95, 12);
    expect((await planExperiment({ ...rate, treatments: 2, successMetrics: 3 })).alpha).toBeCloseTo(
      0.05 / 6,
      12,
    );
  });

  it('turns the question round', async () => {
    const { units } = await planExperiment(rate);
    const back = await planExperiment({ mean: 0.1, units });
    expect(back).toMatchObject({ solvedFor: 'effect', units });
    expect(back.effect).toBeCloseTo(0.05, 4);
    expect((await planExperiment({ mean: 0.1, units, direction: 'down' })).effect).toBeLessThan(0);
  });

  it('plans a guardrail at no effect, one-sided and uncorrected', async () => {
    const plan = await planExperiment({ mean: 5, sd: 8, margin: 0.02, treatments: 1, successMetrics: 4 });
    expect(plan).toMatchObject({ purpose: 'margin', alpha: 0.05, effect: 0.02 });
    // (1.6449 + .8416)² · 2 · 64 / .1² an arm
    expect(plan.units / 2 / ((6.1826 * 2 * 64) / 0.01)).toBeCloseTo(1, 3);
  });

  it.each<[string, ExperimentPlanOptions]>([
    ['two questions', { ...rate, units: 100 }],
    ['no question', { mean: 0.1 }],
    ['a rate above one', { mean: 1.2, lift: 0.1 }],
    ['a lift that leaves the range of rates', { mean: 0.9, lift: 0.5 }],
    ['a power of one', { ...rate, power: 1 }],
    ['a control that gets everything', { ...rate, controlShare: 1 }],
    ['more traffic than there is', { ...rate, traffic: 1.5 }],
    ['a perfect covariate', { ...rate, correlation: 1 }],
    ['too few units for any lift', { mean: 0.9, units: 4 }],
  ])('refuses %s', async (_, options) => {
    const error: unknown = await planExperiment(options).catch((cause: unknown) => cause);
    expect(isAutoModelError(error) && error.code).toBe('USAGE');
    expect(isAutoModelError(error) && error.remedy).toBeTruthy();
  });
});
