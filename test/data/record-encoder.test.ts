import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecordEncoder, type RawRecord, type RecordEncoder } from '../../src/data/index.js';
import { UNKNOWN_ID } from '../../src/schema/index.js';
import { faultOf, type Rows } from './fixtures.js';
import { encodeCtr, encoded, eventColumns, eventRows, handmade, inputsOfRows } from './handmade.js';
import { wholeProject } from './whole-project.js';

function inputsOf({ fields }: RecordEncoder, record: RawRecord): Record<string, number | readonly number[]> {
  return Object.fromEntries(fields.map(({ field, encode }) => [field.name, encode(record)]));
}

const secondsOf = (row: Rows[number]): number => Number(row['ts']);

/** The row of a dated table that held strictly before the moment. */
function asOf(dated: Rows, user: unknown, seconds: number): Rows[number] | undefined {
  return dated
    .filter((row) => row['user'] === user && Number(row['since']) < seconds)
    .toSorted((a, b) => Number(a['since']) - Number(b['since']))
    .at(-1);
}

describe('openRecordEncoder', () => {
  it('encodes a record in memory as the dataset was encoded, field by field (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(3, 5, 7, 17), async (seed) => {
        const { made, rows, people, dated } = wholeProject(seed);
        const dataset = await encodeCtr(made);
        const encoder = await openRecordEncoder(dataset.dir, made.config);
        const known = inputsOfRows(dataset.data);
        expect(encoder.fields.length).toBe(11); // all twelve but the history
        for (const [i, row] of rows.entries()) {
          const record: RawRecord = {
            event: row,
            joined: {
              users: people.find((person) => person['user'] === row['user']),
              levels: asOf(dated, row['user'], secondsOf(row)),
            },
            atMicros: secondsOf(row) * 1e6,
          };
          const { history: _behaviour, ...expected } = known.get(i) as Record<
            string,
            number | readonly number[]
          >;
          expect([i, inputsOf(encoder, record)]).toEqual([i, expected]);
        }
      }),
      { numRuns: 4 },
    );
  });

  it('knows items by the ids of the candidate and of histories, whole numbers of any size too', async () => {
    const big = (i: number): string => String(9_007_199_254_740_993n + BigInt(i));
    const rows = eventRows(40, (i) => ({ item: big(i % 4) }));
    const columns = { ...eventColumns, item: { role: 'item_id', type: 'integer' } } as const;
    const made = handmade({ log: { rows, columns } });
    const dataset = await encodeCtr(made);
    const encoder = await openRecordEncoder(dataset.dir, made.config);
    const ids = [0, 1, 2, 3].map((i) => encoder.itemId(big(i)));
    expect(new Set(ids).size).toBe(4);
    expect(Math.min(...ids)).toBeGreaterThan(UNKNOWN_ID);
    expect(encoder.itemId(BigInt(big(2)))).toBe(ids[2]);
    expect(encoder.itemId(big(9))).toBe(UNKNOWN_ID);
    const item = encoder.fields.find(({ field }) => field.name === encoder.itemField);
    expect(item?.encode({ event: { item: big(3) } })).toBe(ids[3]);
  });

  it('takes absent members, unknown values and what no float holds as the tables do', async () => {
    const { made } = wholeProject(5);
    const dataset = await encodeCtr(made);
    const encoder = await openRecordEncoder(dataset.dir, made.config);
    const nothing = inputsOf(encoder, { event: {} });
    expect(nothing['weight']).toBe(0);
    expect(nothing['tags']).toEqual([]);
    expect(nothing['hour']).toBe(UNKNOWN_ID);
    const odd = inputsOf(encoder, {
      event: {
        user: 99,
        item: 99,
        word: 'never',
        price: Number.POSITIVE_INFINITY,
        weight: Number.NaN,
        tags: '|t0| nope ',
      },
    });
    expect(odd['word']).toBe(UNKNOWN_ID);
    expect(odd['weight']).toBe(0);
    expect(odd['price']).toBe((dataset.data.vocabularySizes.get('price') ?? 0) - 1); // the last bucket
    expect(odd['tags']).toEqual([expect.any(Number), UNKNOWN_ID]);
  });

  it('names the column whose value it cannot hold', async () => {
    const { made } = wholeProject(3);
    const dataset = await encodeCtr(made);
    const encoder = await openRecordEncoder(dataset.dir, made.config);
    const fault = (event: Record<string, unknown>) =>
      faultOf(Promise.resolve().then(() => inputsOf(encoder, { event })));
    expect(await fault({ user: 1.5 })).toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: 'log.user holds integer values, not 1.5',
    });
    expect(await fault({ user: 1, item: 1, price: 'dear' })).toMatchObject({ details: { column: 'price' } });
    expect(await fault({ user: 1, item: 1, tags: ['t1'] })).toMatchObject({ details: { column: 'tags' } });
    expect(await fault({ user: 1, item: 1, word: { a: 1 } })).toMatchObject({ details: { column: 'word' } });
  });

  it('reads lists, booleans and texts that hold items as the tables do', async () => {
    // What the user met five and ten events before.
    const met = (i: number): string | undefined => (i < 0 ? undefined : String((i * 3) % 7));
    const rows = eventRows(30, (i) => ({ seen: [met(i - 10), 'x', ' ', met(i - 5)].join(',') }));
    const made = handmade(
      {
        log: {
          rows,
          columns: {
            ...eventColumns,
            seen: encoded('sequence', { kind: 'sequence', ofItems: true, separator: ',', maxLength: 2 }),
          },
        },
      },
      {},
    );
    const dataset = await encodeCtr(made);
    const encoder = await openRecordEncoder(dataset.dir, made.config);
    const known = inputsOfRows(dataset.data);
    rows.forEach((row, i) => {
      expect(inputsOf(encoder, { event: row, atMicros: secondsOf(row) * 1e6 })).toEqual(known.get(i));
    });
  });
});
