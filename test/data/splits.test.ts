import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/data/index.js';
import { splitNames, type SplitName } from '../../src/schema/index.js';
import { faultOf, impressions, infer, prepare, type Rows } from './fixtures.js';

async function rowsOf(
  files: Parameters<typeof infer>[0],
  options: Parameters<typeof infer>[1],
): Promise<{ rows: Record<SplitName, number[]>; warnings: string[] }> {
  const found = await infer(files, { task: 'ctr', ...options });
  const made = await prepare(found.dir, found.config);
  const data = openDataset(made.dir);
  if (data.task === 'next-item') throw new Error('expected ctr');
  const rows = Object.fromEntries(
    splitNames.map((name) => [name, [...data[name].block(0).rowIds]]),
  ) as Record<SplitName, number[]>;
  for (const name of splitNames) expect(made.contract.rows[name]).toBe(rows[name].length);
  return { rows, warnings: made.warnings.map((warning) => warning.code) };
}

function expectDisjoint(rows: Record<SplitName, number[]>, total: number): void {
  const all = splitNames.flatMap((name) => rows[name]);
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBe(total);
}

describe('splits', () => {
  it('by time are 80/10/10, and equal times never straddle', async () => {
    const log = impressions(
      100,
      (row, i) => void (row['timestamp'] = 1_600_000_000 + Math.floor(((i * 37) % 100) / 7) * 3600),
    );
    const { rows } = await rowsOf({ 'log.csv': log }, { split: 'time' });
    expectDisjoint(rows, 100);
    const times = (name: SplitName): number[] => rows[name].map((row) => Number(log[row]['timestamp']));
    expect(Math.max(...times('train'))).toBeLessThan(Math.min(...times('validation')));
    expect(Math.max(...times('validation'))).toBeLessThan(Math.min(...times('test')));
    expect(rows.train.length).toBeGreaterThan(70);
  });

  it('by time take boundaries as dates or in the unit of the clock', async () => {
    const log = impressions(100);
    const byDate = await rowsOf(
      { 'log.csv': log },
      { split: 'time@2020-09-13T13:26:40Z,2020-09-13T13:46:40+00:00' },
    );
    const bySecond = await rowsOf({ 'log.csv': log }, { split: 'time@1600003600,1600004800' });
    expect(byDate.rows).toEqual(bySecond.rows);
    expect(byDate.rows.train.length).toBe(60);
  });

  it('by a column with boundaries mean train < b1 <= validation < b2 <= test', async () => {
    const log = impressions(100, (row, i) => void (row['day'] = 20_220_501 + (i % 9)));
    const { rows } = await rowsOf({ 'log.csv': log }, { split: 'column:day@20220505,20220507' });
    const days = (name: SplitName): number[] =>
      [...new Set(rows[name].map((row) => Number(log[row]['day'])))].sort();
    expect(days('train')).toEqual([20_220_501, 20_220_502, 20_220_503, 20_220_504]);
    expect(days('validation')).toEqual([20_220_505, 20_220_506]);
    expect(days('test')).toEqual([20_220_507, 20_220_508, 20_220_509]);
  });

  it('by a column of names count the rows that name no split', async () => {
    const names = ['Train', 'train', 'TRAIN ', 'valid', 'test', 'holdout'];
    const log = impressions(60, (row, i) => void (row['part'] = names[i % 6]));
    const { rows, warnings } = await rowsOf({ 'log.csv': log }, { split: 'column:part' });
    expect([rows.train.length, rows.validation.length, rows.test.length]).toEqual([30, 10, 10]);
    expect(warnings).toContain('ROWS_EXCLUDED');
  });

  it('by files go by their names', async () => {
    const log = impressions(60);
    const files = {
      'train-1.csv': log.slice(0, 20),
      'train-2.csv': log.slice(20, 40),
      'valid.csv': log.slice(40, 50),
      'test.csv': log.slice(50),
    };
    const { rows } = await rowsOf(files, { split: 'files' });
    expectDisjoint(rows, 60);
    expect(rows.validation).toEqual(Array.from({ length: 10 }, (_, i) => 40 + i));
  });

  it('refuse a test file that is the validation file, and count single repeated rows', async () => {
    const log = impressions(60);
    const same = { 'train.csv': log.slice(0, 40), 'valid.csv': log.slice(40), 'test.csv': log.slice(40) };
    const fault = await faultOf(rowsOf(same, { split: 'files' }));
    expect(fault).toMatchObject({ code: 'SPLIT_OVERLAP', details: { overlap: 20, testRows: 20 } });
    const one = {
      'train.csv': log.slice(0, 40),
      'valid.csv': log.slice(40, 50),
      'test.csv': [...log.slice(50), log[3]],
    };
    expect((await rowsOf(one, { split: 'files' })).warnings).toContain('SPLIT_ROWS_REPEATED');
  });

  it('at random are fixed by their seed', async () => {
    const log = impressions(300);
    const first = await rowsOf({ 'log.csv': log }, { split: 'random:3' });
    const again = await rowsOf({ 'log.csv': log }, { split: 'random:3' });
    const other = await rowsOf({ 'log.csv': log }, { split: 'random:4' });
    expectDisjoint(first.rows, 300);
    expect(again.rows).toEqual(first.rows);
    expect(other.rows).not.toEqual(first.rows);
    expect(first.warnings).toContain('SPLIT_RANDOM');
    expect(first.rows.train.length).toBeGreaterThan(210);
  });

  it('by leave-one-out give the last event of a user to test and the one before to validation', async () => {
    const log: Rows = [
      ...impressions(60),
      { user_id: 'short', item_id: 'i1', timestamp: 5e8, place: 'x', price: 1, label: 1 },
    ];
    const { rows } = await rowsOf({ 'log.csv': log }, { split: 'leave-one-out' });
    expectDisjoint(rows, 61);
    for (let user = 0; user < 11; user += 1) {
      const own = log
        .map((row, index) => ({ row, index }))
        .filter(({ row }) => row['user_id'] === `u${user}`);
      expect(rows.test).toContain(own[own.length - 1].index);
      expect(rows.validation).toContain(own[own.length - 2].index);
    }
    expect(rows.train).toContain(60);
    expect(rows.test.length).toBe(11);
  });

  it('leave rows without an order out and say how many', async () => {
    const log = impressions(60, (row, i) => void (row['turn'] = i % 10 === 0 ? null : 100 - i));
    const { rows, warnings } = await rowsOf({ 'log.csv': log }, { split: 'leave-one-out:order=turn' });
    expectDisjoint(rows, 54);
    expect(warnings).toContain('ROWS_EXCLUDED');
    // the order runs against the clock, so the earliest event is the test event
    expect(rows.test).toContain(1);
  });

  it('drop repeated rows when asked to, and keep them otherwise', async () => {
    const log = [...impressions(50), ...impressions(5)];
    const found = await infer({ 'log.csv': log }, { task: 'ctr', split: 'time' });
    const kept = await prepare(found.dir, found.config);
    const dropped = await prepare(found.dir, { ...found.config, duplicates: 'drop' });
    const total = (rows: Readonly<Record<SplitName, number>>): number =>
      rows.train + rows.validation + rows.test;
    expect([total(kept.contract.rows), kept.contract.duplicates, kept.duplicateRows]).toEqual([
      55,
      'kept',
      5,
    ]);
    expect([total(dropped.contract.rows), dropped.contract.duplicates]).toEqual([50, 'dropped']);
  });

  it('that leave a part empty are refused by its name', async () => {
    const fault = await faultOf(
      infer({ 'log.csv': impressions(50) }, { task: 'ctr', split: 'column:price@200,300' }),
    );
    expect(fault).toMatchObject({ code: 'SPLIT_EMPTY', details: { empty: 'validation' } });
  });
});
