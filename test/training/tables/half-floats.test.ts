import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfValues, toHalf } from '../../../src/training/tables/half-floats.js';

const back = (value: number): number => halfValues()[toHalf(value)];

describe('half floats', () => {
  it('have the patterns of IEEE 754', () => {
    // Table of examples of binary16 in Wikipedia's article on it, and their neighbours.
    const known: [number, number][] = [
      [0, 0x0000],
      [2 ** -24, 0x0001],
      [2 ** -14 - 2 ** -24, 0x03ff],
      [2 ** -14, 0x0400],
      [0.333251953125, 0x3555],
      [0.99951171875, 0x3bff],
      [1, 0x3c00],
      [1.0009765625, 0x3c01],
      [-2, 0xc000],
      [65504, 0x7bff],
      [Infinity, 0x7c00],
      [-Infinity, 0xfc00],
    ];
    for (const [value, bits] of known) {
      expect(toHalf(value)).toBe(bits);
      expect(halfValues()[bits]).toBe(value);
    }
    expect(Object.is(back(-0), -0)).toBe(true);
    expect(back(NaN)).toBeNaN();
  });

  it('come back as they are, all 65,536', () => {
    const values = halfValues();
    for (let bits = 0; bits < 65_536; bits += 1)
      if (!Number.isNaN(values[bits])) expect(toHalf(values[bits])).toBe(bits);
  });

  it('are the nearest of all, and the even one of two as near', () => {
    const finite = halfValues().filter(Number.isFinite).sort();
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-65503), max: Math.fround(65503), noNaN: true }), (value) => {
        let low = 0;
        let high = finite.length - 1;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (finite[middle] < value) low = middle + 1;
          else high = middle;
        }
        const nearest = Math.min(
          Math.abs(finite[low] - value),
          Math.abs(finite[Math.max(0, low - 1)] - value),
        );
        expect(Math.abs(back(value) - value)).toBe(nearest);
      }),
      { numRuns: 2000 },
    );
    expect(back(1 + 2 ** -11)).toBe(1);
    expect(back(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(back(65519)).toBe(65504);
    expect(back(65520)).toBe(Infinity);
  });
});
