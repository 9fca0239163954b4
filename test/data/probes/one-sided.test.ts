import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneSided, saysOneSided } from '../../../src/data/probes/one-sided.js';

describe('rows of one label', () => {
  it('are told by their share, by chance, and by how rare the other label is elsewhere', () => {
    expect(oneSided(200, 0.99, 0.4)).toEqual({ label: 1, share: 0.99, expected: 0.4 });
    expect(saysOneSided({ label: 1, share: 0.99, expected: 0.4 })).toBe(
      '99.0 % of them have label 1 (40.0 % of all)',
    );
    expect(oneSided(49, 1, 0.4)).toBeUndefined();
    expect(oneSided(200, 0.97, 0.4)).toBeUndefined();
    // 50 rows without a click say nothing where one in a hundred is clicked; 3,000 do.
    expect(oneSided(50, 0, 0.01)).toBeUndefined();
    expect(oneSided(3000, 0, 0.01)).toMatchObject({ label: 0, share: 1 });
    // Half as many clicks as elsewhere are an honest difference, on however many rows.
    expect(oneSided(1e6, 0.005, 0.01)).toBeUndefined();
  });

  it('are never told where all labels are alike or there are no rows', () => {
    for (const base of [0, 1, Number.NaN]) expect(oneSided(1000, base, base)).toBeUndefined();
    expect(oneSided(Number.NaN, 1, 0.5)).toBeUndefined();
    expect(oneSided(0, Number.NaN, 0.5)).toBeUndefined();
  });

  it('do not depend on which label is called 1 (property)', () => {
    const rate = fc
      .integer({ min: 1, max: 9999 })
      .filter((x) => x !== 5000)
      .map((x) => x / 10_000);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), rate, rate, (rows, away, base) => {
        const [one, other] = [oneSided(rows, away, base), oneSided(rows, 1 - away, 1 - base)];
        // 1 - (1 - x) is x but for the last bit, so that thresholds are left alone.
        const near = [0.02, 0.98].some((edge) => Math.abs(away - edge) < 1e-9);
        if (near) return;
        expect(one?.label).toBe(other && 1 - other.label);
        if (one !== undefined) expect(one.share).toBeGreaterThan(one.expected);
      }),
    );
  });
});
