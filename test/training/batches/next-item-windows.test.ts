import fc from 'fast-check';
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

const ITEMS = 8;
/** Training histories of unknown (1) and known items, some too short to be trained on. */
const histories = fc
  .array(fc.array(fc.integer({ min: 1, max: ITEMS - 1 }), { maxLength: 9 }), { minLength: 1, maxLength: 7 })
  .filter((all) => all.some((history) => history.slice(-2).length === 2 && history.at(-1)! >= 2));

/** Users with these training histories; behind each stands one event of the future. */
function datasetOf(all: readonly (readonly number[])[]): NextItemDataset {
  const offsets = [0];
  for (const history of all) offsets.push(offsets.at(-1)! + history.length + 1);
  return {
    ...cyclicDataset({ users: all.length }),
    itemCount: ITEMS,
    userCount: all.length,
    events: Int32Array.from(all.flatMap((history) => [...history, 7])),
    offsets: Int32Array.from(offsets),
    trainEnds: Int32Array.from(offsets.slice(1), (end) => end - 1),
  };
}

/** Inputs, mask and targets of one history in plain JavaScript; target 0 where there is none. */
function plainWindow(history: readonly number[], maxLength: number) {
  const inputs = history.slice(0, -1).slice(-maxLength);
  const targets = history.slice(1).slice(-maxLength);
  const padding = Array<number>(maxLength - inputs.length).fill(0);
  return {
    items: [...padding, ...inputs],
    mask: [...padding, ...inputs.map(() => 1)],
    targets: [...padding, ...targets.map((id) => (id >= 2 ? id : 0))],
  };
}

describe('windows of any histories', () => {
  it('are what a plain reading gives, and never show the future', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 10 }), (all, maxLength) => {
        const windows = new NextItemWindows(datasetOf(all), maxLength, 1);
        const { users } = windows;
        const plain = [...users].map((user) => plainWindow(all[user], maxLength));
        const size = users.length * maxLength;
        const total = [...users].reduce((sum, user) => sum + windows.positionsOf(user), 0);
        const items = new Int32Array(size).fill(-9);
        const mask = new Float32Array(size).fill(-9);
        const positions = new Int32Array(total);
        const targets = new Int32Array(total);
        windows.fill(users, items, mask, positions, targets);
        expect([...items]).toEqual(plain.flatMap((window) => window.items));
        expect([...mask]).toEqual(plain.flatMap((window) => window.mask));
        const asked = plain.flatMap((window) => window.targets);
        const places = [...asked.keys()].filter((place) => asked[place] > 0);
        expect([...positions]).toEqual(places);
        expect([...targets]).toEqual(places.map((place) => asked[place]));
        // Whoever is left out has nothing to be asked.
        all.forEach((history, user) => {
          const any = plainWindow(history, maxLength).targets.some((id) => id > 0);
          expect(users.includes(user)).toBe(any && history.length > 1);
        });
      }),
    );
  });

  it('are split in order, each part as full as the limit allows', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 12 }), (all, limit) => {
        const windows = new NextItemWindows(datasetOf(all), 4, 1);
        const parts = windows.split(windows.users, limit);
        expect(parts.flatMap((part) => [...part.users])).toEqual([...windows.users]);
        parts.forEach(({ users, positions }, p) => {
          const counts = [...users].map((user) => windows.positionsOf(user));
          expect(positions).toBe(counts.reduce((sum, count) => sum + count, 0));
          expect(positions <= limit || users.length === 1).toBe(true);
          const next = parts.at(p + 1);
          if (next !== undefined)
            expect(positions + windows.positionsOf(next.users[0])).toBeGreaterThan(limit);
        });
        const most = windows.mostPositions(2);
        for (let u = 1; u < windows.users.length; u += 1) {
          const pair = windows.positionsOf(windows.users[u - 1]) + windows.positionsOf(windows.users[u]);
          expect(pair).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('come in an order that is a function of seed and epoch', () => {
    const dataset = cyclicDataset({ users: 40 });
    const orderOf = (seed: number, epoch: number, worn = false): number[] => {
      const windows = new NextItemWindows(dataset, 4, seed);
      if (worn) windows.usersOf(epoch + 3, 0, 9);
      return [...windows.usersOf(epoch, 0, 25), ...windows.usersOf(epoch, 25, 50)];
    };
    const base = orderOf(1, 2);
    expect(base.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, user) => user));
    expect(orderOf(1, 2, true)).toEqual(base);
    expect(orderOf(1, 3)).not.toEqual(base);
    expect(orderOf(2, 2)).not.toEqual(base);
  });

  it.each([0, -1, ITEMS])('are refused with item %i, the user named', (id) => {
    for (const history of [
      [id, 3, 4],
      [3, id, 4],
      [3, 4, id],
    ]) {
      const windows = new NextItemWindows(datasetOf([[2, 3], history]), 4, 1);
      const size = 2 * 4;
      expect(() =>
        windows.fill(
          Int32Array.of(0, 1),
          new Int32Array(size),
          new Float32Array(size),
          new Int32Array(size),
          new Int32Array(size),
        ),
      ).toThrow(
        expect.objectContaining({
          code: 'ID_OUT_OF_RANGE',
          details: { field: 'item', row: 1, id, size: ITEMS },
        }),
      );
    }
  });
});
