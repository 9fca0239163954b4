import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { splitNames, type ProjectConfig, type SplitName } from '../../src/schema/index.js';
import { faultOf, type Rows } from './fixtures.js';
import type { HandColumn } from './handmade.js';
import { LogBench, type BenchResult } from './log-bench.js';

type Row = Record<string, string | number | null>;

let bench: LogBench;
beforeAll(async () => {
  bench = await LogBench.open();
});
afterAll(() => bench.close());

const columns = { user: 'user_id', item: 'item_id', ts: 'timestamp', label: 'label' } as const;

/** Splits a log and says for each row where it went; rows that are in no split have no entry. */
function place(
  rows: Rows,
  split: string,
  more: Readonly<Record<string, HandColumn>> = {},
  change: Partial<ProjectConfig> = {},
): Promise<BenchResult> {
  return bench.run(rows, { ...columns, ...more }, { split, ...change });
}

/** Rows that no two of are equal, so that nothing is a duplicate. */
const unlike = (rows: readonly Row[]): Rows => rows.map((row, i) => ({ ...row, serial: i }));

const anEvent = fc.record({
  user: fc.integer({ min: 0, max: 3 }),
  item: fc.integer({ min: 0, max: 5 }),
  ts: fc.integer({ min: 1_600_000_000, max: 1_600_000_040 }),
  label: fc.integer({ min: 0, max: 1 }),
});
const events = fc.array(anEvent, { minLength: 30, maxLength: 60 });

/** Runs a drawn log, or says that the rule left a part empty: that is an answer too. */
async function placed(
  rows: Rows,
  split: string,
  more?: Readonly<Record<string, HandColumn>>,
): Promise<ReadonlyMap<number, SplitName> | 'empty'> {
  const outcome = await place(rows, split, more).catch((error: unknown) => error as { code: string });
  if ('code' in outcome) {
    expect(outcome.code).toBe('SPLIT_EMPTY');
    return 'empty';
  }
  return outcome.splits;
}

function expectPlaces(
  found: ReadonlyMap<number, SplitName> | 'empty',
  rows: Rows,
  expected: (row: Row, index: number) => SplitName | undefined,
): void {
  const wanted = rows.map((row, index) => expected(row, index));
  const names = new Set(wanted.filter((name) => name !== undefined));
  if (found === 'empty') {
    expect(names.size).toBeLessThan(3);
    return;
  }
  expect(names.size).toBe(3);
  wanted.forEach((name, row) => expect([row, found.get(row)]).toEqual([row, name]));
}

describe('splits, against what a person would write down', () => {
  it('by time at given moments', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.integer({ min: 5, max: 20 }),
        fc.integer({ min: 1, max: 15 }),
        async (drawn, first, more) => {
          const rows = unlike(drawn);
          const [low, high] = [1_600_000_000 + first, 1_600_000_000 + first + more];
          expectPlaces(await placed(rows, `time@${low},${high}`), rows, (row) =>
            Number(row['ts']) < low ? 'train' : Number(row['ts']) < high ? 'validation' : 'test',
          );
        },
      ),
      { numRuns: 6 },
    );
  });

  it('by time alone: at most 80 and 90 % lie strictly before, and equal times stay together', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (drawn) => {
        const rows = unlike(drawn);
        const sorted = rows.map((row) => Number(row['ts'])).sort((a, b) => a - b);
        const low = sorted[Math.floor(0.8 * sorted.length)];
        const high = sorted[Math.floor(0.9 * sorted.length)];
        const found =
          low < high
            ? await placed(rows, 'time')
            : await place(rows, 'time').then(
                (result) => result.splits,
                () => 'empty' as const,
              );
        if (low >= high) {
          expect(found).toBe('empty');
          return;
        }
        expectPlaces(found, rows, (row) =>
          Number(row['ts']) < low ? 'train' : Number(row['ts']) < high ? 'validation' : 'test',
        );
      }),
      { numRuns: 6 },
    );
  });

  it('by a column of numbers, of decimals and of text', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.constantFrom<readonly [string, (n: number) => string | number, string, string]>(
          ['integer', (n) => n, '3', '6'],
          ['number', (n) => n + 0.5, '3.5', '6.25'],
          ['string', (n) => `k${n}`, 'k3', 'k6'],
        ),
        async (drawn, [type, write, low, high]) => {
          const rows = unlike(
            drawn.map((row, i) => ({ ...row, key: i % 11 === 7 ? null : write((i * 7) % 9) })),
          );
          const less = (a: string | number, b: string): boolean =>
            typeof a === 'number' ? a < Number(b) : a < b;
          const found = await placed(rows, `column:key@${low},${high}`, {
            key: { role: 'context', type: type as 'integer' | 'number' | 'string' },
          });
          expectPlaces(found, rows, ({ key }) =>
            key === null ? undefined : less(key, low) ? 'train' : less(key, high) ? 'validation' : 'test',
          );
        },
      ),
      { numRuns: 6 },
    );
  });

  it('by leave-one-out: the last two events of every user who has three', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (drawn) => {
        const rows = unlike(drawn);
        expectPlaces(await placed(rows, 'leave-one-out'), rows, (row, index) => {
          const own = rows
            .map((other, at) => ({ ...other, at }))
            .filter((other) => (other as Row)['user'] === row['user'])
            .sort((a, b) => Number((a as Row)['ts']) - Number((b as Row)['ts']) || a.at - b.at);
          if (own.length < 3) return 'train';
          const fromEnd = own.length - 1 - own.findIndex(({ at }) => at === index);
          return fromEnd === 0 ? 'test' : fromEnd === 1 ? 'validation' : 'train';
        });
      }),
      { numRuns: 6 },
    );
  });

  it('by an order column: rows without one are left out', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (drawn) => {
        const rows = unlike(drawn.map((row, i) => ({ ...row, turn: i % 7 === 3 ? null : (i * 37) % 101 })));
        const found = await placed(rows, 'leave-one-out:order=turn', {
          turn: { role: 'order', type: 'integer' },
        });
        expectPlaces(found, rows, (row, index) => {
          if (row['turn'] === null) return undefined;
          const own = rows
            .map((other, at) => ({ ...other, at }) as Row & { at: number })
            .filter((other) => other['user'] === row['user'] && other['turn'] !== null)
            .sort((a, b) => Number(a['turn']) - Number(b['turn']) || a.at - b.at);
          if (own.length < 3) return 'train';
          const fromEnd = own.length - 1 - own.findIndex(({ at }) => at === index);
          return fromEnd === 0 ? 'test' : fromEnd === 1 ? 'validation' : 'train';
        });
      }),
      { numRuns: 6 },
    );
  });

  it('at random: every row once, about 80/10/10, and the same again', async () => {
    const rows = unlike(
      Array.from({ length: 2000 }, (_, i) => ({
        user: i % 5,
        item: i % 7,
        ts: 1_600_000_000 + i,
        label: i % 2,
      })),
    );
    const { splits } = await place(rows, 'random:7');
    expect(splits.size).toBe(2000);
    const count = (name: SplitName): number => [...splits.values()].filter((s) => s === name).length;
    expect(Math.abs(count('train') - 1600)).toBeLessThan(90);
    expect(Math.abs(count('validation') - 200)).toBeLessThan(70);
    const again = await place([...rows, { ...rows[0], serial: 2000 }], 'random:7');
    // a row that is appended moves none of those before it
    for (let row = 0; row < 2000; row += 1) expect(again.splits.get(row)).toBe(splits.get(row));
  });
});

describe('a split that cannot be', () => {
  const rows = unlike(
    Array.from({ length: 30 }, (_, i) => ({ user: i % 3, item: i % 5, ts: 1_600_000_000 + i, label: i % 2 })),
  );
  const refused = async (
    split: string,
    more: Readonly<Record<string, HandColumn>> = {},
    change: Partial<ProjectConfig> = {},
  ): Promise<string> => (await faultOf(place(rows, split, more, change))).code;

  it.each([
    ['time@1600000020,1600000010', 'SPLIT_EMPTY'],
    ['time@1600000010,1600000010', 'SPLIT_EMPTY'],
    ['time@1500000000,1500000010', 'SPLIT_EMPTY'],
    ['time@1600000010,1700000000', 'SPLIT_EMPTY'],
    ['time@yesterday,today', 'CONFIG_INVALID'],
    ["time@1'); DROP TABLE events; --,2", 'CONFIG_INVALID'],
    ['column:nowhere', 'UNKNOWN_COLUMN'],
    ['column:item', 'SPLIT_EMPTY'],
    ['leave-one-out:order=nowhere', 'UNKNOWN_COLUMN'],
    ['files', 'CONFIG_INVALID'],
  ])('%s: %s', async (split, code) => {
    expect(await refused(split)).toBe(code);
  });

  it('names what it lacks: a clock, a user', async () => {
    expect(await refused('time', {}, { clock: undefined })).toBe('CONFIG_INVALID');
    const fault = await faultOf(
      bench.run(rows, { item: 'item_id', ts: 'timestamp', label: 'label' }, { split: 'leave-one-out' }),
    );
    expect([fault.code, fault.message]).toEqual(['CONFIG_INVALID', expect.stringContaining('user_id')]);
  });
});

describe('repeated rows', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    user: i % 3,
    item: i % 5,
    ts: 1_600_000_000 + i,
    label: i % 2,
    part: i < 28 ? 'train' : i < 34 ? 'valid' : 'test',
  }));

  it('are dropped to the first of each, without moving any other row', async () => {
    const twice = [...rows.slice(0, 5), ...rows];
    const kept = await place(twice, 'column:part', { part: 'split' });
    const dropped = await place(twice, 'column:part', { part: 'split' }, { duplicates: 'drop' });
    expect(kept.splits.size).toBe(45);
    expect(dropped.splits.size).toBe(40);
    for (const [row, split] of dropped.splits) expect(kept.splits.get(row)).toBe(split);
    // rows 5..9 repeat rows 0..4
    for (let row = 5; row < 10; row += 1) expect(dropped.splits.has(row)).toBe(false);
    expect(dropped.warnings).toContain('DUPLICATE_ROWS');
    expect(dropped.warnings).not.toContain('ROWS_EXCLUDED');
  });

  it('are repeated whatever split they claim to be in, and not when one cell differs', async () => {
    const claims = [...rows, { ...rows[3], part: 'test' }];
    expect((await place(claims, 'column:part', { part: 'split' })).warnings).toContain('SPLIT_ROWS_REPEATED');
    const differs = [...rows, { ...rows[3], item: 6, part: 'test' }];
    const clean = await place(differs, 'column:part', { part: 'split' });
    expect(clean.warnings).not.toContain('SPLIT_ROWS_REPEATED');
    expect(clean.warnings).not.toContain('DUPLICATE_ROWS');
  });

  it('that make the test part the validation part are refused; less than half are not', async () => {
    const valid = rows.filter(({ part }) => part === 'valid');
    const test = (copies: number) => [
      ...rows.filter(({ part }) => part !== 'test'),
      ...valid.slice(0, copies).map((row) => ({ ...row, part: 'test' })),
      ...rows.filter(({ part }) => part === 'test').slice(0, 6 - copies),
    ];
    expect((await faultOf(place(test(3), 'column:part', { part: 'split' }))).code).toBe('SPLIT_OVERLAP');
    expect((await place(test(2), 'column:part', { part: 'split' })).splits.size).toBe(40);
  });
});

describe('positions', () => {
  it('number rows by split and file order, so that blocks follow the log', async () => {
    const rows = unlike(
      Array.from({ length: 40 }, (_, i) => ({
        user: i % 3,
        item: i % 5,
        ts: 1_600_000_000 + ((i * 17) % 40),
        label: i % 2,
      })),
    );
    const { splits } = await place(rows, 'time');
    const found = [...splits];
    const wanted = found.toSorted(
      ([a, one], [b, other]) => splitNames.indexOf(one) - splitNames.indexOf(other) || a - b,
    );
    expect(found).toEqual(wanted);
    expect(new Set(splits.values()).size).toBe(3);
  });
});
