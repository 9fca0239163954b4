import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianLine } from '../../../src/agents/autoperf/median-line.js';

describe('medianLine', () => {
  it('finds any line that there is, whatever the units', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 50, noNaN: true }),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        fc.constantFrom(1, 1e6, 1e9),
        (fixed, slope, unit) => {
          const points = [1, 2, 4, 8].map((size) => ({ size: size * unit, ms: fixed + slope * size }));
          const line = medianLine(points);
          expect(line.fixedMs).toBeCloseTo(fixed, 6);
          expect(line.slopeMs * unit).toBeCloseTo(slope, 6);
          expect(line.error).toBeLessThan(1e-6);
        },
      ),
    );
  });

  it('is not bent by one disturbed time, and says how far off it is there', () => {
    const points = [1, 2, 4, 8, 16].map((size) => ({ size, ms: size === 4 ? 40 : 2 + size }));
    const { fixedMs, slopeMs, error } = medianLine(points);
    expect(fixedMs).toBeCloseTo(2, 6);
    expect(slopeMs).toBeCloseTo(1, 6);
    expect(error).toBeCloseTo((40 - 6) / 40, 6);
  });

  it('lets neither part fall below zero', () => {
    expect(
      medianLine([
        { size: 1, ms: 5 },
        { size: 2, ms: 4 },
      ]).slopeMs,
    ).toBe(0);
    expect(
      medianLine([
        { size: 10, ms: 1 },
        { size: 20, ms: 9 },
      ]).fixedMs,
    ).toBe(0);
  });

  it('takes the median of a size that was timed several times, and needs two sizes', () => {
    const points = [1, 2, 90].map((ms) => ({ size: 1, ms }));
    expect(medianLine([...points, { size: 2, ms: 3 }])).toMatchObject({ fixedMs: 1, slopeMs: 1 });
    expect(() => medianLine(points)).toThrow(RangeError);
  });
});
