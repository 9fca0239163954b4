import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { createSearch } from '../../src/search/index.js';
import { createPool } from '../../src/search/pool.js';
import { hashAssignment, sample, type Space } from '../../src/space/index.js';
import { drive, scored } from './drive.js';

const space: Space = {
  x: { kind: 'float', min: 0, max: 1, default: 0.5 },
  kind: { kind: 'categorical', values: ['a', 'b'], default: 'a' },
};
const rng = new Rng(1);
const members = Array.from({ length: 30 }, () => sample(space, rng));
const hashes = members.map((member) => hashAssignment(space, member));

describe('a pool', () => {
  it('gives the nearest member that is left', () => {
    const pool = createPool(space, [
      { x: 0.1, kind: 'a' },
      { x: 0.2, kind: 'a' },
      { x: 0.1, kind: 'b' },
    ]);
    const wish = { x: 0.12, kind: 'a' };
    const seen = new Set<string>();
    for (const expected of [0.1, 0.2, 0.1]) {
      const nearest = pool.nearest(wish, seen);
      if (nearest === undefined) throw new Error('members are left');
      expect(nearest['x']).toBe(expected);
      seen.add(hashAssignment(space, nearest));
    }
    expect(pool.nearest(wish, seen)).toBeUndefined();
    expect(pool.pick(new Rng(1), seen)).toBeUndefined();
  });

  it('refuses members that are not in the space', () => {
    expect(() => createPool(space, [{ x: 2, kind: 'a' }])).toThrow(/must be/);
  });
});

describe('a search in a pool', () => {
  it('tries every member once and nothing else, and everybody climbs in the end', () => {
    const search = createSearch({ space, seed: 2, pool: members, rungs: [1 / 2, 1] });
    drive(search, (job) => scored(-Math.abs(Number(job.assignment['x']) - 0.4)));
    const trials = search.history();
    expect(trials.map(({ hash }) => hash).sort()).toEqual([...hashes].sort());
    expect(trials.every(({ scores }) => scores.length === 2)).toBe(true);
  });

  it('goes to the good members sooner than chance', () => {
    const best = members.reduce((a, b) => (Number(a['x']) > Number(b['x']) ? a : b));
    const found = (options: { randomShare: number }, seed: number): number => {
      const search = createSearch({ space, seed, pool: members, rungs: [1], ...options });
      drive(search, (job) => scored(Number(job.assignment['x'])));
      return search.history().findIndex(({ assignment }) => assignment === best);
    };
    const mean = (randomShare: number): number =>
      Array.from({ length: 40 }, (_, seed) => found({ randomShare }, seed)).reduce((a, b) => a + b, 0) / 40;
    expect(mean(0)).toBeLessThan(mean(1) - 2);
  });
});
