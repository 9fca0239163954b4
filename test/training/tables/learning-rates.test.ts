import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';

describe('LearningRates.remaining', () => {
  it('is the product over the steps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0.1, 0.01, 0.001), { minLength: 1, maxLength: 40 }),
        fc.nat(40),
        fc.nat(40),
        fc.double({ min: 0, max: 15, noNaN: true }),
        (rates, a, b, pull) => {
          const log = new LearningRates();
          rates.forEach((rate, i) => log.record(i + 1, rate));
          const through = Math.min(rates.length, Math.max(a, b));
          const after = Math.min(a, b, through);
          let product = 1;
          for (let step = after + 1; step <= through; step += 1)
            product *= Math.max(0, 1 - rates[step - 1] * pull);
          expect(log.remaining(after, through, pull)).toBeCloseTo(product, 12);
        },
      ),
    );
  });

  it('survives a round trip', () => {
    const log = new LearningRates();
    log.record(1, 0.1);
    log.record(5, 0.01);
    const copy = new LearningRates();
    copy.record(1, 9);
    copy.restore(log.toJson());
    expect(copy.remaining(2, 8, 1)).toBe(log.remaining(2, 8, 1));
  });
});
