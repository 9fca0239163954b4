import { describe, expect, it } from 'vitest';
import { openEngine } from '../../src/data/index.js';
import { quoteText } from '../../src/data/sql.js';
import { csvText, faultOf, impressions, infer, newFolder, project } from './fixtures.js';
import { encodeCtr, splitOfRows } from './handmade.js';
import { join } from 'node:path';

const start = 1_650_000_000;
const two = (n: number): string => String(n).padStart(2, '0');
const rows = 300;

/** A log whose time cells are written by the function, one event every three hours. */
function log(write: (at: Date, i: number) => string | number): ReturnType<typeof impressions> {
  return impressions(rows, (row, i) => {
    row['timestamp'] = write(new Date((start + i * 10_800) * 1000), i);
  });
}

const seconds = (at: Date): number => at.getTime() / 1000;
const wish = { task: 'ctr', split: 'time' } as const;
const slashes = (at: Date): string =>
  `${at.getUTCFullYear()}/${two(at.getUTCMonth() + 1)}/${two(at.getUTCDate())} ${at.toISOString().slice(11, 19)}`;
const american = (at: Date): string =>
  `${two(at.getUTCMonth() + 1)}/${two(at.getUTCDate())}/${at.getUTCFullYear()} ${at.toISOString().slice(11, 16)}`;
const german = (at: Date): string => `${at.getUTCDate()}.${at.getUTCMonth() + 1}.${at.getUTCFullYear()}`;
const day = (at: Date): string => at.toISOString().slice(0, 10).replaceAll('-', '');

describe('a clock', () => {
  it.each<[string, (at: Date) => string, string]>([
    ['nanoseconds', (at) => `${at.getTime()}000005`, 'nanoseconds'],
    ['year/month/day', slashes, 'timestamp'],
    ['month/day/year', american, 'month/day/year'],
    ['day.month.year', german, 'day/month/year'],
    ['yyyymmdd', day, 'yyyymmdd'],
  ])('is read as %s, in order', async (_, write, unit) => {
    const made = await infer({ 'events.csv': log(write) }, wish);
    expect(made.config.columns['events.timestamp']).toMatchObject({ role: 'timestamp', unit });
    expect(made.questions).toEqual([]);
    const splits = splitOfRows((await encodeCtr(made)).data);
    // rows come in the order of time: no later row is in an earlier split
    const order = { train: 0, validation: 1, test: 2 };
    const found = [...splits].sort(([a], [b]) => a - b).map(([, split]) => order[split]);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(new Set(found).size).toBe(3);
  });

  it('is the date column of a Parquet file that has no other', async () => {
    const source = project({ 'x.csv': csvText(log((at) => at.toISOString().slice(0, 10))) }).paths[0];
    const folder = newFolder();
    const file = join(folder, 'events.parquet');
    const engine = await openEngine({ files: [source], folders: [folder] });
    await engine.run(
      `COPY (SELECT * EXCLUDE timestamp, timestamp::DATE AS date FROM read_csv(${quoteText(source)})) TO ${quoteText(file)}`,
    );
    engine.close();
    const { config } = await infer({}, { ...wish, files: [file] });
    expect(config.clock).toBe('date');
    expect(config.columns['events.date']).toMatchObject({ role: 'timestamp', unit: 'date' });
  });

  it('asks which comes first when no day is above 12', async () => {
    const write = (at: Date): string =>
      american(new Date(Date.UTC(2022, at.getUTCDate() % 12, (at.getUTCHours() % 12) + 1)));
    const { questions } = await infer({ 'events.csv': log(write) }, { ...wish, split: 'random' });
    expect(questions.map(({ setting, options }) => [setting, options])).toContainEqual([
      'columns["events.timestamp"].unit',
      ['month/day/year', 'day/month/year'],
    ]);
  });
});

describe('bad times', () => {
  it.each<[string, (at: Date, i: number) => string | number, number, number]>([
    ['one zero', (at, i) => (i === 57 ? 0 : seconds(at)), 58, 1],
    ['two far in the future', (at, i) => (i > 297 ? 99_999_999_999_999 : seconds(at)), 299, 2],
    ['milliseconds among seconds', (at, i) => (i % 10 === 4 ? at.getTime() : seconds(at)), 5, 30],
    ['a third of garbage', (at, i) => (i % 3 === 0 ? 'secretive' : seconds(at)), 1, 100],
  ])('are named by file, column, first row and count: %s', async (_, write, row, count) => {
    const fault = await faultOf(infer({ 'events.csv': log(write) }, wish));
    expect(fault.code).toBe('TIME_UNPARSABLE');
    expect(fault.details).toMatchObject({ column: 'timestamp', row, count });
    expect(fault.message).toContain('events.csv');
    expect(fault.message).not.toMatch(/secretive|99999/);
  });

  it('are why no clock was found, where a column has the name of one', async () => {
    const fault = await faultOf(infer({ 'events.csv': log((_, i) => `soon ${i}`) }, wish));
    expect(fault.message).toContain('timestamp: named like a time');
    expect(fault.remedy).toContain('--clock');
  });

  it('are none when the clock counts from elsewhere', async () => {
    const made = await infer({ 'events.csv': log((_, i) => i * 10) }, { ...wish, clock: 'timestamp' });
    expect(made.config.columns['events.timestamp']).toMatchObject({ role: 'order', unit: 'order' });
  });
});
