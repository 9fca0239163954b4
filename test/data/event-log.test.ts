import { describe, expect, it } from 'vitest';
import { openSealed } from '../../src/data/index.js';
import type { ProjectConfig } from '../../src/schema/index.js';
import { faultOf, type Rows } from './fixtures.js';
import {
  encodeCtr,
  eventColumns,
  eventRows,
  handmade,
  splitsOf,
  start,
  type HandColumn,
} from './handmade.js';

/** Labels by row of the event table, the sealed ones included. */
async function labelsOf(
  rows: Rows,
  change: Partial<ProjectConfig> = {},
  columns: Readonly<Record<string, HandColumn>> = {},
): Promise<{ labels: number[]; warnings: readonly string[] }> {
  const { data, dir, warnings } = await encodeCtr(
    handmade({ log: { rows, columns: { ...eventColumns, ...columns } } }, change),
  );
  const labels: number[] = [];
  for (const source of splitsOf(data)) {
    const block = source.block(0);
    block.rowIds.forEach((row, i) => {
      if (block.labels !== undefined) labels[row] = block.labels[i];
    });
  }
  const sealed = openSealed(dir);
  sealed.rowIds.forEach((row, i) => void (labels[row] = sealed.labels?.[i] ?? Number.NaN));
  return { labels, warnings };
}

describe('labels', () => {
  it.each<[string, readonly (string | number)[], HandColumn]>([
    ['0 and 1', [0, 1], 'label'],
    ['0.0 and 1.0', ['0.0', '1.0'], { role: 'label', type: 'number' }],
    ['true and false', ['false', 'true'], { role: 'label', type: 'boolean' }],
    ['TRUE and FALSE', ['FALSE', 'TRUE'], { role: 'label', type: 'boolean' }],
  ])('are read from %s', async (_, words, label) => {
    const wanted = eventRows(20).map((row) => Number(row['label']));
    const rows = eventRows(20).map((row) => ({ ...row, label: words[Number(row['label'])] }));
    expect((await labelsOf(rows, {}, { label })).labels).toEqual(wanted);
  });

  it('are made by a rule, of numbers and of words', async () => {
    const rows = eventRows(20, (i) => ({ label: i % 6, kind: ['view', 'buy', "o'clock"][i % 3] }));
    const numbers = await labelsOf(rows, { label: { column: 'label', positive: 'label>=4' } });
    expect(numbers.labels).toEqual(rows.map((row) => (Number(row['label']) >= 4 ? 1 : 0)));
    const words = await labelsOf(
      rows,
      { label: { column: 'kind', positive: "kind='buy'" } },
      { label: 'meta', kind: 'label' },
    );
    expect(words.labels).toEqual(rows.map((row) => (row['kind'] === 'buy' ? 1 : 0)));
  });

  it('outside their range are refused by file, row and count, without the cell', async () => {
    const rows = eventRows(20, (i) => (i === 7 || i === 12 ? { label: 17 } : {}));
    const fault = await faultOf(labelsOf(rows));
    expect(fault).toMatchObject({
      code: 'LABEL_OUT_OF_RANGE',
      details: { column: 'label', row: 8, count: 2 },
    });
    expect(fault.message).not.toContain('17');
    const missing = eventRows(20, (i) => (i === 3 ? { label: null } : {}));
    expect(await faultOf(labelsOf(missing))).toMatchObject({
      code: 'LABEL_OUT_OF_RANGE',
      details: { row: 4 },
    });
  });

  it('of a rating keep their numbers within the range, ends included', async () => {
    const rows = eventRows(20, (i) => ({ label: 1 + (i % 9) / 2 }));
    const rating = { label: { role: 'rating', type: 'number' } } as const;
    const change: Partial<ProjectConfig> = { task: 'rating', label: { column: 'label', range: [1, 5] } };
    expect((await labelsOf(rows, change, rating)).labels).toEqual(rows.map((row) => row['label']));
    const narrow: Partial<ProjectConfig> = { ...change, label: { column: 'label', range: [1, 4.5] } };
    expect((await faultOf(labelsOf(rows, narrow, rating))).code).toBe('LABEL_OUT_OF_RANGE');
  });

  it('are needed for clicks', async () => {
    expect(await faultOf(labelsOf(eventRows(20), { label: undefined }))).toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(await faultOf(labelsOf(eventRows(20), { label: { column: 'nowhere' } }))).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'nowhere' },
    });
  });
});

describe('times', () => {
  it('that cannot be read are refused by file, row and count', async () => {
    const rows = eventRows(20, (i) => (i === 4 ? { ts: 'soon' } : i === 9 ? { ts: null } : {}));
    const fault = await faultOf(
      labelsOf(rows, {}, { ts: { role: 'timestamp', type: 'integer', unit: 'seconds' } }),
    );
    expect(fault).toMatchObject({ code: 'TIME_UNPARSABLE', details: { column: 'ts', row: 5, count: 2 } });
    expect(fault.message).not.toContain('soon');
  });

  it('of any unit order events alike', async () => {
    const wanted = await labelsOf(eventRows(20), { split: 'time', clock: 'ts' }, { part: 'meta' });
    const spellings: readonly (readonly [(second: number) => string | number, HandColumn])[] = [
      [(s) => s * 1000, { role: 'timestamp', type: 'integer', unit: 'milliseconds' }],
      [(s) => s * 1_000_000, { role: 'timestamp', type: 'integer', unit: 'microseconds' }],
      [(s) => `${s}.0`, { role: 'timestamp', type: 'number', unit: 'seconds' }],
      [(s) => new Date(s * 1000).toISOString(), { role: 'timestamp', type: 'timestamp', unit: 'timestamp' }],
      [
        (s) => `${new Date((s + 7200) * 1000).toISOString().slice(0, 19)}+02:00`,
        { role: 'timestamp', type: 'timestamp', unit: 'timestamp' },
      ],
    ];
    for (const [write, ts] of spellings) {
      const rows = eventRows(20).map((row) => ({ ...row, ts: write(Number(row['ts'])) }));
      expect((await labelsOf(rows, { split: 'time' }, { ts, part: 'meta' })).labels).toEqual(wanted.labels);
    }
  });

  it('are not needed where nothing goes by them', async () => {
    const rows = eventRows(20, (i) => (i === 4 ? { ts: 'soon' } : {}));
    const { labels } = await labelsOf(rows, { clock: undefined }, { ts: 'meta' });
    expect(labels).toHaveLength(20);
  });
});

describe('columns', () => {
  it('of which some cells are unreadable are said, and count as missing', async () => {
    const rows = eventRows(20, (i) => ({ x: i % 5 === 0 ? 'twelve' : i }));
    const x: HandColumn = { role: 'context', type: 'integer', encoding: { kind: 'bucket', buckets: 4 } };
    expect((await labelsOf(rows, {}, { x })).warnings).toContain('VALUES_UNREADABLE');
    const clean = eventRows(20, (i) => ({ x: i }));
    expect((await labelsOf(clean, {}, { x })).warnings).not.toContain('VALUES_UNREADABLE');
  });

  it('that automodel.json names and the file lacks are refused by name', async () => {
    const made = handmade({ log: { rows: eventRows(20), columns: { ...eventColumns, ghost: 'context' } } });
    expect(await faultOf(encodeCtr(made))).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'ghost' },
    });
  });

  it('that automodel.json does not name are left alone', async () => {
    const rows = eventRows(20, (i) => ({ extra: `e${i}` }));
    const { data } = await encodeCtr(handmade({ log: { rows, columns: eventColumns } }));
    expect(data.fields.map(({ name }) => name)).not.toContain('extra');
    expect(Number(rows[0]['ts'])).toBe(start);
  });
});
