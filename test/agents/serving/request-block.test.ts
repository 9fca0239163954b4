import { describe, expect, it } from 'vitest';
import { candidateFields, RequestBlock, type RawRequest } from '../../../src/agents/serving/request-block.js';
import { UNKNOWN_ID } from '../../../src/schema/index.js';
import { encodedOf, handEncoder, place } from './hand-encoder.js';

const block = (...names: string[]) =>
  new RequestBlock(handEncoder, encodedOf(...names), place('user_id'), ['users']);
const asked = (more: Partial<RawRequest> = {}): RawRequest => ({
  user: 'v',
  record: { event: {}, joined: { users: { age: 40 } } },
  context: {},
  history: Int32Array.of(4, 2),
  atMs: 5 * 3_600_000,
  ...more,
});

describe('RequestBlock', () => {
  it('is one row of what the model reads of a request: ids, numbers, lists and the behaviour', () => {
    const { rows, ids, numeric, ragged, labels } = block('user', 'age', 'hour', 'mood', 'history').encode(
      asked({ context: { mood: 'cheap' } }),
    );
    expect(rows).toBe(1);
    expect([...ids]).toEqual([['user', Int32Array.of(3)]]);
    expect([...numeric]).toEqual([
      ['age', Float32Array.of(4)],
      ['hour', Float32Array.of(5)],
    ]);
    expect([...ragged]).toEqual([
      ['mood', { values: Int32Array.of(3), begins: Int32Array.of(0), ends: Int32Array.of(1) }],
      ['history', { values: Int32Array.of(4, 2), begins: Int32Array.of(0), ends: Int32Array.of(2) }],
    ]);
    expect(labels).toBeUndefined();
  });

  it('believes the context more than what the state has, in the event table and in those of users', () => {
    const { numeric } = block('age', 'hour').encode(
      asked({
        record: { event: { hour: 1 }, joined: { users: { age: 40 } } },
        context: { age: 70, hour: 9 },
      }),
    );
    expect([...numeric.values()].map(([value]) => value)).toEqual([7, 9]);
    // What the request is about is the user who asks, whatever the context says.
    const { ids } = block('user').encode(asked({ context: { user_id: 'u' } }));
    expect(ids.get('user')).toEqual(Int32Array.of(3));
  });

  it('has an answer for a user that nobody knows and who did nothing', () => {
    const { ids, numeric, ragged } = block('user', 'age', 'history').encode(
      asked({ user: 'nobody', record: { event: {} }, history: new Int32Array(0) }),
    );
    expect([ids.get('user')?.[0], numeric.get('age')?.[0]]).toEqual([UNKNOWN_ID, 0]);
    expect(ragged.get('history')?.ends[0]).toBe(0);
  });

  it('refuses a value that its column cannot hold, which only this request has', () => {
    expect(() => block('age').encode(asked({ context: { age: 'old' } }))).toThrow(
      expect.objectContaining({ code: 'SCHEMA_MISMATCH' }),
    );
  });

  it('is refused where the encoded data lack a field that the model reads', () => {
    const lost = { kind: 'numeric', name: 'height', side: 'user' } as const;
    const fault = expect.objectContaining({ code: 'CONTRACT_MISMATCH', details: { field: 'height' } });
    expect(() => new RequestBlock(handEncoder, [lost], place('user_id'), [])).toThrow(fault);
    expect(() => candidateFields(handEncoder, [lost])).toThrow(fault);
    expect(candidateFields(handEncoder, encodedOf('price', 'item')).map(({ field }) => field.name)).toEqual([
      'item',
      'price',
    ]);
  });
});
