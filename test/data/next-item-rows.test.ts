import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset, openSealed, readNextItemRows } from '../../src/data/index.js';
import { UNKNOWN_ID, type NextItemDataset } from '../../src/schema/index.js';
import { csvText, faultOf, newFolder, prepare, snapshot, type Rows } from './fixtures.js';
import { handCtr } from './hand-dataset.js';
import { handmade, start } from './handmade.js';

/** Users a0..a3 with ten events each, items 10..16; the last event of each user is his test target. */
const log: Rows = Array.from({ length: 40 }, (_, i) => ({
  user: `a${i % 4}`,
  item: 10 + ((i * 3 + Math.floor(i / 9)) % 7),
  ts: start + i,
}));

async function prepared(
  rows: Rows,
  split = 'leave-one-out',
): Promise<{ dir: string; data: NextItemDataset }> {
  const { dir, config } = handmade(
    { log: { rows, columns: { user: 'user_id', item: 'item_id', ts: 'timestamp' } } },
    { task: 'next-item', split, label: undefined },
  );
  const made = await prepare(dir, config);
  const data = openDataset(made.dir);
  if (data.task !== 'next-item') throw new Error('expected next-item');
  return { dir: made.dir, data };
}

describe('readNextItemRows', () => {
  let dir = '';
  let data: NextItemDataset;
  const file = (rows: Rows | string, name = 'rows.csv'): string => {
    const path = join(newFolder(), name);
    writeFileSync(path, typeof rows === 'string' ? rows : csvText(rows));
    return path;
  };
  /** raw item → id, as the training arrays say it */
  const idOf = (item: number): number => {
    for (let u = 0; u < data.userCount; u += 1) {
      const own = log.filter((row) => row['user'] === `a${u}`).slice(0, -1);
      const at = own.findIndex((row) => row['item'] === item);
      if (at >= 0) return data.events[data.offsets[u] + at];
    }
    return UNKNOWN_ID;
  };

  beforeAll(async () => {
    ({ dir, data } = await prepared(log));
  });

  it('gives ids as training has them, in the order of the file', async () => {
    const rows: Rows = [16, 10, 13, 10, 999, null].map((item, i) => ({
      item,
      user: i === 4 ? 'stranger' : i === 5 ? null : `a${i % 4}`,
      score: i / 2,
    }));
    const read = await readNextItemRows({
      dir,
      file: file(rows),
      item: 'item',
      user: 'user',
      numbers: ['score'],
    });
    expect(read.rows).toBe(6);
    expect([...read.items]).toEqual([idOf(16), idOf(10), idOf(13), idOf(10), UNKNOWN_ID, UNKNOWN_ID]);
    expect([...read.users]).toEqual([0, 1, 2, 3, -1, -1]);
    expect([...(read.numbers.get('score') ?? [])]).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect(new Set([10, 13, 16].map(idOf)).size).toBe(3);
  });

  it('reads no users unless asked, and cells that are no numbers as NaN', async () => {
    const rows: Rows = [
      { item: 10, score: 'high' },
      { item: 'ten', score: 3 },
      { item: '10.0', score: null },
    ];
    const read = await readNextItemRows({ dir, file: file(rows), item: 'item', numbers: ['score'] });
    expect(read.users).toHaveLength(0);
    expect(read.items[0]).toBe(idOf(10));
    expect(read.items[1]).toBe(UNKNOWN_ID);
    expect([...(read.numbers.get('score') ?? [])]).toEqual([Number.NaN, 3, Number.NaN]);
  });

  it('reads JSON lines alike, whatever type they have the ids in', async () => {
    const lines = ['{"item": 10, "user": "a1"}', '{"item": "12", "user": "a9"}'].join('\n');
    const read = await readNextItemRows({ dir, file: file(lines, 'rows.jsonl'), item: 'item', user: 'user' });
    expect([...read.items]).toEqual([idOf(10), idOf(12)]);
    expect([...read.users]).toEqual([1, -1]);
  });

  it('names what is missing: a column, a file, a dataset of the task', async () => {
    const rows: Rows = [{ item: 10 }];
    const path = file(rows);
    expect(await faultOf(readNextItemRows({ dir, file: path, item: 'thing' }))).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'thing' },
    });
    expect(await faultOf(readNextItemRows({ dir, file: path, item: 'item', user: 'who' }))).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'who' },
    });
    expect((await faultOf(readNextItemRows({ dir, file: `${path}.csv`, item: 'item' }))).code).toBe(
      'FILE_NOT_FOUND',
    );
    expect((await faultOf(readNextItemRows({ dir: handCtr().dir, file: path, item: 'item' }))).code).toBe(
      'USAGE',
    );
  });
});

describe('a next-item dataset', () => {
  it('does not change before absurd events of the last period, but for what is sealed', async () => {
    const split = `time@${start + 28},${start + 34}`;
    const clean = await prepared(log, split);
    const later = Array.from({ length: 25 }, (_, i) => ({
      user: `a${i % 4}`,
      item: 777,
      ts: 4_000_000_000 + i,
    }));
    const flooded = await prepared([...log, ...later], split);
    const [before, after] = [snapshot(clean.dir), snapshot(flooded.dir)];
    const moved = [...before.keys()].filter((name) => before.get(name) !== after.get(name)).sort();
    // The record names counts and hashes; the cases of the test period themselves are more.
    expect(moved).toEqual(
      ['encoded.json', 'sealed/row-ids.bin', 'sealed/targets.bin', 'test/ends.bin', 'test/users.bin'].sort(),
    );
    expect([...flooded.data.events]).toEqual([...clean.data.events]);
    expect(flooded.data.itemCount).toBe(clean.data.itemCount);
    const sealed = openSealed(flooded.dir);
    expect([...(sealed.targets ?? [])].filter((id) => id === UNKNOWN_ID)).toHaveLength(25);
    // the twin: the same events as training events make an item
    const earlier = later.map((event, i) => ({ ...event, ts: start - 100 + i }));
    const trained = await prepared([...log, ...earlier], split);
    expect(trained.data.itemCount).toBe(clean.data.itemCount + 1);
  });
});
