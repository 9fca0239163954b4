import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { BatchCost } from '../../src/serving/batch-cost.js';

describe('BatchCost', () => {
  it('finds any line that batches follow (property)', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 40, noNaN: true }),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        fc.integer(),
        (fixed, each, seed) => {
          const rng = new Rng(seed);
          const cost = new BatchCost();
          for (let i = 0; i < 300; i += 1) {
            const size = 1 + rng.integer(16);
            cost.observe(size, fixed + each * size);
          }
          for (const size of [1, 8, 16]) {
            const truth = fixed + each * size;
            expect(Math.abs(cost.ms(size) - truth)).toBeLessThan(0.03 * truth);
          }
          expect(cost.deviationMs).toBeLessThan(0.05 * (fixed + 16 * each));
        },
      ),
    );
  });

  it('promises no saving that nobody has seen: after single requests, twice as many take twice as long', () => {
    const cost = new BatchCost();
    for (let i = 0; i < 20; i += 1) cost.observe(1, 30);
    expect(cost.ms(1)).toBeCloseTo(30, 0);
    expect(cost.ms(2)).toBeGreaterThan(58);
  });

  it('follows a service that became slower, and forgets the first, slow call', () => {
    const cost = new BatchCost();
    cost.observe(1, 500);
    for (let i = 0; i < 400; i += 1) cost.observe(1 + (i % 4), 5);
    expect(cost.ms(2)).toBeLessThan(5.3);
    for (let i = 0; i < 400; i += 1) cost.observe(1 + (i % 4), 20);
    expect(cost.ms(2)).toBeGreaterThan(19.5);
  });

  it('never expects less than nothing, nor less of more requests (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 16 }), fc.double({ min: 0, max: 100, noNaN: true })), {
          minLength: 1,
          maxLength: 60,
        }),
        (batches) => {
          const cost = new BatchCost();
          expect(cost.ms(4)).toBe(0);
          for (const [size, ms] of batches) cost.observe(size, ms);
          expect(cost.ms(1)).toBeGreaterThanOrEqual(0);
          expect(cost.ms(16)).toBeGreaterThanOrEqual(cost.ms(1));
          expect(cost.deviationMs).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it('measures how far batches lie from the line', () => {
    const cost = new BatchCost();
    for (let i = 0; i < 500; i += 1) cost.observe(1 + (i % 5), i % 2 === 0 ? 8 : 12);
    expect(cost.deviationMs).toBeGreaterThan(1.5);
    expect(cost.deviationMs).toBeLessThan(2.5);
  });
});
