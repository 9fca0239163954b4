import { describe, expect, it } from 'vitest';
import { withEveryColumn } from '../../../src/data/probes/table-subject.js';
import { handConfig } from '../handmade.js';
import { plantedRows, withSubject, type Planted } from './planted.js';

const log = plantedRows({ rows: 1000, users: 40, items: 30 });

describe('what probes look at', () => {
  it('has every column that could be read, whatever its role, and says whether models see it', async () => {
    const planted: Planted = {
      log,
      more: ({ index, label }) => ({
        plain: index % 3,
        skipped: index % 3,
        request: index,
        played: label,
        written: log[index].ts,
        note: 'some words',
      }),
      columns: {
        skipped: { role: 'context', encoding: { kind: 'skip' } },
        request: 'meta',
        played: { role: 'signal', accepted: true },
        written: 'timestamp',
        note: 'text',
      },
      tables: {
        items: {
          rows: Array.from({ length: 30 }, (_, item) => ({ item, price: item, shown: item })),
          columns: { item: 'item_id', price: 'item_feature', shown: 'leak' },
          join: [{ column: 'item', eventColumn: 'item' }],
        },
      },
    };
    const seen = await withSubject(planted, async ({ columns }) =>
      columns.map(({ key, isInput, isAccepted, isNumeric, side }) => [
        key,
        isInput,
        isAccepted,
        isNumeric,
        side?.table.name,
      ]),
    );
    expect(seen).toEqual([
      ['log.user', true, false, true, undefined],
      ['log.item', true, false, true, undefined],
      ['log.plain', true, false, true, undefined],
      ['log.skipped', false, false, true, undefined],
      ['log.request', false, false, true, undefined],
      ['log.played', false, true, true, undefined],
      ['log.written', false, false, true, undefined],
      ['items.price', true, false, true, 'items'],
      ['items.shown', false, false, true, 'items'],
    ]);
  });

  it('is read under a configuration that changes roles and encodings of columns alone', () => {
    const config = handConfig({
      log: {
        rows: [{ user: 1, item: 2, ts: 3, label: 1, day: 4, tags: 'a' }],
        columns: {
          user: 'user_id',
          item: 'item_id',
          ts: 'timestamp',
          label: 'label',
          day: 'order',
          tags: { role: 'leak', type: 'other' },
        },
      },
    });
    const { columns, ...rest } = withEveryColumn(config);
    const { columns: before, ...others } = config;
    expect(rest).toEqual(others);
    expect(Object.entries(columns).map(([key, { role }]) => [key, role])).toEqual([
      ['log.user', 'user_id'],
      ['log.item', 'item_id'],
      ['log.ts', 'timestamp'],
      ['log.label', 'label'],
      ['log.day', 'context'],
      ['log.tags', 'leak'],
    ]);
    expect(before['log.day'].role).toBe('order');
  });

  it('has no label of a test row, and counts the others', async () => {
    await withSubject({ log }, async ({ bench, classes, rows, isInTime, splits }) => {
      expect(
        await bench.numbers(
          'SELECT count(*) FILTER (split = 2)::DOUBLE, count(y) FILTER (split = 2)::DOUBLE FROM base',
        ),
      ).toEqual([100, 0]);
      expect(await bench.numbers('SELECT count(y) FILTER (split = 2)::DOUBLE FROM audited')).toEqual([0]);
      const known = log.slice(0, 900).map(({ label }) => label);
      const positives = known.filter((label) => label === 1).length;
      expect(await classes()).toEqual([positives, 900 - positives]);
      expect([rows, isInTime, splits.rows]).toEqual([1000, true, { train: 800, validation: 100, test: 100 }]);
      // Nothing else of the event table is left to be asked.
      await expect(bench.numbers('SELECT count(*) FROM events')).rejects.toThrow();
    });
  });

  it('cuts ratings at their mean over training rows', async () => {
    const rated = log.map((row) => ({ ...row, label: row.index < 800 ? 1 + (row.index % 4) : 5 }));
    const counts = await withSubject(
      {
        log: rated,
        columns: { label: 'rating' },
        change: { task: 'rating', label: { column: 'label', range: [1, 5] } },
      },
      ({ classes }) => classes(),
    );
    // The mean of 1, 2, 3, 4 is 2.5; all 100 validation rows are above it.
    expect(counts).toEqual([500, 400]);
  });

  it('is a share of the rows where they are many, the same at every look', async () => {
    const drawn = () =>
      withSubject({ log, mostRows: 300 }, async ({ bench, rows }) => {
        const list = await bench.engine.rows('SELECT row::DOUBLE FROM audited ORDER BY row');
        expect(list).toHaveLength(rows);
        return list.map(([row]) => Number(row));
      });
    const once = await drawn();
    expect(once.length).toBeGreaterThan(190);
    expect(once.length).toBeLessThan(320);
    expect(await drawn()).toEqual(once);
  });
});
