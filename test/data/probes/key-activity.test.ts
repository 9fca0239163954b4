import { describe, expect, it } from 'vitest';
import { keyActivity, keyColumns, type KeyActivity } from '../../../src/data/probes/key-activity.js';
import type { TableSubject } from '../../../src/data/probes/table-subject.js';
import { plantedRows, withSubject, type PlantedRow } from './planted.js';

const log = plantedRows({ rows: 12_000, users: 200, items: 40 });
/** Split in time: the last 2,400 rows are judged. The windows are the rows 7,200 to 9,599 and 9,600 to 11,999. */
const windows = { past: [0, 7200], before: [7200, 9600], after: [9600, 12_000] } as const;

async function itemActivity(subject: TableSubject): Promise<{ found: KeyActivity; items: number[] }> {
  const item = subject.log.item ?? '';
  const found = await keyActivity(subject, item, subject.log.user ?? 'row');
  if (found === undefined) throw new Error('expected activity');
  const keys = await subject.bench.engine.rows('SELECT key::DOUBLE FROM activity ORDER BY place');
  return { found, items: keys.map(([key]) => Number(key)) };
}

const within = ([from, to]: readonly [number, number], item: number): PlantedRow[] =>
  log.slice(from, to).filter((row) => row.item === item);

describe('activity of keys', () => {
  it('counts two equally long windows at the boundary and all that lies before, in halves', async () => {
    await withSubject({ log }, async (subject) => {
      const { found, items } = await itemActivity(subject);
      expect(found.keys).toBe(40);
      for (const [place, item] of items.entries()) {
        for (const name of ['past', 'before', 'after'] as const) {
          const halves = found.counts[name].map((half) => Math.round(Math.expm1(half[place])));
          const rows = within(windows[name], item).length;
          // A half without events has no cell.
          expect(halves.reduce((sum, half) => sum + (half || 0), 0)).toBe(rows);
        }
      }
      expect(new Set(found.counts.blocks).size).toBeGreaterThan(15);
    });
  });

  it('has label rates of the same keys, and none from test rows', async () => {
    await withSubject({ log }, async (subject) => {
      const { found, items } = await itemActivity(subject);
      const rates = found.rates;
      expect(rates?.blocks).toEqual(found.counts.blocks);
      // Of the later window only the 1,200 validation rows have labels, so the window before is as short.
      for (const [place, item] of items.entries()) {
        for (const [name, range] of [
          ['before', [8400, 9600]],
          ['after', [9600, 10_800]],
        ] as const) {
          const labels = within(range, item).map(({ label }) => label);
          const [a, b] = rates?.[name].map((half) => half[place]) ?? [];
          if (Number.isNaN(a) || Number.isNaN(b)) continue;
          const mean = labels.reduce((sum: number, label) => sum + label, 0) / labels.length;
          expect(mean).toBeGreaterThanOrEqual(Math.min(a, b) - 1e-12);
          expect(mean).toBeLessThanOrEqual(Math.max(a, b) + 1e-12);
        }
      }
    });
  });

  it('says nothing of windows below a thousand events', async () => {
    await withSubject({ log: log.slice(0, 4000) }, async (subject) => {
      expect(await keyActivity(subject, subject.log.item ?? '', 'row')).toBeUndefined();
    });
  });

  it('has no rates for next items, and takes the last fifth where the split is none in time', async () => {
    await withSubject(
      {
        log,
        columns: { label: 'meta' },
        change: { task: 'next-item', label: undefined, split: 'leave-one-out' },
      },
      async (subject) => {
        expect(subject.isInTime).toBe(false);
        const { found, items } = await itemActivity(subject);
        expect(found.rates).toBeUndefined();
        const total = (halves: readonly Float64Array[]): number =>
          items.reduce(
            (sum, _, place) =>
              sum + halves.reduce((s, half) => s + (Math.round(Math.expm1(half[place])) || 0), 0),
            0,
          );
        expect(total(found.counts.after)).toBeGreaterThan(2390);
        expect(total(found.counts.after)).toBeLessThan(2410);
        expect(Math.abs(total(found.counts.before) - total(found.counts.after))).toBeLessThanOrEqual(1);
      },
    );
  });

  it('puts columns of a table beside the keys, missing ones as NaN', async () => {
    await withSubject({ log }, async (subject) => {
      const { found, items } = await itemActivity(subject);
      const [double, none] = await keyColumns(
        subject.bench,
        found.keys,
        'SELECT i::BIGINT AS key, 2 * i AS d, NULL AS n FROM range(39) t(i)',
        ['d', 'n'],
      );
      expect([...double]).toEqual(items.map((item) => (item < 39 ? 2 * item : Number.NaN)));
      expect(none.every(Number.isNaN)).toBe(true);
    });
  });
});
