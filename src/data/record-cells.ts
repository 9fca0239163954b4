import { AutoModelError } from '../platform/index.js';
import type { ColumnType } from '../schema/index.js';

/** A column as messages name it. */
export interface CellPlace {
  readonly table: string;
  readonly column: string;
  readonly type: ColumnType;
}

function unreadable({ table, column, type }: CellPlace, value: unknown): AutoModelError {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? String(inner) : inner,
  );
  return new AutoModelError(
    'SCHEMA_MISMATCH',
    `${table}.${column} holds ${type} values, not ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`,
    {
      remedy: 'Send a value of that type, or null where there is none.',
      details: { table, column, type },
    },
  );
}

const wholeNumber = /^[+-]?\d+$/;

/**
 * A raw value as vocabularies know it: texts as they are, numbers by their value, whole numbers of any size. Undefined
 * where there is none (null, an absent member).
 * @throws SCHEMA_MISMATCH for a value that the column cannot hold
 */
export function cellKey(place: CellPlace, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (place.type) {
    case 'integer':
      if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)))
        return String(BigInt(value));
      // Ids that a JSON number cannot hold come as text.
      if (typeof value === 'string' && wholeNumber.test(value.trim())) return String(BigInt(value.trim()));
      throw unreadable(place, value);
    case 'number':
      return numberKey(cellNumber(place, value));
    case 'boolean':
      if (typeof value === 'boolean') return String(value);
      throw unreadable(place, value);
    default:
      if (typeof value === 'string') return value;
      if (place.type === 'string' && (typeof value === 'number' || typeof value === 'bigint'))
        return String(value);
      throw unreadable(place, value);
  }
}

/** Equal numbers have equal keys, 0 and -0 too. */
export const numberKey = (value: number): string => String(value === 0 ? 0 : value);

/** @throws SCHEMA_MISMATCH for what is not a number */
export function cellNumber(place: CellPlace, value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (place.type === 'integer' && typeof value === 'string' && wholeNumber.test(value.trim()))
    return Number(value);
  throw unreadable(place, value);
}

/** The members of a list column. @throws SCHEMA_MISMATCH for what is not a list */
export function cellList(place: CellPlace, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unreadable(place, value);
}

/** @throws SCHEMA_MISMATCH for what is not text */
export function cellText(place: CellPlace, value: unknown): string {
  if (typeof value === 'string') return value;
  throw unreadable(place, value);
}
