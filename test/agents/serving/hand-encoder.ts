import type { RawRecord, RecordEncoder, RecordField } from '../../../src/data/index.js';
import { AutoModelError } from '../../../src/platform/index.js';
import { FIRST_VALUE_ID, UNKNOWN_ID, type EncodedField } from '../../../src/schema/index.js';

/** Values of a vocabulary in the order of their ids. */
const vocabularies: Readonly<Record<string, readonly string[]>> = {
  item: ['a', 'b', 'c'],
  colour: ['red', 'blue'],
  tag: ['new', 'cheap', 'big'],
  user: ['u', 'v'],
};
const idOf = (vocabulary: string, value: unknown): number => {
  const at = vocabularies[vocabulary].indexOf(String(value));
  return at < 0 ? UNKNOWN_ID : at + FIRST_VALUE_ID;
};

function field(
  encoded: EncodedField,
  table: string | undefined,
  column: string,
  encode: (value: unknown, record: RawRecord) => number | readonly number[],
): RecordField {
  const valueOf = ({ event, joined }: RawRecord): unknown =>
    table === undefined ? event[column] : joined?.[table]?.[column];
  return { field: encoded, table, column, encode: (record) => encode(valueOf(record), record) };
}

const categorical = (name: string, side: 'item' | 'user' | 'context', vocabulary = name): EncodedField => ({
  kind: 'categorical',
  name,
  side,
  vocabulary,
});
const numberOf = (value: unknown): number => {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number') return value / 10;
  throw new AutoModelError('SCHEMA_MISMATCH', `${JSON.stringify(value)} is no number`);
};

/** An encoder that a person can follow: three items, two colours, three tags, two users; a tenth of a price. */
export const handEncoder: RecordEncoder = {
  itemField: 'item',
  itemId: (value) => idOf('item', value),
  fields: [
    field(categorical('item', 'item'), undefined, 'item_id', (value) => idOf('item', value)),
    field(categorical('colour', 'item'), 'items', 'colour', (value) => idOf('colour', value)),
    field({ kind: 'numeric', name: 'price', side: 'item' }, 'items', 'price', numberOf),
    field({ kind: 'multi', name: 'tags', side: 'item', vocabulary: 'tag' }, 'items', 'tags', (value) =>
      String(value ?? '')
        .split(' ')
        .filter((text) => text !== '')
        .map((text) => idOf('tag', text)),
    ),
    field(categorical('user', 'user'), undefined, 'user_id', (value) => idOf('user', value)),
    field({ kind: 'numeric', name: 'age', side: 'user' }, 'users', 'age', numberOf),
    field({ kind: 'numeric', name: 'hour', side: 'context' }, undefined, 'hour', (value, { atMicros = 0 }) =>
      typeof value === 'number' ? value : Math.floor(atMicros / 3.6e9) % 24,
    ),
    field(
      { kind: 'multi', name: 'mood', side: 'context', vocabulary: 'tag' },
      undefined,
      'mood',
      (value): readonly number[] => (value === undefined ? [] : [idOf('tag', value)]),
    ),
  ],
};

export const encodedOf = (...names: string[]): EncodedField[] =>
  names.map(
    (name) =>
      handEncoder.fields.find((one) => one.field.name === name)?.field ?? {
        kind: 'sequence',
        name,
        vocabulary: 'item',
        maxLength: 5,
        targetField: 'item',
      },
  );

export const place = (column: string) => ({ column, valueOf: (id: string) => id });
