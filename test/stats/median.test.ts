import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median } from '../../src/stats/index.js';

describe('median', () => {
  it('has as many values on either side, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), (values) => {
        const given = [...values];
        const middle = median(values);
        expect(values).toEqual(given);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
