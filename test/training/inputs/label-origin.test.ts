import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelOrigin } from '../../../src/training/inputs/label-origin.js';
import { sourceOf, tinyCtrDataset } from '../support/tiny-data.js';

const { train } = tinyCtrDataset({ rows: 6, blockRows: 4 });

/** The labels in blocks of four and two rows. */
const withLabels = (labels: readonly number[]) =>
  sourceOf(
    'train',
    [0, 1].map((i) => ({ ...train.block(i), labels: Float32Array.from(labels.slice(4 * i, 4 * i + 4)) })),
  );

describe('labelOrigin', () => {
  it('is the mean over all rows of ratings, not the mean of the blocks', () => {
    expect(labelOrigin({ task: 'rating', train: withLabels([1, 1, 1, 1, 4, 4]) })).toBe(2);
  });

  it('is zero for clicks and for no rows', () => {
    expect(labelOrigin({ task: 'ctr', train: withLabels([1, 1, 1, 1, 0, 1]) })).toBe(0);
    expect(labelOrigin({ task: 'rating', train: sourceOf('train', []) })).toBe(0);
  });

  it('is a float32, so that training and serving move by the same number', () => {
    const six = fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(six, (labels) => {
        const origin = labelOrigin({ task: 'rating', train: withLabels(labels) });
        expect(Math.fround(origin)).toBe(origin);
        expect(Math.abs(origin - labels.reduce((a, b) => a + b) / 6)).toBeLessThan(0.1);
      }),
    );
  });
});
