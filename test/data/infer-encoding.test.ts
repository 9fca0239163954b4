import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketCount } from '../../src/data/infer-encoding.js';
import { impressions, infer, type Rows } from './fixtures.js';

type Change = Parameters<typeof impressions>[1];

/** Encodings of the event columns of a log, by name. */
async function encodings(count: number, change: Change, files: Record<string, Rows> = {}) {
  const { config } = await infer(
    { 'log.csv': impressions(count, change), ...files },
    { task: 'ctr', split: 'time' },
  );
  return (table: string, name: string) => config.columns[`${table}.${name}`];
}

describe('bucketCount', () => {
  it.each([
    [1, 8],
    [2_000, 8],
    [20_000, 16],
    [80_000, 16],
    [228_329, 32],
    [1_000_000, 32],
    [10_000_000, 64],
    [45_840_617, 64],
  ])('of %d events is %d', (rows, buckets) => {
    expect(bucketCount(rows)).toBe(buckets);
  });

  it('never falls as a log grows, and stays a power of two that the schema allows', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), (a, b) => {
        const [fewer, more] = [bucketCount(Math.min(a, b)), bucketCount(Math.max(a, b))];
        expect(fewer).toBeLessThanOrEqual(more);
        for (const count of [fewer, more]) expect([8, 16, 32, 64]).toContain(count);
      }),
    );
  });
});

describe('encodings that are inferred', () => {
  it('cut measured numbers, and take codes and few values as they are', async () => {
    const of = await encodings(400, (row, i) => {
      row['amount'] = (i * 7919) % 211;
      row['rate'] = ((i * 7919) % 211) / 211;
      row['region_code'] = (i * 7919) % 199;
      row['slots'] = (i * 3) % 7;
    });
    expect(of('log', 'amount').encoding).toEqual({ kind: 'bucket', buckets: 8 });
    expect(of('log', 'rate').encoding).toEqual({ kind: 'bucket', buckets: 8 });
    expect(of('log', 'region_code').encoding).toEqual({ kind: 'categorical' });
    expect(of('log', 'slots').encoding).toEqual({ kind: 'categorical' });
  });

  it('go by the events, not by the rows of a side table', async () => {
    const users = Array.from({ length: 3000 }, (_, i) => ({
      user_id: `u${i}`,
      balance: ((i * 7919) % 2999) / 10,
    }));
    const of = await encodings(400, () => {}, { 'users.csv': users });
    expect(of('users', 'balance').encoding).toEqual({ kind: 'bucket', buckets: 8 });
  });

  it('ask for five rows a value in wide columns of long logs, and never of users and items', async () => {
    const wide: Change = (row, i) => {
      row['user_id'] = `u${(i * 7919) % 3001}`;
      row['author_id'] = (i * 7919) % 1499;
      row['campaign'] = `c${(i * 7919) % 997}`;
      row['place'] = `p${(i * 7919) % 89}`;
    };
    const long = await encodings(10_000, wide);
    expect(long('log', 'author_id').encoding).toEqual({ kind: 'categorical', minCount: 5 });
    expect(long('log', 'campaign').encoding).toEqual({ kind: 'categorical', minCount: 5 });
    expect(long('log', 'place').encoding).toEqual({ kind: 'categorical' });
    for (const id of ['user_id', 'item_id'])
      expect(long('log', id).encoding).toEqual({ kind: 'categorical' });
    const short = await encodings(9999, wide);
    expect(short('log', 'author_id').encoding).toEqual({ kind: 'categorical' });
  });

  it('skip what is empty, never changes, or is a date', async () => {
    const of = await encodings(400, (row, i) => {
      row['constant'] = 4;
      row['mostly'] = i % 50 === 0 ? null : 4;
      row['void'] = null;
    });
    expect(of('log', 'constant').encoding).toEqual({ kind: 'skip' });
    expect(of('log', 'constant').reason).toContain('never changes');
    expect(of('log', 'void').encoding).toEqual({ kind: 'skip' });
    expect(of('log', 'void').reason).toContain('empty');
    // one value or none is still a difference
    expect(of('log', 'mostly').encoding).toEqual({ kind: 'categorical' });
  });

  it('find a separator where cutting at it leaves few values, and not in prose or numbers', async () => {
    const of = await encodings(600, (row, i) => {
      row['tags'] = [`t${i % 5}`, `t${(i * i) % 7}`, `t${(i >> 3) % 4}`].join('|');
      row['semi'] = [`t${i % 5}`, `t${(i * i) % 7}`, `t${(i >> 3) % 4}`].join(';');
      row['pair'] = `${String.fromCharCode(97 + (i % 3))},x`;
      row['plain'] = `v${i % 45}`;
    });
    expect(of('log', 'tags').encoding).toMatchObject({ kind: 'multi', separator: '|' });
    expect(of('log', 'semi').encoding).toMatchObject({ kind: 'multi', separator: ';' });
    // "a,x" "b,x" "c,x" are three values; cut they would be four
    expect(of('log', 'pair').encoding).toEqual({ kind: 'categorical' });
    expect(of('log', 'plain').encoding).toEqual({ kind: 'categorical' });
  });

  it('give none to what is no input', async () => {
    const of = await encodings(400, (row, i) => {
      row['is_like'] = i % 2;
      row['play_time_ms'] = (i * 7919) % 997;
    });
    for (const name of ['label', 'timestamp', 'is_like', 'play_time_ms'])
      expect([name, of('log', name).encoding]).toEqual([name, undefined]);
  });
});
