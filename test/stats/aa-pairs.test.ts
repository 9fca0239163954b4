import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aaPairs } from '../../src/stats/index.js';

const name = ({ candidate, ancestor }: ReturnType<typeof aaPairs>[number]) => `${candidate}|${ancestor}`;

describe('aaPairs', () => {
  it('are disjoint, different, of the size that is asked, and the same every time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 14 }), fc.integer({ min: 1, max: 5 }), (runs, size) => {
        const pairs = aaPairs(runs, size, 40);
        expect(pairs.length > 0).toBe(runs >= 2 * size);
        expect(new Set(pairs.map(name)).size).toBe(pairs.length);
        for (const { candidate, ancestor } of pairs) {
          const all = new Set([...candidate, ...ancestor]);
          expect(all.size).toBe(2 * size);
          for (const run of all) expect(run >= 0 && run < runs).toBe(true);
        }
        expect(aaPairs(runs, size, 40)).toEqual(pairs);
      }),
      { numRuns: 60 },
    );
  });

  it('are all of them where these are few: n! / (k! k! (n - 2k)!)', () => {
    expect(aaPairs(4, 2, 1000)).toHaveLength(6);
    expect(aaPairs(5, 2, 1000)).toHaveLength(30);
    expect(aaPairs(10, 5, 1000)).toHaveLength(252);
    expect(aaPairs(10, 5, 100)).toHaveLength(100);
  });
});
