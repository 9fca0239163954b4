import { describe, expect, it } from 'vitest';
import { faultOf, impressions, infer, prepare, type Rows } from './fixtures.js';
import { encodeCtr, eventColumns, eventRows, handmade } from './handmade.js';

const log = impressions(120);
const [train, valid] = [log.slice(0, 80), log.slice(80, 100)];
const files = (test: Rows): Record<string, Rows> => ({
  'train.csv': train,
  'valid.csv': valid,
  'test.csv': test,
});
const byFiles = { task: 'ctr', split: 'files' } as const;

const warned = (found: { warnings: readonly { code: string; message: string }[] }, code: string): string =>
  found.warnings.find((warning) => warning.code === code)?.message ?? '';

describe('a test file that is the validation file', () => {
  it('is refused in another order or with another column changed, naming both files', async () => {
    const copies = [[...valid].reverse(), valid.map((row, i) => ({ ...row, price: 1000 + i }))];
    for (const copy of copies) {
      const fault = await faultOf(infer(files(copy), byFiles));
      expect(fault).toMatchObject({ code: 'SPLIT_OVERLAP', details: { overlap: 20, testRows: 20 } });
      expect(fault.message).toMatch(/test rows \(.*test\.csv\).*validation rows \(.*valid\.csv\)/);
    }
  });

  it('is another one when its events happened at another time', async () => {
    const later = valid.map((row) => ({ ...row, timestamp: Number(row['timestamp']) + 86_400 }));
    await expect(infer(files(later), byFiles)).resolves.toMatchObject({ config: { split: 'files' } });
  });

  it('may repeat a row, which is named', async () => {
    const found = await infer(files([...log.slice(100), train[4]]), byFiles);
    expect(warned(found, 'SPLIT_ROWS_REPEATED')).toMatch(
      /1 test rows equal a training row.*test\.csv, row 21/,
    );
    expect(warned(found, 'DUPLICATE_ROWS')).toMatch(/1 of 121 rows.*test\.csv, row 21/);
  });
});

describe('faults of splits', () => {
  it('name the file of an empty part', async () => {
    const fault = await faultOf(
      infer({ 'log.csv': log }, { task: 'ctr', split: 'time@2030-01-01,2031-01-01' }),
    );
    expect(fault).toMatchObject({ code: 'SPLIT_EMPTY', details: { empty: 'validation', table: 'log' } });
    expect(fault.message).toContain('log.csv');
  });

  it('name the first row that is in no split', async () => {
    const rows = log.map((row, i) => ({
      ...row,
      part: i === 6 ? '' : i < 80 ? 'train' : i < 100 ? 'valid' : 'test',
    }));
    const found = await infer({ 'log.csv': rows }, { task: 'ctr', split: 'column:part' });
    expect(warned(found, 'ROWS_EXCLUDED')).toMatch(/1 rows are in no split.*log\.csv, row 7/);
  });
});

describe('labels of one kind', () => {
  const withAlike = (alike: (i: number) => boolean) =>
    infer(
      { 'log.csv': log.map((row, i) => ({ ...row, label: alike(i) ? 0 : Number(row['label']) })) },
      { task: 'ctr', split: 'time' },
    );

  it.each<[string, (i: number) => boolean, string]>([
    ['everywhere', () => true, 'all splits'],
    ['in training', (i) => i < 96, 'train'],
  ])('%s are refused at init, naming file and column', async (_, alike, where) => {
    const fault = await faultOf(withAlike(alike));
    expect(fault).toMatchObject({ code: 'LABEL_OUT_OF_RANGE', details: { column: 'label', value: 0 } });
    expect(fault.message).toMatch(new RegExp(`log\\.csv: label is 0 .* of ${where};`));
  });

  it.each<[string, (i: number) => boolean]>([
    ['validation', (i) => i >= 96 && i < 108],
    ['test', (i) => i >= 108],
  ])('in %s are warned of at init: there nothing can be ranked', async (where, alike) => {
    const message = warned(await withAlike(alike), 'LABEL_ONE_CLASS');
    expect(message).toMatch(new RegExp(`log\\.csv: label is 0 in all .* rows of ${where};`));
  });

  it('are said when encoding, and both kinds are not', async () => {
    const columns = eventColumns;
    const one = await encodeCtr(handmade({ log: { rows: eventRows(40, () => ({ label: 1 })), columns } }));
    expect(one.warnings).toContain('LABEL_ONE_CLASS');
    const both = await encodeCtr(handmade({ log: { rows: eventRows(40), columns } }));
    expect(both.warnings).not.toContain('LABEL_ONE_CLASS');
  });
});

describe('a log of one user', () => {
  it('has intervals by blocks of rows and says so; one of more users has not', async () => {
    const single = log.map((row) => ({ ...row, user_id: 'u1' }));
    const found = await infer({ 'log.csv': single }, { task: 'ctr', split: 'time' });
    const made = await prepare(found.dir, found.config);
    expect(made.contract.clusterBy).toBe('time-block');
    expect(warned(made, 'CLUSTERS_ARE_BLOCKS')).toContain('log.csv');
    const { data } = await encodeCtr(found);
    expect(new Set(data.validation.block(0).users).size).toBeGreaterThan(1);
    expect(data.fields.map(({ name }) => name)).toContain('history');
    const many = await infer({ 'log.csv': log }, { task: 'ctr', split: 'time' });
    const usual = await prepare(many.dir, many.config);
    expect(usual.contract.clusterBy).toBe('user');
    expect(warned(usual, 'CLUSTERS_ARE_BLOCKS')).toBe('');
  });
});
