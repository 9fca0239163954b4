import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  detectableEffect,
  powerOf,
  powerPerTest,
  unitsFor,
  type PowerQuestion,
} from '../../src/experiments/index.js';
import { isAutoModelError } from '../../src/platform/index.js';

const question: PowerQuestion = {
  purpose: 'lift',
  mean: 10,
  variance: 400,
  kind: 'mean',
  correlation: 0,
  controlShare: 0.5,
  treatmentShare: 0.5,
  alpha: 0.05,
  inference: 'fixed-horizon',
};

describe('powerPerTest', () => {
  it('leaves a single test alone and shares the misses among more', () => {
    expect(powerPerTest(0.8, 0)).toBeCloseTo(0.8, 12);
    expect(powerPerTest(0.8, 3)).toBeCloseTo(0.95, 12);
  });
});

describe('the planner', () => {
  it('gives the sample of the textbook for a small lift', () => {
    // 16 σ² / δ² in each arm, the rule of thumb for 80 % power at 5 %: exactly 2 (1.959964 + 0.841621)² = 15.698
    const units = unitsFor(question, 0.01, 0.8);
    const perArm = (15.698 * 400) / (0.01 * 10) ** 2;
    expect(units / 2 / perArm).toBeGreaterThan(1);
    // the control's error counts (1 + lift)² times
    expect(units / 2 / perArm).toBeLessThan(1.011);
  });

  it('answers its own question', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('lift', 'margin'),
        fc.constantFrom('fixed-horizon', 'always-valid'),
        fc.double({ min: 0.005, max: 0.4, noNaN: true }),
        fc.double({ min: 0.6, max: 0.99, noNaN: true }),
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        fc.constantFrom(1, -1),
        (purpose, inference, effect, power, controlShare, sign) => {
          const asked: PowerQuestion = {
            ...question,
            purpose,
            inference,
            controlShare,
            treatmentShare: 1 - controlShare,
          };
          const wanted = purpose === 'lift' ? sign * effect : effect;
          const units = unitsFor(asked, wanted, power);
          expect(powerOf(asked, wanted, units)).toBeGreaterThanOrEqual(power - 1e-9);
          if (units > 10) expect(powerOf(asked, wanted, units * 0.98)).toBeLessThan(power);
          const back = detectableEffect(asked, purpose === 'lift' ? (sign as 1 | -1) : 1, power, units);
          expect(back).not.toBeNull();
          expect(Math.abs((back ?? 0) - wanted) / effect).toBeLessThan(units > 1000 ? 1e-3 : 0.1);
        },
      ),
    );
  });

  it('asks for more units for peeking, smaller effects, uneven arms and more power, for fewer with a covariate', () => {
    const plain = unitsFor(question, 0.05, 0.8);
    expect(unitsFor({ ...question, inference: 'always-valid' }, 0.05, 0.8)).toBeGreaterThan(1.3 * plain);
    expect(unitsFor(question, 0.025, 0.8) / plain).toBeCloseTo(4, 0);
    expect(unitsFor({ ...question, controlShare: 0.9, treatmentShare: 0.1 }, 0.05, 0.8)).toBeGreaterThan(
      2.5 * plain,
    );
    expect(unitsFor(question, 0.05, 0.95)).toBeGreaterThan(1.5 * plain);
    expect(unitsFor({ ...question, correlation: 0.7 }, 0.05, 0.8) / plain).toBeCloseTo(0.51, 2);
  });

  it('lets the spread of a proportion follow its mean', () => {
    const rate: PowerQuestion = { ...question, kind: 'proportion', mean: 0.1, variance: 0.09 };
    const up = unitsFor(rate, 0.5, 0.8);
    const flat = unitsFor({ ...rate, kind: 'mean' }, 0.5, 0.8);
    expect(up).toBeGreaterThan(flat);
  });

  it('finds no lift where none can be shown', () => {
    expect(
      detectableEffect({ ...question, kind: 'proportion', mean: 0.9, variance: 0.09 }, 1, 0.8, 10),
    ).toBeNull();
  });

  it('finds lifts up to where a rate ends, whatever rounding makes of it', () => {
    for (let percent = 1; percent < 100; percent += 1) {
      const mean = percent / 100;
      const asked: PowerQuestion = { ...question, kind: 'proportion', mean, variance: mean * (1 - mean) };
      const effect = detectableEffect(asked, 1, 0.8, 100_000);
      expect(mean * (1 + (effect ?? 0))).toBeLessThanOrEqual(1);
      expect(effect).toBeGreaterThan(0);
    }
  });

  it.each([
    ['an effect that no sample shows', {}, 1e-9],
    ['a mean of zero', { mean: 0 }, 0.1],
    ['no variance', { variance: 0 }, 0.1],
    ['no effect', {}, 0],
    ['a rate above one', { kind: 'proportion', mean: 0.8, variance: 0.16 }, 0.5],
    ['a rate given in percent', { kind: 'proportion', mean: 3, variance: 1 }, 0.05],
  ] as const)('refuses %s', (_, change, effect) => {
    try {
      unitsFor({ ...question, ...change }, effect, 0.8);
      expect.unreachable();
    } catch (error) {
      expect(isAutoModelError(error) && error.code).toBe('USAGE');
    }
  });
});
