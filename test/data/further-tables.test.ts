import { describe, expect, it } from 'vitest';
import { faultOf, impressions, infer, type Rows } from './fixtures.js';

const log = impressions(200);
const first = log.slice(0, 100);
const second = log.slice(100);

function without(rows: Rows, name: string): Rows {
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => key !== name)));
}

describe('a further file that is a part of the log', () => {
  it('takes equal files for shards', async () => {
    const found = await infer({ 'part-0.csv': first, 'part-1.csv': second });
    expect(found.tables.map((table) => table.rows)).toEqual([200]);
  });

  it('refuses a shard with one more column, naming both files and the column', async () => {
    const wider = second.map((row) => ({ ...row, extra: 1 }));
    const fault = await faultOf(infer({ 'part-0.csv': first, 'part-1b.csv': wider }));
    expect(fault.code).toBe('SCHEMA_MISMATCH');
    for (const said of ['part-0.csv', 'part-1b.csv', '"extra"']) expect(fault.message).toContain(said);
    expect(fault.details).toMatchObject({ onlyInEvents: [], onlyInFile: ['extra'] });
    expect(fault.remedy).toContain('same columns');
  });

  it('refuses one without the label when it has most columns of the log', async () => {
    const fault = await faultOf(infer({ 'a.csv': first, 'b.csv': without(second, 'label') }));
    expect(fault).toMatchObject({ code: 'SCHEMA_MISMATCH', details: { onlyInEvents: ['label'] } });
  });

  it('refuses one that has users, items and the label and little else', async () => {
    const narrow = second.map(({ user_id, item_id, label }) => ({ user_id, item_id, label }));
    const fault = await faultOf(infer({ 'a.csv': first, 'b.csv': narrow }));
    expect(fault).toMatchObject({
      code: 'SCHEMA_MISMATCH',
      details: { onlyInEvents: ['timestamp', 'place', 'price'] },
    });
  });

  it.each<[string, Rows, string]>([
    [
      'no label',
      second.slice(50).map(({ user_id, item_id, timestamp }) => ({ user_id, item_id, timestamp })),
      'label',
    ],
    ['one more column', second.slice(50).map((row) => ({ ...row, more: 2 })), 'more'],
  ])('names a test file with %s under --split files', async (_, test, column) => {
    const files = { 'train.csv': first, 'valid.csv': second.slice(0, 50), 'test.csv': test };
    const fault = await faultOf(infer(files, { split: 'files' }));
    expect(fault.code).toBe('SCHEMA_MISMATCH');
    expect(fault.message).toContain('test.csv');
    expect(fault.message).toContain(`"${column}"`);
  });

  it('still joins tables of users and of pairs that are no events', async () => {
    const users: Rows = Array.from({ length: 11 }, (_, i) => ({
      user_id: `u${i}`,
      place: `p${i % 3}`,
      age: i,
    }));
    const pairs: Rows = first.map(({ user_id, item_id }, i) => ({ user_id, item_id, weight: i }));
    const found = await infer({ 'log.csv': log, 'users.csv': users, 'pairs.csv': pairs });
    expect(found.config.tables['users'].kind).toBe('entity');
    expect(found.config.tables['pairs'].kind).toBe('unused');
  });
});

describe('a column of a side table that is the label in other clothes', () => {
  const keyed = log.map((row, i) => ({ ...row, request_id: `r${i}` }));
  const outcomes = (rows: Rows, value: (row: Rows[number], i: number) => number): Rows =>
    keyed.map((row, i) => ({ request_id: String(row['request_id']), answer: value(rows[i], i) }));

  it('is a leak when it has the name of the label', async () => {
    const users: Rows = Array.from({ length: 11 }, (_, i) => ({
      user_id: `u${i}`,
      label: i % 2,
      clicked: i % 2,
      age: i,
    }));
    const { config } = await infer({ 'log.csv': log, 'users.csv': users });
    expect(config.columns['users.label'].role).toBe('leak');
    expect(config.columns['users.clicked'].role).toBe('leak');
    expect(config.columns['users.age'].role).toBe('user_feature');
  });

  it('is a leak when it holds the values of the label, and an honest one is not', async () => {
    const copy = await infer({
      'log.csv': keyed,
      'answers.csv': outcomes(log, (row) => 3 - Number(row['label'])),
    });
    expect(copy.config.columns['answers.answer']).toMatchObject({ role: 'leak' });
    expect(copy.config.columns['answers.answer'].encoding).toBeUndefined();
    const honest = await infer({ 'log.csv': keyed, 'answers.csv': outcomes(log, (_, i) => (i * 7919) % 13) });
    expect(honest.config.columns['answers.answer'].role).toBe('context');
  });
});
