import { encoded, eventColumns, eventRows, handmade } from './handmade.js';
import type { Rows } from './fixtures.js';

/** One column of every encoding, side tables with and without a date, histories and hours: all that a row is made of. */
export function wholeProject(seed: number): {
  made: ReturnType<typeof handmade>;
  rows: Rows;
  people: Rows;
  dated: Rows;
} {
  const rows = eventRows(50, (i) => ({
    word: (i * seed) % 11 === 0 ? null : `w${(i * seed) % 6}`,
    price: (i * seed) % 13 === 0 ? null : ((i * 37 * seed) % 101) / 4,
    weight: (i * 13 * seed) % 29,
    count: (i * i * seed) % 1009,
    tags: (i * seed) % 5 === 0 ? null : `t${i % 3}|t${(i * seed) % 4}`,
  }));
  const join = [{ column: 'user', eventColumn: 'user' }];
  const people = [0, 1, 2, 3].map((user) => ({ user, age: 20 + ((user * seed) % 40) }));
  const dated = [0, 1, 2, 3, 4].flatMap((user) =>
    [0, 1, 2].map((k) => ({
      user,
      level: `L${(user + k * seed) % 4}`,
      since: 1_600_000_000 + k * 170 + ((user * seed) % 50) - 20,
    })),
  );
  const made = handmade(
    {
      log: {
        rows,
        columns: {
          ...eventColumns,
          word: encoded('context', { kind: 'categorical', minCount: 3 }),
          price: { role: 'context', type: 'number', encoding: { kind: 'bucket', buckets: 8 } },
          weight: { role: 'context', type: 'number', encoding: { kind: 'standardise' } },
          count: { role: 'context', type: 'integer', encoding: { kind: 'log' } },
          tags: encoded('item_feature', { kind: 'multi', separator: '|', maxValues: 4 }),
        },
      },
      users: { rows: people, columns: { user: 'user_id', age: 'user_feature' }, join },
      levels: {
        rows: dated,
        kind: 'dated',
        columns: { user: 'user_id', level: 'user_feature', since: 'timestamp' },
        join,
        asOf: 'since',
      },
    },
    {
      history: { enabled: true, maxLength: 5, of: 'clicked' },
      timeFeatures: { enabled: true, utcOffsetMinutes: 90 },
    },
  );
  return { made, rows, people, dated };
}
