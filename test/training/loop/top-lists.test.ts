import { describe, expect, it } from 'vitest';
import { TopListsBuilder } from '../../../src/training/index.js';

const scores = [90, 91, 5, 4, 3, 3, 2];
const scoreOf = (item: number): number => scores[item];
const list = (...items: number[]) => ({
  items: Int32Array.from(items),
  scores: Float32Array.from(items, scoreOf),
  tiesAtCut: 0,
});

describe('TopListsBuilder', () => {
  it('keeps a case to its own k entries and fills short lists with the lowest score', () => {
    const builder = new TopListsBuilder(2, 3);
    builder.add(0, list(2), [], scoreOf);
    builder.add(1, { ...list(2, 3, 4), tiesAtCut: 1 }, [], scoreOf);
    const { k, items, scores: kept, tiesAtCut, repeats } = builder.build();
    expect(k).toBe(3);
    expect(Array.from(items)).toEqual([2, 0, 0, 2, 3, 4]);
    expect(Array.from(kept)).toEqual([5, -Infinity, -Infinity, 5, 4, 3]);
    expect(Array.from(tiesAtCut)).toEqual([0, 1]);
    expect(repeats.items).toHaveLength(0);
  });

  it('repeats what of the history scores no lower than the last entry, without padding and unknown', () => {
    const builder = new TopListsBuilder(3, 2);
    builder.add(0, list(2, 4), [0, 1, 3, 5, 6], scoreOf);
    builder.add(1, list(2, 3), [4, 6], scoreOf);
    builder.add(2, list(3, 4), [2], scoreOf);
    const { repeats } = builder.build();
    expect(Array.from(repeats.ends)).toEqual([2, 2, 3]);
    expect(Array.from(repeats.items)).toEqual([3, 5, 2]);
    expect(Array.from(repeats.scores)).toEqual([4, 3, 5]);
  });

  it('repeats the whole history where the list holds every candidate', () => {
    const builder = new TopListsBuilder(1, 4);
    builder.add(0, list(2, 3), [6, 4], scoreOf);
    expect(Array.from(builder.build().repeats.items)).toEqual([6, 4]);
  });

  it('never repeats an item without a score', () => {
    const builder = new TopListsBuilder(1, 2);
    builder.add(0, list(2), [3], () => Number.NaN);
    expect(builder.build().repeats.items).toHaveLength(0);
  });
});
