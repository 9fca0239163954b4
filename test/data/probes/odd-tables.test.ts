import { describe, expect, it } from 'vitest';
import { tableProbes, encodingProbes } from '../../../src/data/index.js';
import { handmade } from '../handmade.js';
import { auditTables } from '../../../src/data/index.js';
import { look, plantedRows, type Planted } from './planted.js';

const probes = [...tableProbes, ...encodingProbes];
const log = plantedRows({ rows: 800, users: 30, items: 120 });

/** A cell of every type, with gaps, extremes and names that SQL would stumble over. */
const odd: Planted = {
  log,
  more: ({ index, ts }, rng) => ({
    'a "quoted" name': index % 3,
    "it's; drop table": `x${index % 5}'`,
    day: index % 9 === 0 ? null : `2022-05-${String(1 + (index % 28)).padStart(2, '0')}`,
    moment: new Date((ts - 5000) * 1000).toISOString().slice(0, 19),
    flag: index % 4 === 0 ? 'true' : index % 4 === 1 ? null : 'false',
    huge: 9_007_199_254_740_991 - index,
    tiny: rng.normal() * 1e-300,
    empty: null,
    tags: index % 2 === 0 ? 'a|b' : 'c',
    written: ts,
  }),
  columns: {
    day: { role: 'context', type: 'date' },
    moment: { role: 'context', type: 'timestamp' },
    flag: { role: 'context', type: 'boolean' },
    empty: { role: 'context', type: 'string' },
    tags: { role: 'context', type: 'string', encoding: { kind: 'multi', separator: '|', maxValues: 4 } },
    written: 'timestamp',
  },
};

describe('odd tables', () => {
  it('go through every probe: each type, gaps, extremes, hostile names', async () => {
    const { runs, findings } = await look(odd, ...probes);
    expect(runs).toHaveLength(probes.length);
    expect(findings.filter(({ severity }) => severity !== 'low')).toEqual([]);
    const skipped = runs.filter(({ outcome }) => outcome === 'skipped').map(({ probe }) => probe);
    expect(skipped.toSorted()).toEqual(['later-aggregate', 'seen-before']);
  });

  it('go through as ratings, as next items, and split at random', async () => {
    const rated = await look(
      {
        ...odd,
        log: log.map((row) => ({ ...row, label: 1 + row.label * 2 + (row.index % 3) })),
        columns: { ...odd.columns, label: 'rating' },
        change: { task: 'rating', label: { column: 'label', range: [1, 5] }, split: 'random' },
      },
      ...probes,
    );
    expect(rated.runs).toHaveLength(probes.length);
    const sequences = await look(
      {
        ...odd,
        columns: { ...odd.columns, label: 'meta' },
        change: { task: 'next-item', label: undefined, split: 'leave-one-out' },
      },
      ...probes,
    );
    expect(sequences.findings.filter(({ severity }) => severity !== 'low')).toEqual([]);
  });

  it('go through without users, items and clock, with a dozen rows, and with one user', async () => {
    for (const [rows, columns] of [
      [60, { label: 'label', place: 'context', part: 'split' }],
      [12, { label: 'label', place: 'context', part: 'split' }],
      [
        60,
        {
          label: 'label',
          place: 'context',
          part: 'split',
          user: 'user_id',
          item: 'item_id',
          ts: 'timestamp',
        },
      ],
    ] as const) {
      const { dir, config } = handmade(
        {
          log: {
            rows: Array.from({ length: rows }, (_, n) => ({
              label: n % 2,
              place: n % 5,
              part: ['train', 'train', 'train', 'train', 'valid', 'valid', 'test', 'test'][n % 8],
              user: 'u',
              item: `i${n % 3}`,
              ts: 1_600_000_000 + n,
            })),
            columns,
          },
        },
        { clock: 'ts' in columns ? 'ts' : undefined },
      );
      const { probes: runs } = await auditTables({ projectDir: dir, config, probes });
      expect(runs).toHaveLength(probes.length);
    }
  });

  it('go through with numbers that are none or endless, times without end, and a column of each extreme', async () => {
    const cells = ['NaN', 'inf', '-inf', '1e308', '-1e308', '0', '', '1e-320'];
    const { runs, findings } = await look(
      {
        log,
        more: ({ index }) => ({
          number: cells[index % cells.length] || null,
          other: cells[(index * 3) % cells.length] || null,
          moment: ['infinity', '-infinity', null, '2020-09-13 12:00:00', '0001-01-01', '9999-12-31'][
            index % 6
          ],
          largest: index % 2 === 0 ? '9223372036854775807' : '-9223372036854775808',
          never: index % 7 === 0 ? null : 'infinity',
        }),
        columns: {
          number: { role: 'context', type: 'number' },
          other: { role: 'context', type: 'number' },
          moment: { role: 'context', type: 'timestamp' },
          largest: { role: 'context', type: 'integer' },
          never: { role: 'context', type: 'timestamp' },
        },
      },
      ...tableProbes,
    );
    expect(runs.filter(({ reason }) => reason !== null).map(({ probe }) => probe)).toEqual([
      'later-aggregate',
      'seen-before',
    ]);
    expect(findings.filter(({ severity }) => severity !== 'low')).toEqual([]);
  });

  it('go through as one user on one day, and are refused without rows to judge', async () => {
    const day = log.map((row) => ({ ...row, user: 1, ts: log[0].ts + row.index }));
    const { runs, findings } = await look(
      { log: day, more: ({ index }) => ({ place: index % 4 }) },
      ...tableProbes,
    );
    expect(runs).toHaveLength(tableProbes.length);
    expect(findings.filter(({ severity }) => severity !== 'low')).toEqual([]);
    const train = { log, more: () => ({ part: 'train' }), columns: { part: 'split' } } as const;
    await expect(look({ ...train, change: { split: 'column:part' } }, ...tableProbes)).rejects.toMatchObject({
      code: 'SPLIT_EMPTY',
    });
  });
});
