import { describe, expect, it } from 'vitest';
import { readOrderedEvents } from '../../src/data/index.js';
import { handmade } from './handmade.js';

describe('events in order', () => {
  it('are those of training and validation, by user and time, ties in the order of the file', async () => {
    const rows = [
      ['b', 'x', 30],
      ['a', 'y', 20],
      ['a', 'x', 10],
      ['b', 'z', 10],
      ['a', 'z', 20],
      ['b', 'y', 40],
      ['a', 'w', 90],
      ['b', 'w', 95],
    ].map(([user, item, second]) => ({ user, item, ts: 1_600_000_000 + Number(second) }));
    const { dir, config } = handmade(
      { log: { rows, columns: { user: 'user_id', item: 'item_id', ts: 'timestamp' } } },
      { task: 'next-item', label: undefined, split: 'leave-one-out' },
    );
    const { users, items, moments, itemCount } = await readOrderedEvents({ projectDir: dir, config });
    const known = ['x', 'y', 'z'];
    expect([...users]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(Array.from(items, (item) => known[item])).toEqual(['x', 'y', 'z', 'z', 'x', 'y']);
    expect([...moments]).toEqual([0, 1, 1, 0, 1, 2]);
    expect(itemCount).toBe(3);
  });
});
