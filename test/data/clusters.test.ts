import { describe, expect, it } from 'vitest';
import type { ProjectConfig } from '../../src/schema/index.js';
import type { Rows } from './fixtures.js';
import { encodeCtr, eventColumns, eventRows, handmade, splitsOf, type HandColumn } from './handmade.js';

/** Row of the event table → cluster, with the split it is in. */
async function clusters(
  rows: Rows,
  columns: Readonly<Record<string, HandColumn>>,
  change: Partial<ProjectConfig> = {},
): Promise<{ of: Map<number, { cluster: number; split: string }>; count: number; by: string }> {
  const { data } = await encodeCtr(handmade({ log: { rows, columns } }, change));
  const of = new Map<number, { cluster: number; split: string }>();
  for (const source of splitsOf(data)) {
    const block = source.block(0);
    block.rowIds.forEach((row, i) => of.set(row, { cluster: block.users[i], split: source.name }));
  }
  return { of, count: data.userCount, by: data.contract.clusterBy };
}

const { user: _user, ...withoutUser } = eventColumns;

describe('clusters of rows', () => {
  it('are users, numbered by their first row, over all splits alike', async () => {
    const rows = eventRows(30, (i) => ({ user: [30, 10, 20][i % 3] + (i > 25 ? 100 : 0) }));
    const { of, count, by } = await clusters(rows, eventColumns);
    expect([by, count]).toEqual(['user', 6]);
    const firsts = new Map<unknown, number>();
    rows.forEach((row, i) => {
      if (!firsts.has(row['user'])) firsts.set(row['user'], firsts.size);
      expect(of.get(i)?.cluster).toBe(firsts.get(row['user']));
    });
  });

  it('put rows without a user together, and apart from all users', async () => {
    const rows = eventRows(30, (i) => ({ user: i % 4 === 0 ? null : i % 3 }));
    const { of, count } = await clusters(rows, eventColumns);
    const nobody = new Set([...of].filter(([row]) => row % 4 === 0).map(([, { cluster }]) => cluster));
    const known = new Set([...of].filter(([row]) => row % 4 !== 0).map(([, { cluster }]) => cluster));
    expect([nobody.size, known.size, count]).toEqual([1, 3, 4]);
    expect([...nobody].some((cluster) => known.has(cluster))).toBe(false);
  });

  it('are blocks of time where there are no users: equal, in order, inside one split', async () => {
    // 400 rows: 280 training rows in 5 blocks, and 2 blocks in each of the other splits
    const rows = eventRows(400, (i) => ({ ts: 1_600_000_000 + ((i * 37) % 400) }));
    const { of, count, by } = await clusters(rows, withoutUser);
    expect([by, count]).toEqual(['time-block', 9]);
    const members = new Map<number, { split: string; time: number }[]>();
    for (const [row, { cluster, split }] of of) {
      const time = Number(rows[row]['ts']);
      members.set(cluster, [...(members.get(cluster) ?? []), { split, time }]);
    }
    let before: { split: string; last: number } | undefined;
    for (let cluster = 0; cluster < count; cluster += 1) {
      const own = members.get(cluster) ?? [];
      expect(new Set(own.map(({ split }) => split)).size).toBe(1);
      expect(own.length).toBe(own[0].split === 'train' ? 56 : 30);
      const times = own.map(({ time }) => time);
      if (before?.split === own[0].split) expect(Math.min(...times)).toBeGreaterThan(before.last);
      before = { split: own[0].split, last: Math.max(...times) };
    }
  });

  it('are blocks of rows without users and time, two at least in a split', async () => {
    const { of, count, by } = await clusters(
      eventRows(40),
      { ...withoutUser, ts: 'meta' },
      { clock: undefined },
    );
    expect([by, count]).toEqual(['row-block', 6]);
    let last = -1;
    for (let row = 0; row < 40; row += 1) {
      const cluster = of.get(row)?.cluster ?? -1;
      expect(cluster === last || cluster === last + 1).toBe(true);
      last = cluster;
    }
  });
});
