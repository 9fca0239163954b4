import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../src/data/index.js';
import { profile } from '../../src/data/profile.js';
import { quoteText } from '../../src/data/sql.js';
import { csvText, infer, newFolder, project, type Rows } from './fixtures.js';
import { encodeCtr, valuesOf } from './handmade.js';

const users = 40;
/** Ids of so many digits that differ in the last ones only, which a double does not hold. */
const bases = {
  19: 7_234_567_890_123_456_000n,
  20: 12_345_678_901_234_567_000n,
  25: 1_234_567_890_123_456_789_012_000n,
};
type Digits = keyof typeof bases;
const digits = [19, 20, 25] as const;

const idOf = (base: bigint, i: number): string => String(base + BigInt((i * 7) % users));

function rowsOf(n: Digits): Rows {
  return Array.from({ length: 240 }, (_, i) => ({
    user_id: idOf(bases[n], i),
    item_id: idOf(bases[n], i * 3 + 1),
    timestamp: 1_600_000_000 + i * 60,
    label: i % 3 === 0 ? 1 : 0,
  }));
}

/** JSON lines with the ids as numbers. */
function jsonText(rows: Rows): string {
  return rows
    .map((row) => `{${Object.entries(row).map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}\n`)
    .join('');
}

async function parquetOf(rows: Rows, sqlType: string): Promise<string> {
  const source = project({ 'x.csv': csvText(rows) }).paths[0];
  const folder = newFolder();
  const target = join(folder, 'events.parquet');
  const engine = await openEngine({ files: [source], folders: [folder] });
  try {
    await engine.run(
      `COPY (SELECT user_id::${sqlType} AS user_id, item_id::${sqlType} AS item_id, timestamp::BIGINT AS timestamp, label::INTEGER AS label ` +
        `FROM read_csv(${quoteText(source)}, all_varchar = true)) TO ${quoteText(target)} (FORMAT parquet)`,
    );
  } finally {
    engine.close();
  }
  return target;
}

const wish = { task: 'ctr', split: 'time' } as const;

async function entities(made: Awaited<ReturnType<typeof infer>>): Promise<[number, number]> {
  const found = await profile({ projectDir: made.dir, config: made.config });
  return [found.users, found.items];
}

describe('ids with more digits than a double holds', () => {
  it.each(digits)('of %i digits stay apart in CSV', async (n) => {
    const made = await infer({ 'events.csv': rowsOf(n) }, wish);
    expect(await entities(made)).toEqual([users, users]);
    expect(made.config.columns['events.user_id'].type).toBe(n === 19 ? 'integer' : 'string');
  });

  it.each(digits)('of %i digits stay apart in JSON lines', async (n) => {
    expect(await entities(await infer({ 'events.jsonl': jsonText(rowsOf(n)) }, wish))).toEqual([
      users,
      users,
    ]);
  });

  it.each([
    ['UBIGINT', 20],
    ['DECIMAL(38,0)', 25],
    ['DECIMAL(38,2)', 25],
  ] as const)('stay apart in Parquet of type %s', async (sqlType, n) => {
    const file = await parquetOf(rowsOf(n), sqlType);
    expect(await entities(await infer({}, { ...wish, files: [file] }))).toEqual([users, users]);
  });

  it('stay apart in a log too long to be judged in memory, the long ones last', async () => {
    const rows = Array.from({ length: 2400 }, (_, i) => ({
      ...rowsOf(20)[i % 240],
      user_id: i < 2200 ? String(i % 10) : idOf(bases[20], i),
      timestamp: 1_600_000_000 + i,
    }));
    expect((await entities(await infer({ 'events.csv': rows }, wish)))[0]).toBe(10 + users);
  });

  it('stay what they were when decimals hide among them', async () => {
    const rows = rowsOf(19).map((row, i) => ({
      ...row,
      user_id: `${row['user_id']}${i % 2 === 0 ? '.0' : ''}`,
    }));
    const made = await infer({ 'events.csv': rows }, wish);
    expect(made.config.columns['events.user_id'].type).toBe('integer');
    expect((await entities(made))[0]).toBe(users);
  });

  it('are text when they are no whole numbers at all', async () => {
    const rows = rowsOf(19).map((row, i) => ({ ...row, user_id: `${i % 5}.${i % 2}5` }));
    const made = await infer({ 'events.csv': rows }, wish);
    expect(made.config.columns['events.user_id'].type).toBe('string');
    expect((await entities(made))[0]).toBe(10);
  });

  it('leave measures with decimals as numbers, however large', async () => {
    const rows = rowsOf(19).map((row, i) => ({
      ...row,
      mass: `${i + 1}5000000000000000000000${i % 2 ? '.5' : ''}`,
    }));
    const made = await infer({ 'events.csv': rows }, wish);
    expect(made.config.columns['events.mass'].type).toBe('number');
  });
});

describe('joins of ids with many digits', () => {
  const ages = (n: Digits, quoted: boolean): string =>
    Array.from({ length: users }, (_, u) => {
      const id = String(bases[n] + BigInt(u));
      return `{"user_id":${quoted ? `"${id}"` : id},"age":${u}}\n`;
    }).join('');

  /** Distinct ages that the events see. */
  async function agesSeen(made: Awaited<ReturnType<typeof infer>>): Promise<number> {
    const { data } = await encodeCtr(made);
    const age = data.fields.find((field) => field.name.includes('age'));
    return age === undefined ? 0 : new Set(valuesOf(data, age.name).values()).size;
  }

  it.each([
    [19, 'text', true],
    [20, 'numbers', false],
  ] as const)('find their rows: %i digits in CSV, %s in JSON lines', async (n, _, quoted) => {
    const made = await infer({ 'events.csv': rowsOf(n), 'users.jsonl': ages(n, quoted) }, wish);
    expect(made.config.tables['users'].join).toEqual([{ column: 'user_id', eventColumn: 'user_id' }]);
    expect(await agesSeen(made)).toBe(users);
  });

  it('find nothing where the last digit differs', async () => {
    const made = await infer({ 'events.csv': rowsOf(19), 'users.jsonl': ages(20, true) }, wish);
    expect(made.config.tables['users'].kind === 'unused' || (await agesSeen(made)) <= 1).toBe(true);
  });
});
