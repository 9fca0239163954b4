import { join, resolve } from 'node:path';
import { AutoModelError } from '../platform/index.js';
import {
  FIRST_VALUE_ID,
  UNKNOWN_ID,
  type ColumnType,
  type EncodedField,
  type ProjectConfig,
} from '../schema/index.js';
import { readRecord, type CtrRecord } from './dataset-record.js';
import { openEngine } from './engine.js';
import type { FieldPlan } from './field-plan.js';
import { eventTable } from './project-files.js';
import { cellKey, cellList, cellNumber, cellText, numberKey, type CellPlace } from './record-cells.js';
import { quoteText } from './sql.js';

/** Raw values of one row: its members by column name. Absent members are missing values. */
export type RawRow = Readonly<Record<string, unknown>>;

/** What the fields of one event are made of. */
export interface RawRecord {
  /** columns of the event table */
  readonly event: RawRow;
  /** rows of other tables that the event joins, by table; a table that is absent joins nothing */
  readonly joined?: Readonly<Record<string, RawRow | undefined>>;
  /** moment of the event, microseconds since 1970 in UTC; undefined leaves hour and weekday unknown */
  readonly atMicros?: number;
}

/** A field, where its raw value stands, and what it becomes. */
export interface RecordField {
  readonly field: EncodedField;
  /** undefined: the event table */
  readonly table: string | undefined;
  readonly column: string;
  /**
   * categorical: an id; numeric: a float; multi and sequence: ids in order
   * @throws SCHEMA_MISMATCH for a value that the column cannot hold
   */
  encode(record: RawRecord): number | readonly number[];
}

/** Encodes rows in memory, one at a time, as `encodeRows` encodes files: the path that serving takes. */
export interface RecordEncoder {
  /** all fields but the history, which is behaviour and not a column */
  readonly fields: readonly RecordField[];
  readonly itemField: string | undefined;
  /** id of a raw item in the vocabulary that histories and candidates share; UNKNOWN_ID where it is not known */
  itemId(item: unknown): number;
}

type Ids = ReadonlyMap<string, number>;
const dayMicros = 86_400_000_000;
const hourMicros = 3_600_000_000;

/**
 * @param dir folder of the prepared dataset, whose vocabularies, cuts and means are used
 * @throws USAGE for next-item datasets, FILE_NOT_FOUND, ARTEFACT_CORRUPT
 */
export async function openRecordEncoder(dir: string, config: ProjectConfig): Promise<RecordEncoder> {
  const record = readRecord(resolve(dir));
  if (record.kind !== 'ctr')
    throw new AutoModelError('USAGE', 'Rows can be encoded for the tasks ctr and rating only', {
      details: { task: record.contract.task },
    });
  const vocabularies = await readVocabularies(resolve(dir), record);
  const events = eventTable(config);
  const placeOf = (plan: FieldPlan): CellPlace => {
    const table = plan.table ?? events;
    return { table, column: plan.column, type: config.columns[`${table}.${plan.column}`]?.type ?? 'string' };
  };
  const itemType = Object.entries(config.columns).find(
    ([key, column]) => key.startsWith(`${events}.`) && column.role === 'item_id',
  )?.[1].type;
  const plans = new Map(record.plans.map((plan) => [plan.name, plan]));
  const fields = record.fields.flatMap((encoded): RecordField[] => {
    const plan = plans.get(encoded.name);
    if (plan === undefined) return [];
    const place = placeOf(plan);
    const encode = encoder(plan, place, vocabularies, config.timeFeatures.utcOffsetMinutes, itemType);
    return [
      {
        field: encoded as EncodedField,
        table: plan.table,
        column: plan.column,
        encode: (raw) =>
          encode(
            plan.table === undefined ? raw.event[plan.column] : raw.joined?.[plan.table]?.[plan.column],
            raw.atMicros,
          ),
      },
    ];
  });
  const item = record.itemField === undefined ? undefined : plans.get(record.itemField);
  return {
    fields,
    itemField: record.itemField,
    itemId(value) {
      if (item?.kind !== 'categorical')
        throw new AutoModelError('USAGE', 'The dataset has no item column, so it has no items');
      const key = cellKey(placeOf(item), value);
      return key === undefined ? item.nullId : (vocabularies.get(item.vocabulary)?.get(key) ?? UNKNOWN_ID);
    },
  };
}

async function readVocabularies(dir: string, record: CtrRecord): Promise<ReadonlyMap<string, Ids>> {
  const files = record.vocabularies.flatMap(({ file }) => (file === undefined ? [] : [join(dir, file)]));
  const engine = await openEngine({ files });
  try {
    const out = new Map<string, Ids>();
    for (const { name, file } of record.vocabularies) {
      if (file === undefined) continue;
      const rows = await engine.rows(
        `SELECT value, id FROM read_parquet(${quoteText(join(dir, file))}) WHERE value IS NOT NULL`,
      );
      out.set(
        name,
        new Map(
          rows.map(([value, id]) => [
            typeof value === 'number' ? numberKey(value) : String(value),
            Number(id),
          ]),
        ),
      );
    }
    return out;
  } finally {
    engine.close();
  }
}

type Encode = (value: unknown, atMicros: number | undefined) => number | readonly number[];

function encoder(
  plan: FieldPlan,
  place: CellPlace,
  vocabularies: ReadonlyMap<string, Ids>,
  utcOffsetMinutes: number,
  itemType: ColumnType | undefined,
): Encode {
  const ids =
    'vocabulary' in plan ? (vocabularies.get(plan.vocabulary) ?? new Map<string, number>()) : undefined;
  const idOf = (key: string): number => ids?.get(key) ?? UNKNOWN_ID;
  switch (plan.kind) {
    case 'categorical': {
      const keyOf = transform(plan.transform, place, utcOffsetMinutes);
      return (value, atMicros) => {
        const key = keyOf(value, atMicros);
        return key === undefined ? plan.nullId : idOf(key);
      };
    }
    case 'bucket': {
      const first = plan.nullId === FIRST_VALUE_ID ? FIRST_VALUE_ID + 1 : FIRST_VALUE_ID;
      return (value) =>
        value === null || value === undefined
          ? plan.nullId
          : first + bucketOf(plan.cuts, cellNumber(place, value));
    }
    case 'standardise':
      return (value) => {
        if (value === null || value === undefined) return 0;
        const standard = (cellNumber(place, value) - plan.mean) / plan.sd;
        return Math.abs(standard) <= 3.4e38 ? Math.fround(standard) : 0;
      };
    case 'multi':
      return (value) => {
        if (value === null || value === undefined) return [];
        const { separator } = plan;
        const keys =
          separator === undefined
            ? listKeys(place, value)
            : cellText(place, value)
                .split(separator)
                .map((part) => part.trim() || undefined);
        // A bag keeps its first members, missing ones counted.
        return known(keys.slice(0, plan.maxLength)).map(idOf);
      };
    case 'sequence': {
      const { separator } = plan;
      const ofNumbers = plan.ofItems && itemType === 'integer';
      return (value) => {
        if (value === null || value === undefined) return [];
        const keys =
          separator === undefined
            ? listKeys(place, value)
            : cutText(cellText(place, value), separator, ofNumbers);
        return known(keys.slice(-plan.maxLength)).map(idOf);
      };
    }
  }
}

const known = (keys: readonly (string | undefined)[]): string[] =>
  keys.filter((key): key is string => key !== undefined);

function listKeys(place: CellPlace, value: unknown): (string | undefined)[] {
  const member = {
    ...place,
    type: place.type === 'list-integer' ? ('integer' as const) : ('string' as const),
  };
  return cellList(place, value).map((inner) => cellKey(member, inner));
}

/** Text cut at a separator, empty parts left out; parts of a list of numbers that are none count as missing. */
function cutText(text: string, separator: string, ofNumbers: boolean): (string | undefined)[] {
  const parts = text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return ofNumbers
    ? parts.map((part) => (/^[+-]?\d+$/.test(part) ? String(BigInt(part)) : undefined))
    : parts;
}

/** Number of cuts below the value: the first bucket whose upper end reaches it. */
function bucketOf(cuts: readonly number[], value: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= cuts[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

type KeyOf = (value: unknown, atMicros: number | undefined) => string | undefined;

/** As the SQL of the same transforms (field-source): local time by a fixed offset, Sunday 0. */
function transform(
  name: Extract<FieldPlan, { kind: 'categorical' }>['transform'],
  place: CellPlace,
  utcOffsetMinutes: number,
): KeyOf {
  const local = (atMicros: number): number => atMicros + utcOffsetMinutes * 60_000_000;
  const intoDay = (at: number): number => ((at % dayMicros) + dayMicros) % dayMicros;
  switch (name) {
    case 'value':
      return (value) => cellKey(place, value);
    case 'log':
      return (value) => {
        if (value === null || value === undefined) return undefined;
        const x = cellNumber(place, value);
        return numberKey(Math.sign(x) * Math.floor(Math.log(1 + Math.min(Math.abs(x), 1e300)) ** 2));
      };
    case 'hour':
      return (_value, at) =>
        at === undefined ? undefined : String(Math.floor(intoDay(local(at)) / hourMicros));
    case 'weekday':
      return (_value, at) => {
        if (at === undefined) return undefined;
        const days = (local(at) - intoDay(local(at))) / dayMicros;
        return String(((days % 7) + 11) % 7);
      };
  }
}
