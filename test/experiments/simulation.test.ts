import { describe, expect, it } from 'vitest';
import { fixedHorizon } from '../../scripts/experiments/fixed-horizon.mjs';
import { firstLook, peeking } from '../../scripts/experiments/peeking.mjs';
import { decisions, plans, reachedPower } from '../../scripts/experiments/planned-power.mjs';
import { populations } from '../../scripts/experiments/populations.mjs';
import { fewestSequentialUnits } from '../../src/experiments/index.js';
import type { Proportion } from '../../src/stats/index.js';

/** A small version of `npm run experiments:check`, whose 10,000 experiments a case are in docs/experiments.md. */

interface Read {
  readonly rejected: Proportion;
  readonly coverage: Proportion;
  readonly uniform: { readonly p: number };
}
const experiments = 400;
/** Four binomial standard errors of so many experiments around 5 %. */
const slack = 4 * Math.sqrt((0.05 * 0.95) / experiments);
type Name = keyof typeof populations;

function read(name: Name, lift: number, units = 300): Read {
  return fixedHorizon({
    population: populations[name],
    name,
    experiments,
    units,
    lift,
    scale: 'judged',
    seed: 1,
  }) as Read;
}

describe('one look', () => {
  it.each<Name>(['normal', 'skewed', 'ratio', 'cuped', 'cuped-ratio'])(
    'errs as often as it says on %s',
    (name) => {
      const { rejected, coverage, uniform } = read(name, 0);
      expect(Math.abs(rejected.rate - 0.05)).toBeLessThan(slack);
      expect(coverage.rate).toBeCloseTo(1 - rejected.rate, 12);
      expect(uniform.p).toBeGreaterThan(0.001);
      expect(Math.abs(read(name, 0.2).coverage.rate - 0.95)).toBeLessThan(slack);
    },
  );

  it('is seen to err on a heavy tail in uneven arms', () => {
    const { rejected } = fixedHorizon({
      population: populations.heavy,
      name: 'heavy',
      experiments,
      units: 450,
      treatmentUnits: 50,
      lift: 0,
      scale: 'absolute',
      seed: 1,
    }) as Read;
    expect(rejected.rate).toBeGreaterThan(0.05 + slack);
  });
});

describe('looks all the time', () => {
  it('begin where the verdict begins', () => {
    expect(firstLook).toBe(fewestSequentialUnits);
  });

  it.each<Name>(['normal', 'rate', 'rare'])(
    'are paid for by always-valid intervals, and not by fixed ones, on %s',
    (name) => {
      const { judged, oneSided, naive, relative } = peeking({
        population: populations[name],
        name,
        experiments,
        units: 2500,
        step: 5,
        tunedFor: 2500,
        seed: 1,
      }) as Record<'judged' | 'oneSided' | 'naive' | 'relative', Proportion>;
      expect(judged.rate).toBeLessThan(0.05);
      // what the rule about uncertain controls is for
      if (name === 'rare') expect(relative.rate).toBeGreaterThan(0.07);
      expect(oneSided.rate).toBeLessThan(0.05);
      expect(naive.rate).toBeGreaterThan(0.12);
    },
  );
});

describe('plans', () => {
  it.each(plans.map((plan) => [plan.title, plan] as const))('reach their power: %s', (_, plan) => {
    const { shown } = reachedPower(plan, 0.8, 2000, 1) as { shown: Proportion };
    expect(Math.abs(shown.rate - 0.8)).toBeLessThan(0.05);
  });
});

describe('the decision rule', () => {
  const decide = (options: object) =>
    decisions({
      guardrails: 3,
      corrected: true,
      lift: 0.02,
      harm: 0,
      power: 0.8,
      experiments,
      seed: 1,
      ...options,
    }) as unknown as Record<'KEEP' | 'EXTEND' | 'DISCARD', Proportion>;

  it('ships what was planned for with its power, which the correction for guardrails pays for', () => {
    expect(decide({}).KEEP.rate).toBeGreaterThan(0.75);
    expect(decide({ corrected: false }).KEEP.rate).toBeLessThan(0.7);
  });

  it('ships little that does nothing, nothing that harms, and discards a loss', () => {
    expect(decide({ lift: 0 }).KEEP.rate).toBeLessThan(0.05);
    expect(decide({ harm: 0.02 }).KEEP.rate).toBeLessThan(0.05);
    expect(decide({ harm: 0.04 }).DISCARD.rate).toBeGreaterThan(0.9);
    expect(decide({ lift: -0.02 }).DISCARD.rate).toBeGreaterThan(0.75);
  });
});
