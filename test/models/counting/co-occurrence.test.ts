import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coOccurrence,
  keepLargest,
  trainCounts,
  type ItemMatrix,
} from '../../../src/models/counting/co-occurrence.js';
import { leaveOneOut } from './tiny-datasets.js';

function dense(matrix: ItemMatrix): number[][] {
  const size = matrix.begins.length - 1;
  return Array.from({ length: size }, (_, i) => {
    const row = Array.from({ length: size }, () => 0);
    for (let n = matrix.begins[i]; n < matrix.begins[i + 1]; n += 1)
      row[matrix.columns[n]] = matrix.values[n];
    return row;
  });
}

const sequences = fc.array(fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 3, maxLength: 12 }), {
  minLength: 1,
  maxLength: 8,
});

describe('coOccurrence', () => {
  it('counts pairs by distance and direction', () => {
    // Training part of the only user: 2 3 4 (5 is the validation target, 6 the test target).
    const dataset = leaveOneOut([[2, 3, 4, 5, 5]]);
    const matrix = dense(
      coOccurrence(dataset, {
        after: Float64Array.of(0, 1, 0.5),
        before: Float64Array.of(0, 0.25, 0.125),
        user: () => 2,
      }),
    );
    expect(matrix[2]).toEqual([0, 0, 0, 2, 1, 0]);
    expect(matrix[3]).toEqual([0, 0, 0.5, 0, 2, 0]);
    expect(matrix[4]).toEqual([0, 0, 0.25, 0.5, 0, 0]);
    expect(matrix[5]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('leaves out padding, unknown items and pairs of an item with itself', () => {
    const dataset = leaveOneOut([[2, 1, 2, 0, 3, 9, 9]]);
    const weights = { after: Float64Array.of(0, 1, 1, 1, 1), before: new Float64Array(0), user: () => 1 };
    const matrix = dense(coOccurrence(dataset, weights));
    expect(matrix[2][3]).toBe(2);
    expect(matrix.flat().reduce((a, b) => a + b, 0)).toBe(2);
  });

  it('agrees with the double loop over all pairs', () => {
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 5 }), (users, window) => {
        const dataset = leaveOneOut(users);
        const after = Float64Array.from({ length: window + 1 }, (_, d) => (d === 0 ? 0 : 1 / d));
        const before = after.map((weight) => 0.5 * weight);
        const expected = Array.from({ length: dataset.itemCount }, () =>
          Array.from({ length: dataset.itemCount }, () => 0),
        );
        for (const user of users) {
          const train = user.slice(0, -2);
          train.forEach((i, p) =>
            train.forEach((j, q) => {
              const distance = Math.abs(q - p);
              if (i === j || distance === 0 || distance > window) return;
              expected[i][j] += q > p ? after[distance] : before[distance];
            }),
          );
        }
        const found = dense(coOccurrence(dataset, { after, before, user: () => 1 }));
        for (let i = 0; i < found.length; i += 1) {
          for (let j = 0; j < found.length; j += 1) expect(found[i][j]).toBeCloseTo(expected[i][j], 4);
        }
      }),
    );
  });

  it('is symmetric without a direction', () => {
    fc.assert(
      fc.property(sequences, (users) => {
        const both = Float64Array.of(0, 1, 0.5);
        const matrix = dense(coOccurrence(leaveOneOut(users), { after: both, before: both, user: () => 1 }));
        matrix.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(matrix[j][i], 5)));
      }),
    );
  });
});

describe('trainCounts', () => {
  it('counts training events only', () => {
    expect(
      Array.from(
        trainCounts(
          leaveOneOut([
            [2, 2, 3, 4],
            [3, 2, 2],
          ]),
        ),
      ),
    ).toEqual([0, 0, 2, 1, 0]);
  });
});

describe('trainCounts that forget', () => {
  it('halve with every event towards the past of each user, by hand', () => {
    // Training parts: 2 3 2 and 3.
    const dataset = leaveOneOut([
      [2, 3, 2, 4, 4],
      [3, 4, 4],
    ]);
    expect(Array.from(trainCounts(dataset, 0.5))).toEqual([0, 0, 1.25, 1.5, 0]);
  });

  it('lie between the newest event alone and all events, and are all of them without forgetting', () => {
    fc.assert(
      fc.property(sequences, fc.double({ min: 0, max: 1, noNaN: true }), (users, perEvent) => {
        const dataset = leaveOneOut(users);
        const [newest, some, all] = [0, perEvent, 1].map((weight) => trainCounts(dataset, weight));
        some.forEach((count, id) => {
          expect(count).toBeGreaterThanOrEqual(newest[id]);
          expect(count).toBeLessThanOrEqual(all[id] + 1e-9);
        });
        expect(all.reduce((a, b) => a + b, 0)).toBe(
          users.reduce((total, user) => total + user.length - 2, 0),
        );
      }),
    );
  });
});

describe('keepLargest', () => {
  const matrix: ItemMatrix = {
    begins: Float64Array.of(0, 4, 5, 5),
    columns: Int32Array.of(0, 1, 2, 3, 1),
    values: Float32Array.of(1, 3, 3, 2, 7),
  };

  it('keeps the largest values of each row in order of columns', () => {
    const kept = keepLargest(matrix, 2);
    expect(Array.from(kept.begins)).toEqual([0, 2, 3, 3]);
    expect(Array.from(kept.columns)).toEqual([1, 2, 1]);
    expect(Array.from(kept.values)).toEqual([3, 3, 7]);
  });

  it('leaves a matrix alone that is small enough', () => {
    expect(keepLargest(matrix, 4)).toBe(matrix);
  });
});
