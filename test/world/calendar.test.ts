import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionStart, weekdayFactor, weekdayOf } from '../../src/world/calendar.js';
import { interceptFor } from '../../src/world/intercept.js';
import { drawAt, drawFor, normalAt } from '../../src/world/outcomes.js';
import { mean } from './tiny-world.js';

describe('weekdayOf', () => {
  it('counts from Monday', () => {
    expect(weekdayOf(0)).toBe(3); // Thursday, 1970-01-01
    expect(weekdayOf(1_736_121_600)).toBe(0); // Monday, 2025-01-06
    expect(weekdayOf(1_736_121_600 - 1)).toBe(6);
  });

  it('has a factor for each day, about 1 on average', () => {
    expect(mean([0, 1, 2, 3, 4, 5, 6].map(weekdayFactor))).toBeCloseTo(1, 1);
  });
});

describe('sessionStart', () => {
  it('lies in the day and rises with the uniform number', () => {
    const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(uniform, uniform, (hour, second) => {
        const start = sessionStart(hour, second);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start).toBeLessThan(86_400);
      }),
    );
    expect(sessionStart(0, 0)).toBe(0);
    expect(sessionStart(0.999999, 0.5)).toBe(23 * 3600 + 1800);
  });
});

describe('interceptFor', () => {
  it('meets the rate', () => {
    const utilities = Float64Array.from({ length: 500 }, (_, n) => Math.sin(n) * 3);
    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    for (const rate of [0.02, 0.1, 0.5]) {
      const intercept = interceptFor(rate, utilities, sigmoid);
      expect(mean(utilities.map((v) => sigmoid(v + intercept)))).toBeCloseTo(rate, 8);
    }
  });
});

describe('random numbers of a position', () => {
  it('have a place of their own for each purpose', () => {
    const draws = [0, 1].flatMap((position) =>
      Object.values(drawFor).map((purpose) => drawAt(99, position, purpose)),
    );
    expect(new Set(draws).size).toBe(draws.length);
  });

  it('leave room for the second number of each normal', () => {
    const taken: number[] = Object.values(drawFor);
    for (const purpose of [drawFor.satisfaction, drawFor.score]) expect(taken).not.toContain(purpose + 1);
  });

  it('are standard normal where asked', () => {
    const draws = Array.from({ length: 5000 }, (_, n) => normalAt(n, 3, drawFor.score));
    expect(Math.abs(mean(draws))).toBeLessThan(0.06);
    expect(mean(draws.map((z) => z * z))).toBeCloseTo(1, 1);
  });
});
