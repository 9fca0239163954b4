import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenLimits, cheapestPlan, refusal } from '../../../src/agents/autoperf/choose-plan.js';
import { exitCodeOf } from '../../../src/platform/index.js';
import { PerfLimits, PlanFigures } from '../../../src/schema/index.js';
import { planFigures } from '../../cli/example-results.js';

const limits = (given: Partial<PerfLimits>): PerfLimits => PerfLimits.parse({ rate: 100, ...given });

function measured(given: Partial<PlanFigures> & { candidates?: number } = {}): PlanFigures {
  const { candidates = 500, ...figures } = given;
  return {
    plan: { ...planFigures.plan, candidates },
    serviceMs: 4,
    p50Ms: 5,
    p99Ms: 20,
    utilisation: 0.4,
    memoryMb: 100,
    costPerThousand: 0.001,
    quality: [],
    breaks: [],
    ...figures,
  };
}

const judged = (figures: PlanFigures, given: PerfLimits): PlanFigures => ({
  ...figures,
  breaks: brokenLimits(figures, given),
});

describe('brokenLimits', () => {
  it('names each limit that is exceeded, with both numbers, and none that is kept exactly', () => {
    const quality = { metric: 'auc', difference: -0.001, lower: -0.002, users: 900, margin: 0.001 };
    const figures = measured({ p99Ms: 30, memoryMb: 200, costPerThousand: 0.01, quality: [quality] });
    expect(brokenLimits(figures, limits({ p99Ms: 25, memoryMb: 100, costPerThousand: 0.001 }))).toEqual([
      { limit: 'p99', is: 30, allowed: 25 },
      { limit: 'memory', is: 200, allowed: 100 },
      { limit: 'cost', is: 0.01, allowed: 0.001 },
      { limit: 'quality', is: 0.002, allowed: 0.001 },
    ]);
    const kept = limits({ p99Ms: 30, memoryMb: 200, costPerThousand: 0.01 });
    expect(brokenLimits({ ...figures, quality: [{ ...quality, margin: 0.002 }] }, kept)).toEqual([]);
  });

  it('refuses a plan whose queue would only grow, whatever the limits', () => {
    const [broken] = brokenLimits(measured({ p99Ms: null, p50Ms: null, utilisation: 1.2 }), limits({}));
    expect(broken).toMatchObject({ limit: 'p99', is: null });
    expect(brokenLimits(measured(), limits({}))).toEqual([]);
  });

  it('takes a loss that is not shown for no loss: only the margin decides', () => {
    const quality = { metric: 'auc', difference: 0.0004, lower: -0.0005, users: 900, margin: 0.001 };
    expect(brokenLimits(measured({ quality: [quality] }), limits({}))).toEqual([]);
    const unsure = { ...quality, lower: -0.003 };
    expect(brokenLimits(measured({ quality: [quality, unsure] }), limits({}))[0].limit).toBe('quality');
  });
});

describe('cheapestPlan', () => {
  it('is never one that breaks a limit, and none that keeps all is cheaper', () => {
    const one = fc.record({
      costPerThousand: fc.integer({ min: 1, max: 5 }),
      p99Ms: fc.integer({ min: 10, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), (given) => {
        const plans = given.map((figures) => judged(measured(figures), limits({ p99Ms: 25 })));
        const chosen = cheapestPlan(plans);
        const kept = plans.filter(({ p99Ms }) => (p99Ms as number) <= 25);
        expect(chosen === undefined).toBe(kept.length === 0);
        if (chosen === undefined) return;
        expect(chosen.breaks).toEqual([]);
        const best = Math.min(...kept.map(({ costPerThousand }) => costPerThousand));
        expect(chosen.costPerThousand).toBe(best);
        const quickest = kept.filter(({ costPerThousand }) => costPerThousand === best);
        expect(chosen.p99Ms).toBe(Math.min(...quickest.map(({ p99Ms }) => p99Ms as number)));
      }),
    );
  });
});

describe('refusal', () => {
  it('names the limit of the plan that comes nearest, and ends with exit code 4', () => {
    const given = limits({ p99Ms: 10, memoryMb: 1000 });
    const plans = [measured({ p99Ms: 40 }), measured({ p99Ms: 15, candidates: 200 })].map((plan) =>
      judged(plan, given),
    );
    const error = refusal('din', plans, given);
    expect(error.message).toBe(
      'No plan serves din at 100 requests/s within the limits: the nearest (float32, tables in float32, 1 thread, 200 candidates) breaks p99 (15 ms, allowed 10 ms)',
    );
    expect(exitCodeOf(error)).toBe(4);
    expect(error.details).toMatchObject({ nearest: { plan: { candidates: 200 } }, plans: 2 });
  });

  it('says of a rate that nothing can serve that the queue would only grow', () => {
    const given = limits({ rate: 1e5 });
    const plans = [judged(measured({ p99Ms: null, p50Ms: null, utilisation: 9 }), given)];
    expect(refusal('din', plans, given).message).toContain('the queue would only grow');
  });
});
