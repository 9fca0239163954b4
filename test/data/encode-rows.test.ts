import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeRows, openDataset } from '../../src/data/index.js';
import { UNKNOWN_ID, type CtrDataset } from '../../src/schema/index.js';
import { csvText, faultOf, impressions, infer, listAt, prepare, type Rows } from './fixtures.js';

const log = impressions(300, (row, i) => {
  row['tags'] = `t${i % 3};t${i % 5}`;
  row['is_like'] = i % 9 === 0 ? 1 : 0;
});
const users: Rows = Array.from({ length: 11 }, (_, i) => ({ user_id: `u${i}`, age: 20 + i }));
const state = Array.from({ length: 11 }, (_, i) =>
  JSON.stringify({ user_id: `u${i}`, recent: ['i9', `i${i}`], last_time: 1_599_000_000 }),
).join('\n');

async function setUp(): Promise<{
  dir: string;
  data: CtrDataset;
  encode: (rows: Rows, name?: string) => ReturnType<typeof encodeRows>;
}> {
  const found = await infer(
    { 'log.csv': log, 'users.csv': users, 'state.jsonl': state },
    { task: 'ctr', split: 'time' },
  );
  found.config.columns['log.price'].encoding = { kind: 'standardise' };
  const made = await prepare(found.dir, found.config);
  const data = openDataset(made.dir);
  if (data.task === 'next-item') throw new Error('expected ctr');
  const encode = (rows: Rows, name = 'input.csv'): ReturnType<typeof encodeRows> => {
    writeFileSync(join(found.dir, name), csvText(rows));
    return encodeRows({
      projectDir: found.dir,
      dir: made.dir,
      config: found.config,
      file: join(found.dir, name),
    });
  };
  return { dir: made.dir, data, encode };
}

const withoutOutcomes = (rows: Rows): Rows => rows.map(({ label: _label, is_like: _like, ...rest }) => rest);

describe('encodeRows', () => {
  it('encodes the rows of the test split exactly as the dataset did, without their labels', async () => {
    const { data, encode } = await setUp();
    const test = data.test.block(0);
    const source = await encode(withoutOutcomes([...test.rowIds].map((row) => log[row])));
    const block = source.block(0);
    expect(block.rows).toBe(test.rows);
    expect([...block.rowIds]).toEqual(Array.from({ length: test.rows }, (_, i) => i));
    expect(block.labels).toBeUndefined();
    expect([...block.users]).toEqual([...test.users]);
    expect(test.ids.size).toBeGreaterThanOrEqual(4);
    for (const [name, ids] of test.ids)
      expect([name, ...(block.ids.get(name) as Int32Array)]).toEqual([name, ...ids]);
    for (const [name, values] of test.numeric)
      expect([...(block.numeric.get(name) as Float32Array)]).toEqual([...values]);
    expect([...test.ragged.keys()].sort()).toEqual(['history', 'recent', 'tags']);
    for (const [name, ragged] of test.ragged) {
      for (let i = 0; i < test.rows; i += 1)
        expect(listAt(block.ragged.get(name), i)).toEqual(listAt(ragged, i));
    }
  });

  it('gives unknown values the unknown id and unknown users one index', async () => {
    const { data, encode } = await setUp();
    const stranger = {
      user_id: 'new',
      item_id: 'new',
      timestamp: 1_700_000_000,
      place: 'moon',
      price: 1,
      tags: 't0;t99',
    };
    const known = { ...stranger, user_id: 'u3' };
    const block = (await encode([stranger, known])).block(0);
    for (const name of ['user_id', 'item_id', 'place'])
      expect([name, block.ids.get(name)?.[0]]).toEqual([name, UNKNOWN_ID]);
    expect(block.users[0]).toBe(data.userCount);
    expect(block.users[1]).toBeLessThan(data.userCount);
    expect(listAt(block.ragged.get('tags'), 0)[1]).toBe(UNKNOWN_ID);
    expect(listAt(block.ragged.get('history'), 0)).toEqual([]);
    expect(listAt(block.ragged.get('history'), 1).length).toBeGreaterThan(0);
  });

  it('gives a row before all behaviour an empty history', async () => {
    const { encode } = await setUp();
    const block = (await encode(withoutOutcomes([{ ...log[5], timestamp: 1_500_000_000 }]))).block(0);
    expect(listAt(block.ragged.get('history'), 0)).toEqual([]);
    expect(listAt(block.ragged.get('recent'), 0)).toEqual([]);
  });

  it('names a missing input column and an unreadable time', async () => {
    const { encode } = await setUp();
    const { place: _place, ...rest } = log[0];
    expect(await faultOf(encode([rest]))).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'place' },
    });
    const late = await faultOf(encode([{ ...log[0], timestamp: 'never' }], 'late.csv'));
    expect(late).toMatchObject({ code: 'TIME_UNPARSABLE', details: { row: 1 } });
  });
});
