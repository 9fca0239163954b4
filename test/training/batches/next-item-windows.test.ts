import { describe, expect, it } from 'vitest';
import { NextItemWindows } from '../../../src/training/batches/next-item-windows.js';
import type { NextItemDataset } from '../../../src/schema/index.js';
import { cyclicDataset } from '../support/tiny-data.js';

/** Users with histories [2 3 4 5 6], [7], [8 1 9] of which all may be trained on. */
function handMade(): NextItemDataset {
  return {
    ...cyclicDataset({ users: 3 }),
    userCount: 3,
    itemCount: 10,
    events: Int32Array.of(2, 3, 4, 5, 6, 7, 8, 1, 9),
    offsets: Int32Array.of(0, 5, 6, 9),
    trainEnds: Int32Array.of(5, 6, 9),
  };
}

describe('NextItemWindows', () => {
  it('asks every input for the event after it, left-padded, and never for an unknown item', () => {
    const windows = new NextItemWindows(handMade(), 3, 1);
    expect([...windows.users]).toEqual([0, 2]);
    const items = new Int32Array(6);
    const mask = new Float32Array(6);
    const positions = new Int32Array(4);
    const targets = new Int32Array(4);
    windows.fill(Int32Array.of(0, 2), items, mask, positions, targets);
    expect([...items]).toEqual([3, 4, 5, 0, 8, 1]);
    expect([...mask]).toEqual([1, 1, 1, 0, 1, 1]);
    expect([...positions]).toEqual([0, 1, 2, 5]); // 8 is followed by an unknown item
    expect([...targets]).toEqual([4, 5, 6, 9]);
    expect([windows.positionsOf(0), windows.positionsOf(2), windows.mostPositions(2)]).toEqual([3, 1, 4]);
  });

  it('splits a batch where the positions exceed the limit', () => {
    const windows = new NextItemWindows(cyclicDataset({ users: 7, length: 5 }), 4, 1);
    const parts = windows.split(windows.users, 9);
    expect(parts.map((part) => part.users.length)).toEqual([2, 2, 2, 1]);
    expect(parts.every((part) => part.positions <= 9)).toBe(true);
    expect(parts.flatMap((part) => [...part.users])).toEqual([...windows.users]);
  });

  it('refuses data without a single target', () => {
    const dataset = { ...handMade(), trainEnds: Int32Array.of(1, 6, 7) };
    expect(() => new NextItemWindows(dataset, 3, 1)).toThrow(
      expect.objectContaining({ code: 'BATCH_EMPTY' }),
    );
  });
});
