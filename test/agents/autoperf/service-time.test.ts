import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedMs, serviceTimeModel } from '../../../src/agents/autoperf/service-time.js';

const timed = (counts: readonly number[], msOf: (count: number, repeat: number) => number) =>
  counts.flatMap((candidates) =>
    [0, 1, 2, 3, 4].map((repeat) => ({ candidates, ms: msOf(candidates, repeat) })),
  );

describe('serviceTimeModel', () => {
  it('finds any line', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        fc.double({ min: 1e-4, max: 0.1, noNaN: true }),
        (a, b) => {
          const model = serviceTimeModel(
            timed([100, 300, 1000], (n) => a + b * n),
            2000,
          );
          expect(model.requestMs).toBeCloseTo(a, 8);
          expect(model.candidateMs).toBeCloseTo(b, 10);
          expect(model.error).toBeLessThan(1e-9);
          expect(model.flopsPerSecond! / (2_000_000 / b)).toBeCloseTo(1, 6);
          expect(expectedMs(model, 500)).toBeCloseTo(a + 500 * b, 8);
        },
      ),
    );
  });

  it('is not bent by two disturbed repeats of a count, and says how far it is off', () => {
    const model = serviceTimeModel(
      timed([100, 200, 400, 800], (n, repeat) => 1 + 0.01 * n + (repeat < 2 && n === 800 ? 200 : 0)),
    );
    expect(expectedMs(model, 800)).toBeCloseTo(9, 8);
    const curved = serviceTimeModel(timed([100, 200, 400, 800], (n) => n * n * 1e-4));
    expect(curved.error).toBeGreaterThan(0.1);
  });

  it('never expects less than nothing', () => {
    const model = serviceTimeModel(timed([100, 1000], (n) => (n === 100 ? 2 : 1)));
    expect(model).toMatchObject({ candidateMs: 0, flopsPerSecond: null });
    expect(expectedMs(model, 1000)).toBeGreaterThan(0);
  });

  it('wants two counts', () => {
    expect(() => serviceTimeModel([{ candidates: 100, ms: 1 }])).toThrow(RangeError);
  });
});
