import { describe, expect, it } from 'vitest';
import { percent, roundPercent, signedPercent } from '../../src/experiments/percent.js';

describe('percentages in sentences', () => {
  it.each([
    [0.031, '3.10 %', '+3.10 %', '3.1 %'],
    [-0.0025, '−0.25 %', '−0.25 %', '−0.25 %'],
    [0, '0.00 %', '+0.00 %', '0 %'],
    [0.25, '25.00 %', '+25.00 %', '25 %'],
    [-0.35123, '−35.12 %', '−35.12 %', '−35.1 %'],
    [12.3456, '1234.56 %', '+1234.56 %', '1230 %'],
  ])('%d', (share, plain, signed, round) => {
    expect(percent(share)).toBe(plain);
    expect(signedPercent(share)).toBe(signed);
    expect(roundPercent(share)).toBe(round);
  });
});
