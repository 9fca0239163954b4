import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptanceChance,
  alphaForLook,
  contendersOf,
  gatePlan,
  judge,
  smallestResolvableGain,
  takeLook,
  twoWayError,
} from '../../src/stats/index.js';

const evidence = { difference: 0.01, se: 0.002, df: 40, oneRunSd: 0.002 };

describe('takeLook', () => {
  it('judges at the level of its number', () => {
    for (const look of [1, 7, 20]) {
      const taken = takeLook(look, evidence, gatePlan, 0);
      const alpha = alphaForLook(look, 20, 0.05);
      expect(taken).toEqual({
        alpha,
        minimumGain: 0,
        verdict: judge({ ...evidence, alpha, minimumEffect: 0 }),
      });
    }
    expect(() => takeLook(21, evidence, gatePlan, 0)).toThrow(/outside the 20 looks/);
  });

  it('takes the smallest gain that it resolves for minimum, where the user sets none', () => {
    const taken = takeLook(2, evidence, gatePlan, null);
    const { alpha, minimumGain } = taken;
    expect(acceptanceChance({ ...evidence, alpha, minimumEffect: 0 }, minimumGain)).toBeCloseTo(0.8, 9);
    expect(
      takeLook(2, { ...evidence, difference: minimumGain * 0.999 }, gatePlan, null).verdict.verdict,
    ).toBe('indecisive');
    expect(
      takeLook(2, { ...evidence, difference: minimumGain * 1.001 }, gatePlan, null).verdict.verdict,
    ).toBe('accept');
  });

  it('accepts nobody who failed by himself on a seed, and changes nothing else of the look', () => {
    const whole = takeLook(1, evidence, gatePlan, 0);
    expect(whole.verdict.verdict).toBe('accept');
    const failed = takeLook(1, { ...evidence, failedSeeds: 1 }, gatePlan, 0);
    expect(failed).toEqual({ ...whole, verdict: { ...whole.verdict, verdict: 'indecisive' } });
    const worse = { ...evidence, difference: -0.02, failedSeeds: 2 };
    expect(takeLook(1, worse, gatePlan, 0).verdict.verdict).toBe('reject');
  });

  it('resolves what calibration says that so many seeds resolve', () => {
    const noise = { seedSd: 0.002, seedDegreesOfFreedom: 20, userSe: 0.001, userDegreesOfFreedom: 150 };
    const { se, df } = twoWayError({
      seedVariance: 2 * noise.seedSd ** 2,
      seedDf: noise.seedDegreesOfFreedom,
      seeds: 5,
      userVariance: noise.userSe ** 2,
      userDf: noise.userDegreesOfFreedom,
    });
    const { alpha, minimumGain } = takeLook(1, { ...evidence, se, df }, gatePlan, null);
    expect(smallestResolvableGain(noise, 5, alpha)).toBeCloseTo(minimumGain, 12);
  });
});

describe('contendersOf', () => {
  const raced = [4, 9, 2, 7].map((trial) => ({ trial }));

  it('sends the best that were never sent', () => {
    expect(contendersOf(raced, new Set(), 0, gatePlan).map(({ trial }) => trial)).toEqual([4, 9, 2]);
    expect(contendersOf(raced, new Set([9, 4]), 2, gatePlan).map(({ trial }) => trial)).toEqual([2, 7]);
  });

  it('sends nobody beyond the looks of the plan', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 25 }), (before, maxLooks) => {
        const sent = contendersOf(raced, new Set(), before, { maxLooks, contenders: 3 });
        expect(sent.length).toBe(Math.max(0, Math.min(3, maxLooks - before)));
      }),
    );
  });
});
