import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST_VALUE_ID, UNKNOWN_ID, type ColumnType, type Encoding } from '../../src/schema/index.js';
import { encodeCtr, eventColumns, eventRows, handmade, valuesOf } from './handmade.js';
import { LogBench } from './log-bench.js';

let bench: LogBench;
beforeAll(async () => {
  bench = await LogBench.open();
});
afterAll(() => bench.close());

type Cell = string | number | null;

/** Encodes a column of which the first cells are training, the last two validation and test. */
async function encode(
  cells: readonly Cell[],
  encoding: Encoding,
  type: ColumnType,
): Promise<{ ids: number[]; size: number | undefined; warnings: readonly string[] }> {
  const rows = eventRows(cells.length, (i) => ({
    part: i < cells.length - 2 ? 'train' : i === cells.length - 2 ? 'valid' : 'test',
    x: cells[i],
  }));
  const columns = { ...eventColumns, x: { role: 'context', type, encoding } } as const;
  const { values, sizes, warnings } = await bench.run(rows, columns, {}, true);
  return { ids: cells.map((_, row) => Number(values.get('x')?.get(row))), size: sizes.get('x'), warnings };
}

describe('a value that cannot be', () => {
  it.each([
    ['bucket', { kind: 'bucket', buckets: 4 }],
    ['log', { kind: 'log' }],
    ['standardise', { kind: 'standardise' }],
  ] as const)('is missing when it is NaN or no number at all: %s', async (_, encoding) => {
    const cells = [1, 2, 3, 4, 'nan', null, 'rubbish', 8, 'nan', 'rubbish'];
    const { ids, warnings } = await encode(cells, encoding, 'number');
    expect(new Set([ids[4], ids[5], ids[6], ids[8], ids[9]]).size).toBe(1);
    expect(ids[5]).not.toBe(ids[3]);
    expect(warnings).toContain('VALUES_UNREADABLE');
  });

  it.each([
    ['bucket', { kind: 'bucket', buckets: 4 }],
    ['log', { kind: 'log' }],
    ['standardise', { kind: 'standardise' }],
  ] as const)('does not stop the encoding when it is infinite: %s', async (_, encoding) => {
    const { ids } = await encode([1, 2, 3, 4, 'inf', '-inf', 7, 8, 'inf', '-inf'], encoding, 'number');
    for (const id of ids) expect(Number.isFinite(id)).toBe(true);
    expect(ids[8]).toBe(ids[4]);
    expect(ids[9]).toBe(ids[5]);
  });

  it.each([
    ['bucket', { kind: 'bucket', buckets: 4 }],
    ['log', { kind: 'log' }],
    ['standardise', { kind: 'standardise' }],
  ] as const)('does not stop the encoding when it is absurdly large: %s', async (_, encoding) => {
    const { ids } = await encode([1, 2, 3, 4, 5, 6, 7, 8, 1e300, -1e300], encoding, 'number');
    for (const id of ids) expect(Number.isFinite(id)).toBe(true);
    const trained = await encode([1, 2, 3, 4, 5, 6, 1e300, -1e300, 3, 1e300], encoding, 'number');
    for (const id of trained.ids) expect(Number.isFinite(id)).toBe(true);
    expect(trained.ids[0]).not.toBe(trained.ids[5]);
  });
});

describe('log bins', () => {
  it('keep small counts apart, grow with the square of the logarithm, and know the sign', async () => {
    const cells = [0, 1, 2, 3, 6, 7, 20, 21, 1000, 1001, -3, -1000, 3, 1_000_000];
    const { ids } = await encode([...cells, 20, 5_000_000], { kind: 'log' }, 'integer');
    const bin = (n: number): number => Math.sign(n) * Math.floor(Math.log(1 + Math.abs(n)) ** 2);
    const names = new Map<number, number>();
    for (const [row, n] of cells.entries()) {
      expect(names.get(bin(n)) ?? ids[row]).toBe(ids[row]);
      names.set(bin(n), ids[row]);
    }
    expect(new Set(names.values()).size).toBe(names.size);
    expect(ids[14]).toBe(names.get(bin(20)));
    // a bin that training never saw
    expect(ids[15]).toBe(UNKNOWN_ID);
  });

  it('are finer than decades and coarser than numbers', async () => {
    const cells = Array.from({ length: 400 }, (_, i) => i * 25);
    const { size } = await encode(cells, { kind: 'log' }, 'integer');
    expect(size).toBeGreaterThan(20);
    expect(size).toBeLessThan(90);
  });
});

describe('missing cells', () => {
  it('have an id of their own when training had enough of them, and are unknown otherwise', async () => {
    const often = await encode(
      ['a', null, null, 'a', 'a', null, 'x', null],
      { kind: 'categorical' },
      'string',
    );
    expect(often.ids[1]).toBeGreaterThanOrEqual(FIRST_VALUE_ID);
    expect(often.ids[7]).toBe(often.ids[1]);
    expect(often.ids[6]).toBe(UNKNOWN_ID);
    const seldom = await encode(
      ['a', null, 'b', 'a', 'a', 'b', 'x', null],
      { kind: 'categorical', minCount: 2 },
      'string',
    );
    expect(seldom.ids[1]).toBe(UNKNOWN_ID);
    expect(seldom.ids[7]).toBe(UNKNOWN_ID);
    const never = await encode(['a', 'b', 'a', 'b', null, null], { kind: 'categorical' }, 'string');
    expect(never.ids.slice(4)).toEqual([UNKNOWN_ID, UNKNOWN_ID]);
  });

  it('are not the text "null", nor the empty text of JSON', async () => {
    const rows = eventRows(10, (i) => ({
      x: ['', null, 'null', 'NULL', '', null, 'null', 'NULL', '', null][i],
    }));
    const { data } = await encodeCtr(
      handmade({
        log: {
          rows,
          format: 'jsonl',
          columns: { ...eventColumns, x: { role: 'context', encoding: { kind: 'categorical' } } },
        },
      }),
    );
    const ids = valuesOf(data, 'x');
    expect(new Set([0, 1, 2, 3].map((row) => ids.get(row))).size).toBe(4);
    for (let row = 4; row < 10; row += 1) expect(ids.get(row)).toBe(ids.get(row % 4));
  });
});

describe('hours and weekdays', () => {
  it.each([
    ['2020-09-13T12:26:40Z', 0, 12, 0],
    ['2020-09-13T23:59:59Z', 60, 0, 1],
    ['2020-09-14T00:00:00Z', -60, 23, 0],
    ['1970-01-01T00:00:00Z', 0, 0, 4],
    ['1969-12-31T23:30:00Z', 0, 23, 3],
    ['1969-12-28T00:00:01Z', 0, 0, 0],
  ])('of %s at %i minutes are hour %i and weekday %i', async (time, utcOffsetMinutes, hour, weekday) => {
    // The hours and weekdays of one week, each known to training, and the time in question.
    const week = Array.from({ length: 24 * 7 }, (_, i) => new Date(Date.UTC(2020, 8, 6, i)));
    const times = [...week.map((date) => date.toISOString()), time, time];
    const rows = eventRows(times.length, (i) => ({
      ts: times[i],
      part: i < week.length ? 'train' : i === week.length ? 'valid' : 'test',
    }));
    const clock = { role: 'timestamp', type: 'timestamp', unit: 'timestamp' } as const;
    const { values } = await bench.run(
      rows,
      { ...eventColumns, ts: clock },
      { timeFeatures: { enabled: true, utcOffsetMinutes } },
      true,
    );
    const shifted = week.map((date) => new Date(date.getTime() + utcOffsetMinutes * 60_000));
    const sameHour = shifted.findIndex((date) => date.getUTCHours() === hour);
    const sameDay = shifted.findIndex((date) => date.getUTCDay() === weekday);
    const [hours, weekdays] = [values.get('hour'), values.get('weekday')];
    expect(hours?.get(week.length)).toBe(hours?.get(sameHour));
    expect(weekdays?.get(week.length)).toBe(weekdays?.get(sameDay));
    expect(new Set(hours?.values()).size).toBe(24);
    expect(new Set(weekdays?.values()).size).toBe(7);
  });
});
