import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset, openSealed, prepareDataset } from '../../src/data/index.js';
import { FIRST_VALUE_ID, UNKNOWN_ID, type CtrDataset, type ProjectConfig } from '../../src/schema/index.js';
import { csvText, faultOf, impressions, infer, listAt, positions, prepare, type Rows } from './fixtures.js';

async function encode(
  files: Parameters<typeof infer>[0],
  options: Parameters<typeof infer>[1] = {},
  change: (config: ProjectConfig) => void = () => {},
  blockRows?: number,
): Promise<{
  data: CtrDataset;
  dir: string;
  project: string;
  config: ProjectConfig;
  warnings: readonly { code: string; message: string }[];
}> {
  const found = await infer(files, { task: 'ctr', ...options });
  change(found.config);
  const made = await prepare(found.dir, found.config, blockRows);
  const data = openDataset(made.dir);
  if (data.task === 'next-item') throw new Error('expected ctr');
  return { data, dir: made.dir, project: found.dir, config: found.config, warnings: made.warnings };
}

/** Ten events in order; the last two are validation and test under column:part. */
function parts(rows: readonly Record<string, string | number | null>[]): Rows {
  return rows.map((row, i) => ({
    ...row,
    part: i < rows.length - 2 ? 'train' : i === rows.length - 2 ? 'valid' : 'test',
  }));
}

const tiny = (values: readonly (string | number | null)[]): Rows =>
  parts(
    values.map((x, i) => ({
      user_id: `u${i % 3}`,
      item_id: `i${i % 2}`,
      timestamp: 1_600_000_000 + i,
      x,
      label: i % 2,
    })),
  );

describe('vocabularies', () => {
  it('are fitted on training rows, count-ordered, with unknown and missing values', async () => {
    const { data } = await encode(
      { 'log.csv': tiny(['b', 'a', 'b', null, 'a', 'b', null, 'rare', 'later', 'a']) },
      { split: 'column:part' },
    );
    const train = data.train.block(0).ids.get('x') as Int32Array;
    // b 3 times, a and missing twice each (missing first), rare once: below the minimum of two
    expect([...train]).toEqual([2, 4, 2, 3, 4, 2, 3, UNKNOWN_ID]);
    expect([...(data.validation.block(0).ids.get('x') as Int32Array)]).toEqual([UNKNOWN_ID]);
    expect([...(data.test.block(0).ids.get('x') as Int32Array)]).toEqual([4]);
    expect(data.vocabularySizes.get('x')).toBe(5);
  });

  it('keep rare values when asked to', async () => {
    const { data } = await encode(
      { 'log.csv': tiny(['b', 'a', 'b', null, 'a', 'b', null, 'rare', 'later', 'a']) },
      { split: 'column:part' },
      (config) => {
        config.columns['log.x'].encoding = { kind: 'categorical', minCount: 1 };
      },
    );
    expect(data.train.block(0).ids.get('x')?.[7]).toBe(5);
    expect(data.validation.block(0).ids.get('x')?.[0]).toBe(UNKNOWN_ID);
  });

  it('lie beside the data as Parquet, with the SQL that made them', async () => {
    const { dir } = await encode({ 'log.csv': impressions(100) });
    expect(readdirSync(join(dir, 'vocabularies')).length).toBeGreaterThan(2);
    const sql = readFileSync(join(dir, 'features.sql'), 'utf8');
    expect(sql).toContain('CREATE TABLE');
    expect(sql).toContain('-- vocabulary of place');
  });
});

describe('numbers', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 100, null];

  it('fall into quantile buckets of the training rows', async () => {
    const { data } = await encode({ 'log.csv': tiny(numbers) }, { split: 'column:part' }, (config) => {
      config.columns['log.x'].encoding = { kind: 'bucket', buckets: 4 };
    });
    expect([...(data.train.block(0).ids.get('x') as Int32Array)]).toEqual([2, 2, 3, 3, 4, 4, 5, 5]);
    expect(data.validation.block(0).ids.get('x')?.[0]).toBe(5);
    expect(data.test.block(0).ids.get('x')?.[0]).toBe(UNKNOWN_ID);
    expect(data.vocabularySizes.get('x')).toBe(6);
  });

  it('fall into logarithmic buckets', async () => {
    const { data } = await encode(
      { 'log.csv': tiny([0, 0, 1, 1, 100, 100, -100, -100, 99, 5]) },
      { split: 'column:part' },
      (config) => {
        config.columns['log.x'].encoding = { kind: 'log' };
      },
    );
    const train = [...(data.train.block(0).ids.get('x') as Int32Array)];
    // ln(2)^2 < 1, so 0 and 1 share a bucket; ln(101)^2 = 21.3 and ln(100)^2 = 21.2 share one too
    expect(train[0]).toBe(train[2]);
    expect(train[4]).not.toBe(train[6]);
    expect(data.validation.block(0).ids.get('x')?.[0]).toBe(train[4]);
  });

  it('are standardised by training mean and deviation, missing at zero', async () => {
    const { data } = await encode({ 'log.csv': tiny(numbers) }, { split: 'column:part' }, (config) => {
      config.columns['log.x'].encoding = { kind: 'standardise' };
    });
    const values = data.train.block(0).numeric.get('x') as Float32Array;
    const sd = Math.sqrt(5.25);
    numbers.slice(0, 8).forEach((n, i) => expect(values[i]).toBeCloseTo(((n as number) - 4.5) / sd, 5));
    expect(data.test.block(0).numeric.get('x')?.[0]).toBe(0);
    expect(data.fields.find((field) => field.name === 'x')).toMatchObject({ kind: 'numeric' });
  });
});

describe('lists', () => {
  it('of separated values become bags of ids', async () => {
    const genres = ['a|b', 'b', 'a| b|c', 'c|a', null, 'a||b', 'b', 'c', 'a|z', ''];
    const { data } = await encode({ 'log.csv': tiny(genres) }, { split: 'column:part' }, (config) => {
      config.columns['log.x'].encoding = { kind: 'multi', separator: '|', maxValues: 2 };
    });
    const ragged = data.train.block(0).ragged.get('x');
    // of the first two of each: a 4, b 4, c 2
    const lists = Array.from({ length: 8 }, (_, i) => listAt(ragged, i));
    expect(lists).toEqual([[2, 3], [3], [2, 3], [4, 2], [], [2], [3], [4]]);
    expect(listAt(data.validation.block(0).ragged.get('x'), 0)).toEqual([2, UNKNOWN_ID]);
    expect(listAt(data.test.block(0).ragged.get('x'), 0)).toEqual([]);
  });

  it('are cut per block when blocks are small', async () => {
    const log = impressions(60, (row, i) => void (row['tags'] = i % 4 === 0 ? null : `t${i % 3};t${i % 5}`));
    const whole = await encode({ 'log.csv': log }, { split: 'time' });
    const pieces = await encode({ 'log.csv': log }, { split: 'time' }, () => {}, 7);
    expect(pieces.data.train.blockCount).toBe(7);
    const block = whole.data.train.block(0);
    for (let b = 0; b < 7; b += 1) {
      const part = pieces.data.train.block(b);
      for (let i = 0; i < part.rows; i += 1) {
        const at = pieces.data.train.blockStarts[b] + i;
        expect(listAt(part.ragged.get('tags'), i)).toEqual(listAt(block.ragged.get('tags'), at));
        expect(part.labels?.[i]).toBe(block.labels?.[at]);
        expect(part.ids.get('place')?.[i]).toBe(block.ids.get('place')?.[at]);
        expect(part.rowIds[i]).toBe(block.rowIds[at]);
      }
    }
  });
});

describe('joins', () => {
  const log = impressions(100);

  it('bring entity columns to every event and leave strangers empty', async () => {
    const users = Array.from({ length: 10 }, (_, i) => ({ user_id: `u${i}`, city: `c${i % 3}` }));
    const { data } = await encode({ 'log.csv': log, 'users.csv': users });
    const block = data.train.block(0);
    const ids = block.ids.get('city') as Int32Array;
    const cityOf = new Map<string, number>();
    block.rowIds.forEach((row, i) => {
      const user = Number(String(log[row]['user_id']).slice(1));
      const city = user === 10 ? 'none' : `c${user % 3}`;
      expect(cityOf.get(city) ?? ids[i]).toBe(ids[i]);
      cityOf.set(city, ids[i]);
    });
    expect(cityOf.size).toBe(4);
    expect(data.fields.find((field) => field.name === 'city')).toMatchObject({
      side: 'user',
      kind: 'categorical',
    });
  });

  it('may not multiply rows, whatever automodel.json says', async () => {
    const users = [...Array(11).keys(), 3].map((i) => ({ user_id: `u${i}`, city: `c${i % 3}` }));
    const found = await infer({ 'log.csv': log, 'users.csv': users }, { task: 'ctr' });
    expect(found.config.tables['users'].kind).toBe('unused');
    const key = { role: 'user_id', type: 'string', confidence: 1, reason: 'by hand' } as const;
    const forced: ProjectConfig = {
      ...found.config,
      tables: {
        ...found.config.tables,
        users: {
          ...found.config.tables['users'],
          kind: 'entity',
          join: [{ column: 'user_id', eventColumn: 'user_id' }],
        },
      },
      columns: {
        ...found.config.columns,
        'users.user_id': key,
        'users.city': { ...key, role: 'user_feature' },
      },
    };
    const fault = await faultOf(prepare(found.dir, forced));
    expect(fault).toMatchObject({
      code: 'JOIN_MULTIPLIES_ROWS',
      details: { table: 'users', column: 'user_id', row: 12, count: 1 },
    });
    expect(fault.message).not.toContain('u3');
  });

  it('take of a dated table the last row strictly before the event', async () => {
    const start = 1_600_000_000;
    const events = parts(
      [5, 10, 11, 20, 21, 30, 31, 40, 50, 60].map((t, i) => ({
        user_id: 'u0',
        item_id: `i${i % 2}`,
        timestamp: start + t,
        label: i % 2,
      })),
    );
    const levels = [10, 20, 30, 45].map((t, i) => ({ user_id: 'u0', level: `L${i}`, updated_at: start + t }));
    const { data, warnings } = await encode(
      { 'log.csv': events, 'levels.csv': levels },
      { split: 'column:part' },
      (config) => {
        config.minCount = 1;
      },
    );
    const ids = [...(data.train.block(0).ids.get('level') as Int32Array)];
    // 5 and 10: nothing is known yet; 11 and 20: L0 (20 itself does not count); 21, 30: L1; 31, 40: L2
    expect(new Set(ids.slice(0, 2)).size).toBe(1);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[4]).toBe(ids[5]);
    expect(ids[6]).toBe(ids[7]);
    expect(new Set(ids).size).toBe(4);
    expect(data.validation.block(0).ids.get('level')?.[0]).toBe(UNKNOWN_ID);
    expect(warnings.map((warning) => warning.code)).toContain('AS_OF_TOO_LATE');
  });

  it('read item lists of a dated table in the vocabulary of the items', async () => {
    const state = Array.from({ length: 11 }, (_, i) =>
      JSON.stringify({
        user_id: `u${i}`,
        recent: ['i9', 'i3', 'nowhere', `i${i}`],
        last_time: 1_599_000_000,
      }),
    ).join('\n');
    const { data } = await encode({ 'log.csv': log, 'state.jsonl': state }, {}, (config) => {
      config.columns['state.recent'].encoding = { kind: 'sequence', ofItems: true, maxLength: 3 };
    });
    expect(data.fields.find((field) => field.name === 'recent')).toMatchObject({
      kind: 'sequence',
      vocabulary: 'item_id',
      targetField: 'item_id',
      maxLength: 3,
    });
    const block = data.train.block(0);
    const idOf = new Map<string, number>();
    block.rowIds.forEach((row, i) =>
      idOf.set(String(log[row]['item_id']), block.ids.get('item_id')?.[i] ?? -1),
    );
    block.rowIds.forEach((row, i) => {
      const user = String(log[row]['user_id']).slice(1);
      const list = listAt(block.ragged.get('recent'), i);
      expect([list[0], list[2]]).toEqual([idOf.get('i3'), idOf.get(`i${user}`)]);
    });
  });
});

describe('inputs', () => {
  it('never include leaks, signals, labels, text, the clock or the split column', async () => {
    const log = impressions(200, (row, i) => {
      row['is_like'] = i % 5 === 0 ? 1 : 0;
      row['copy'] = Number(row['label']) + 3;
      row['part'] = i < 150 ? 'train' : i < 175 ? 'valid' : 'test';
    });
    const { data } = await encode({ 'log.csv': log }, { split: 'column:part' });
    expect(data.fields.map((field) => field.name).sort()).toEqual(
      ['history', 'hour', 'item_id', 'place', 'price', 'user_id', 'weekday']
        .filter((name) => !['hour', 'weekday'].includes(name) || data.fields.some((f) => f.name === name))
        .sort(),
    );
  });

  it('hand further labels to multi-task models, and not of the test split', async () => {
    const log = impressions(200, (row, i) => void (row['is_like'] = i % 5 === 0 ? 1 : 0));
    const { data, dir } = await encode({ 'log.csv': log }, { split: 'time' }, (config) => {
      config.extraLabels = ['is_like'];
    });
    const block = data.train.block(0);
    block.rowIds.forEach((row, i) =>
      expect(block.extraLabels.get('is_like')?.[i]).toBe(row % 5 === 0 ? 1 : 0),
    );
    expect(data.test.block(0).extraLabels.size).toBe(0);
    expect(openSealed(dir).extraLabels.get('is_like')?.length).toBe(data.test.rows);
    expect(data.fields.map((field) => field.name)).not.toContain('is_like');
  });

  it('are refused when there are too many or an encoding does not fit', async () => {
    const found = await infer({ 'log.csv': impressions(100) }, { task: 'ctr' });
    const wrong = structuredClone(found.config);
    wrong.columns['log.place'].encoding = { kind: 'bucket', buckets: 4 };
    expect((await faultOf(prepare(found.dir, wrong))).code).toBe('CONFIG_INVALID');
    const unknown = structuredClone(found.config);
    unknown.columns['log.nowhere'] = { role: 'context', type: 'string', confidence: 1, reason: 'by hand' };
    expect((await faultOf(prepare(found.dir, unknown))).code).toBe('UNKNOWN_COLUMN');
  });
});

describe('users', () => {
  it('are numbered densely over all splits', async () => {
    const log = impressions(120);
    const { data } = await encode({ 'log.csv': log });
    const indexOf = new Map<string, number>();
    for (const source of [data.train, data.validation, data.test]) {
      const block = source.block(0);
      block.rowIds.forEach((row, i) => {
        const user = String(log[row]['user_id']);
        expect(indexOf.get(user) ?? block.users[i]).toBe(block.users[i]);
        indexOf.set(user, block.users[i]);
      });
    }
    expect([...indexOf.values()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: data.userCount }, (_, i) => i),
    );
  });

  it('are blocks of rows where there are none, never across splits', async () => {
    const log = impressions(1000).map(({ place, price, label }, i) => ({ row_id: i, place, price, label }));
    const { data } = await encode({ 'log.csv': log }, { split: 'column:row_id@800,900' });
    expect(data.contract.clusterBy).toBe('time-block');
    const seen = [data.train, data.validation, data.test].map((source) => new Set(source.block(0).users));
    expect(seen[0].size).toBe(16);
    expect([...seen[1]].some((index) => seen[0].has(index) || seen[2].has(index))).toBe(false);
    expect(data.userCount).toBe(seen[0].size + seen[1].size + seen[2].size);
  });
});

describe('the cache', () => {
  it('is found again by content, and not after the data changed', async () => {
    const { config, project, dir } = await encode({ 'log.csv': impressions(100) });
    const again = await prepare(project, config);
    expect([again.cached, again.dir]).toEqual([true, dir]);
    writeFileSync(join(project, 'log.csv'), csvText(impressions(101)));
    const changed = await prepare(project, config);
    expect([changed.cached, changed.contract.hash === again.contract.hash]).toEqual([false, false]);
  });

  it('keeps the contract when only inputs change, and changes it with split, label or duplicates', async () => {
    const { config, project, dir, data } = await encode({ 'log.csv': impressions(100) });
    const contractOf = async (change: Partial<ProjectConfig>): Promise<{ hash: string; dir: string }> => {
      const made = await prepare(project, { ...config, ...change });
      return { hash: made.contract.hash, dir: made.dir };
    };
    const history = await contractOf({ history: { enabled: false, maxLength: 5, of: 'clicked' } });
    expect(history.hash).toBe(data.contract.hash);
    expect(history.dir).not.toBe(dir);
    expect((await contractOf({ split: 'random' })).hash).not.toBe(data.contract.hash);
    expect((await contractOf({ duplicates: 'drop' })).hash).not.toBe(data.contract.hash);
  });

  it('holds nothing half-written after a fault or an interruption', async () => {
    const found = await infer({ 'log.csv': impressions(100) }, { task: 'ctr' });
    const control = new AbortController();
    const cacheDir = join(found.dir, 'cache');
    const options = { projectDir: found.dir, config: found.config, cacheDir, signal: control.signal };
    const onProgress = (done: number): void => {
      if (done > 0.5) control.abort();
    };
    expect((await faultOf(prepareDataset({ ...options, onProgress }))).code).toBe('INTERRUPTED');
    expect(existsSync(cacheDir) ? readdirSync(cacheDir) : []).toEqual([]);
    const made = await prepareDataset({ ...options, signal: undefined });
    expect(readdirSync(made.dir)).not.toContain('work');
  });

  it('sweeps up after writers that were killed, and not after those at work', async () => {
    const found = await infer({ 'log.csv': impressions(100) }, { task: 'ctr' });
    const cacheDir = join(found.dir, 'cache');
    // no process has this number; the parent of the tests is at work
    const [dead, alive] = ['abc-def.999999999-1.part', `abc-def.${process.ppid}-1.part`];
    for (const name of [dead, alive]) mkdirSync(join(cacheDir, name), { recursive: true });
    await prepare(found.dir, found.config);
    expect(existsSync(join(cacheDir, dead))).toBe(false);
    expect(existsSync(join(cacheDir, alive))).toBe(true);
  });

  it('takes two writers at once', async () => {
    const found = await infer({ 'log.csv': impressions(100) }, { task: 'ctr' });
    const [one, other] = await Promise.all([
      prepare(found.dir, found.config),
      prepare(found.dir, found.config),
    ]);
    expect(one.dir).toBe(other.dir);
    expect(openDataset(one.dir).contract).toEqual(one.contract);
    expect(readdirSync(join(found.dir, 'cache'))).toHaveLength(1);
  });

  it('gives the same bytes twice', async () => {
    const files = { 'log.csv': impressions(300) };
    const first = await encode(files);
    const second = await encode(files);
    for (const name of ['train/0.bin', 'validation/0.bin', 'test/0.bin', 'sealed/test.bin', 'features.sql']) {
      expect(readFileSync(join(second.dir, name)).equals(readFileSync(join(first.dir, name))), name).toBe(
        true,
      );
    }
  });

  it('names a file that is cut off', async () => {
    const { dir } = await encode({ 'log.csv': impressions(100) });
    writeFileSync(join(dir, 'train/0.bin'), 'short');
    const damaged = openDataset(dir);
    if (damaged.task === 'next-item') throw new Error('expected ctr');
    expect(() => damaged.train.block(0)).toThrow(expect.objectContaining({ code: 'ARTEFACT_CORRUPT' }));
  });
});

describe('ratings', () => {
  it('stay numbers for task rating', async () => {
    const log = impressions(100, (row, i) => {
      delete row['label'];
      row['rating'] = 1 + (i % 5);
    });
    const { data } = await encode({ 'log.csv': log }, { task: 'rating', split: 'time' });
    expect(data.task).toBe('rating');
    const block = data.train.block(0);
    block.rowIds.forEach((row, i) => expect(block.labels?.[i]).toBe(1 + (row % 5)));
    expect(data.fields.some((field) => field.name === 'rating')).toBe(false);
  });
});

describe('positions', () => {
  it('are rows of the event table', async () => {
    const { data } = await encode({ 'log.csv': impressions(50) });
    const all = [data.train, data.validation, data.test].flatMap((source) => [
      ...positions(source.block(0)).keys(),
    ]);
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(FIRST_VALUE_ID).toBe(2);
  });
});
