import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/platform/index.js';
import {
  neighbourhood,
  nextItemCountingModels,
  popularityNextItem,
  skipMarkov,
  type NextItemCountingModel,
} from '../../../src/models/counting/index.js';
import type { NextItemDataset } from '../../../src/schema/index.js';
import { checkSpace, defaults } from '../../../src/space/index.js';
import { hrAtK } from '../../../src/stats/index.js';
import { circleWalks, leaveOneOut } from './tiny-datasets.js';

const plainNeighbourhood = {
  ...defaults(neighbourhood.space),
  window: 2,
  distancePower: 1,
  backward: 0.5,
  lastItems: 2,
  recencyPower: 1,
  sourcePower: 0,
  targetPower: 0,
  popularity: 0,
};

function scores(
  model: NextItemCountingModel,
  dataset: NextItemDataset,
  hp: Record<string, string | number | boolean>,
) {
  const row = new Float32Array(dataset.itemCount);
  model.fit(dataset, hp, { seed: 1 }).scoreCase(dataset.validation, 0, row);
  return row;
}

describe('popularity', () => {
  // Training parts: 2 3 | 3 4 4.
  const dataset = leaveOneOut([
    [2, 3, 5, 5],
    [3, 4, 4, 5, 5],
  ]);

  it('counts training events', () => {
    const row = scores(popularityNextItem, dataset, { recency: false });
    expect(Array.from(row)).toEqual([-Infinity, -Infinity, -Infinity, -Infinity, 2, 0]);
  });

  it('lets old events of a user count less', () => {
    const row = scores(popularityNextItem, dataset, { recency: true, halfLife: 1 });
    expect(row[4]).toBe(1.5);
  });
});

describe('neighbourhood', () => {
  // Training parts: 2 3 | 3 4 5 | 2 5. The first user's history is 2 3.
  const dataset = leaveOneOut([
    [2, 3, 6, 6],
    [3, 4, 5, 6, 6],
    [2, 5, 6, 6],
  ]);

  it('sums directed pairs of the newest items, by hand', () => {
    const row = scores(neighbourhood, dataset, plainNeighbourhood);
    // 3 is the newest: after it came 4 (distance 1) and 5 (distance 2). 2 is the second newest (weight 1/2): after it 5.
    expect(row[4]).toBeCloseTo(1, 6);
    expect(row[5]).toBeCloseTo(0.5 + 0.5, 6);
    expect(row[6]).toBe(0);
  });

  it('divides by popularity', () => {
    const hp = { ...plainNeighbourhood, shrinkage: 1, sourcePower: 1, targetPower: 0.5 };
    const row = scores(neighbourhood, dataset, hp);
    // Both sources occur twice, 4 once and 5 twice.
    expect(row[4]).toBeCloseTo(1 / 3 / Math.sqrt(2), 6);
    expect(row[5]).toBeCloseTo((0.5 + 0.5) / 3 / Math.sqrt(3), 6);
  });

  it('adds the cosine of whole histories', () => {
    const plain = scores(neighbourhood, dataset, { ...plainNeighbourhood, shrinkage: 1e-9 });
    const hp = { ...plainNeighbourhood, shrinkage: 1e-9, history: 1 };
    const row = scores(neighbourhood, dataset, hp);
    // cos(2, 5) = 1 / sqrt(2 x 2), cos(3, 5) the same; their mean over the history of two.
    expect(row[5] - plain[5]).toBeCloseTo(0.5, 6);
    expect(row[4] - plain[4]).toBeCloseTo(0.5 / Math.sqrt(2), 6);
  });

  it('lets users with long histories count less', () => {
    const row = scores(neighbourhood, dataset, { ...plainNeighbourhood, userPower: 1 });
    expect(row[4]).toBeCloseTo(1 / 3, 6);
    expect(row[5]).toBeCloseTo(0.5 / 3 + 0.5 / 2, 6);
  });
});

describe('skip-markov', () => {
  it('mixes smoothed transitions of each skip, by hand', () => {
    // Training parts: 2 3 | 3 4 5.
    const dataset = leaveOneOut([
      [2, 3, 6, 6],
      [3, 4, 5, 6, 6],
    ]);
    const row = scores(skipMarkov, dataset, { skips: 2, decay: 0.5, backOff: 2 });
    const p = 1 / 5; // popularity of 4, and of 5
    // One step after 3 came 4 (once in one); two steps after 2 came nothing.
    expect(row[4]).toBeCloseTo((1 + 2 * p) / (1 + 2) + 0.5 * p, 6);
    expect(row[5]).toBeCloseTo((2 * p) / (1 + 2) + 0.5 * p, 6);
    expect(row[6]).toBe(0);
  });

  it('is the popularity distribution where the history is empty', () => {
    const dataset = leaveOneOut([
      [6, 6],
      [3, 4, 4, 6, 6],
    ]);
    const row = scores(skipMarkov, dataset, { skips: 2, decay: 0.5, backOff: 2 });
    expect(Array.from(row)).toEqual([
      -Infinity,
      -Infinity,
      0,
      Math.fround(1.5 * Math.fround(1 / 3)),
      Math.fround(1.5 * Math.fround(2 / 3)),
      0,
      0,
    ]);
  });
});

const walks = fc.array(fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 3, maxLength: 10 }), {
  minLength: 2,
  maxLength: 10,
});

describe.each(nextItemCountingModels.map((model) => [model.name, model] as const))(
  '%s, like every floor',
  (_, model) => {
    it('has a sound space', () => {
      expect(() => checkSpace(model.space)).not.toThrow();
    });

    it('does not care how items are numbered', () => {
      fc.assert(
        fc.property(walks, fc.integer(), (users, seed) => {
          const renamed = new Rng(seed).shuffle(Array.from({ length: 11 }, (__, n) => n + 2));
          const before = leaveOneOut(users, 13);
          const after = leaveOneOut(
            users.map((user) => user.map((item) => renamed[item - 2])),
            13,
          );
          const hp = defaults(model.space);
          const rowBefore = new Float32Array(13);
          const rowAfter = new Float32Array(13);
          const fittedBefore = model.fit(before, hp, { seed: 1 });
          const fittedAfter = model.fit(after, hp, { seed: 1 });
          for (let c = 0; c < users.length; c += 1) {
            fittedBefore.scoreCase(before.test, c, rowBefore);
            fittedAfter.scoreCase(after.test, c, rowAfter);
            for (let item = 2; item < 13; item += 1) {
              const renumbered = rowAfter[renamed[item - 2]];
              if (rowBefore[item] === -Infinity) expect(renumbered).toBe(-Infinity);
              else expect(renumbered).toBeCloseTo(rowBefore[item], 5);
            }
          }
        }),
        { numRuns: 40 },
      );
    });

    it('never looks at validation events while fitting', () => {
      fc.assert(
        fc.property(walks, fc.integer({ min: 2, max: 12 }), (users, other) => {
          const before = leaveOneOut(users, 13);
          const after = leaveOneOut(
            users.map((user) => [...user.slice(0, -2), other, other]),
            13,
          );
          const hp = defaults(model.space);
          const [rowBefore, rowAfter] = [before, after].map((dataset) => scores(model, dataset, hp));
          expect(Array.from(rowAfter)).toEqual(Array.from(rowBefore));
        }),
        { numRuns: 40 },
      );
    });
  },
);

describe('direction', () => {
  const rng = new Rng([7, 'walks']);
  const ordered = circleWalks(300, 60, 12, () => rng.next());
  const hitRate = (
    model: NextItemCountingModel,
    sequences: number[][],
    hp = defaults(model.space),
  ): number => {
    const dataset = leaveOneOut(sequences, 62);
    return hrAtK(model.fit(dataset, hp, { seed: 1 }).rankTargets(dataset.test), 2);
  };
  const shuffled = ordered.map((user) => new Rng([user[0], user[1]]).shuffle(user.slice()));

  it('is learnt by the floors that know transitions', () => {
    expect(hitRate(neighbourhood, ordered)).toBeGreaterThan(0.8);
    expect(hitRate(skipMarkov, ordered)).toBeGreaterThan(0.8);
  });

  it('is lost when the order inside the sequences is shuffled', () => {
    expect(hitRate(neighbourhood, shuffled)).toBeLessThan(0.5);
    expect(hitRate(skipMarkov, shuffled)).toBeLessThan(0.5);
  });

  it('is unknown to popularity', () => {
    expect(hitRate(popularityNextItem, ordered)).toBeLessThan(0.15);
  });
});
