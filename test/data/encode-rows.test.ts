import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRows, openDataset } from '../../src/data/index.js';
import { UNKNOWN_ID, type CtrDataset } from '../../src/schema/index.js';
import { csvText, faultOf, impressions, infer, listAt, prepare, type Rows } from './fixtures.js';
import { encodeCtr, inputsOfRows, type Encoded, type handmade } from './handmade.js';
import { wholeProject } from './whole-project.js';

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
    const short = await faultOf(encode([rest]));
    expect(short).toMatchObject({ code: 'UNKNOWN_COLUMN', details: { column: 'place' } });
    // The project is right: the file to predict is what lacks the column.
    expect(short.remedy).toMatch(/Add the column to the input file.*it has: .*item_id/);
    expect(short.remedy).not.toContain('automodel.json');
    const late = await faultOf(encode([{ ...log[0], timestamp: 'never' }], 'late.csv'));
    expect(late).toMatchObject({ code: 'TIME_UNPARSABLE', details: { row: 1 } });
  });
});

/** Encodes rows as new ones and gives what a model would see of each, in the order of the file. */
async function asNew(
  { dir, config }: ReturnType<typeof handmade>,
  dataset: Encoded,
  rows: Rows,
  name: string,
): Promise<Record<string, number | readonly number[]>[]> {
  const unlabelled = rows.map(({ label: _label, part: _part, ...rest }) => rest);
  const jsonl = name.endsWith('.jsonl');
  const text = jsonl ? unlabelled.map((row) => JSON.stringify(row)).join('\n') : csvText(unlabelled);
  writeFileSync(join(dir, name), text);
  const source = await encodeRows({ projectDir: dir, dir: dataset.dir, config, file: join(dir, name) });
  const block = source.block(0);
  return rows.map((_, i) =>
    Object.fromEntries(
      dataset.data.fields.map((field) => [
        field.name,
        block.ids.get(field.name)?.[i] ??
          block.numeric.get(field.name)?.[i] ??
          listAt(block.ragged.get(field.name), i),
      ]),
    ),
  );
}

describe('new rows', () => {
  it('are encoded as test rows were, field by field, in any order and any format (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(3, 5, 7, 17), fc.boolean(), async (seed, json) => {
        const { made, rows } = wholeProject(seed);
        const dataset = await encodeCtr(made);
        const known = inputsOfRows(dataset.data);
        const test = [...dataset.data.test.block(0).rowIds].toReversed();
        const found = await asNew(
          made,
          dataset,
          test.map((row) => rows[row]),
          json ? 'new.jsonl' : 'new.csv',
        );
        expect(Object.keys(found[0]).length).toBe(12);
        test.forEach((row, i) => expect(found[i]).toEqual(known.get(row)));
      }),
      { numRuns: 3 },
    );
  });

  it('say of training rows what training said, but for their history, which has gone on', async () => {
    const { made, rows } = wholeProject(5);
    const dataset = await encodeCtr(made);
    const known = inputsOfRows(dataset.data);
    const train = [...dataset.data.train.block(0).rowIds];
    const found = await asNew(
      made,
      dataset,
      train.map((row) => rows[row]),
      'again.csv',
    );
    // Training rows lie before all behaviour of later splits, so theirs is the same as well.
    train.forEach((row, i) => expect(found[i]).toEqual(known.get(row)));
  });

  it('do not depend on the rows beside them', async () => {
    const { made, rows } = wholeProject(7);
    const dataset = await encodeCtr(made);
    const chosen = rows.slice(40, 44);
    const absurd = Array.from({ length: 200 }, (_, i) => ({
      ...rows[40],
      user: i,
      item: 1000 + i,
      word: `flood${i}`,
      price: 1e12,
      weight: -1e12,
      count: 1e15,
    }));
    const alone = await asNew(made, dataset, chosen, 'alone.csv');
    const crowd = await asNew(made, dataset, [...absurd, ...chosen], 'crowd.csv');
    expect(crowd.slice(200)).toEqual(alone);
    const sizes = dataset.data.vocabularySizes;
    for (const row of crowd) {
      for (const field of dataset.data.fields) {
        if (field.kind === 'numeric') expect(Number.isFinite(row[field.name])).toBe(true);
        else {
          const ids = [row[field.name]].flat();
          for (const id of ids)
            expect([field.name, Number(id) < (sizes.get(field.vocabulary) ?? 0)]).toEqual([field.name, true]);
        }
      }
    }
  });

  it('see no label, even where the file brings one', async () => {
    const { made, rows } = wholeProject(3);
    const dataset = await encodeCtr(made);
    const labelled = join(made.dir, 'labelled.csv');
    const flipped = join(made.dir, 'flipped.csv');
    writeFileSync(labelled, csvText(rows.slice(40)));
    writeFileSync(
      flipped,
      csvText(rows.slice(40).map((row) => ({ ...row, label: 1 - Number(row['label']) }))),
    );
    const read = async (file: string): Promise<unknown> => {
      const source = await encodeRows({ projectDir: made.dir, dir: dataset.dir, config: made.config, file });
      const block = source.block(0);
      expect(block.labels).toBeUndefined();
      return [[...block.ids], [...block.numeric], [...(block.ragged.get('history')?.ends ?? [])]];
    };
    expect(await read(flipped)).toEqual(await read(labelled));
  });
});
