import { openDataset } from '../../src/data/index.js';
import type {
  ColumnConfig,
  ColumnRole,
  ColumnType,
  CtrDataset,
  CtrSource,
  Encoding,
  ProjectConfig,
  SplitName,
  TableConfig,
} from '../../src/schema/index.js';
import { listAt, prepare, project, type Rows } from './fixtures.js';

type Cell = string | number | null;

/** A column by its role, or by more than that. The type goes by the cells unless it is given. */
export type HandColumn = ColumnRole | (Partial<ColumnConfig> & { readonly role: ColumnRole });

export interface HandTable {
  readonly rows: Rows;
  readonly columns: Readonly<Record<string, HandColumn>>;
  /** default: events for the first table, entity for the others */
  readonly kind?: TableConfig['kind'];
  readonly join?: TableConfig['join'];
  readonly asOf?: string;
  /** default csv */
  readonly format?: 'csv' | 'jsonl';
}

export const encoded = (role: ColumnRole, encoding: Encoding): HandColumn => ({ role, encoding });

function typeOf(cells: readonly (Cell | undefined)[]): ColumnType {
  const present = cells.filter((cell) => cell !== null && cell !== undefined);
  if (present.length === 0 || present.some((cell) => typeof cell === 'string')) return 'string';
  return present.every((cell) => Number.isInteger(cell)) ? 'integer' : 'number';
}

type Tables = Readonly<Record<string, HandTable>>;

const fileOf = (name: string, table: HandTable): string => `${name}.${table.format ?? 'csv'}`;

/** An automodel.json that is written by hand: nothing is inferred. */
export function handConfig(tables: Tables, change: Partial<ProjectConfig> = {}): ProjectConfig {
  const configs: Record<string, TableConfig> = {};
  const columns: Record<string, ColumnConfig> = {};
  for (const [index, [name, table]] of Object.entries(tables).entries()) {
    const format = table.format ?? 'csv';
    configs[name] = {
      kind: table.kind ?? (index === 0 ? 'events' : 'entity'),
      format,
      files: [{ path: fileOf(name, table) }],
      ...(format === 'csv' ? { csv: { delimiter: ',', quote: '"', header: true } } : {}),
      join: table.join ?? [],
      ...(table.asOf === undefined ? {} : { asOf: table.asOf }),
    };
    for (const [column, given] of Object.entries(table.columns)) {
      const settings = typeof given === 'string' ? { role: given } : given;
      const type = settings.type ?? typeOf(table.rows.map((row) => row[column]));
      columns[`${name}.${column}`] = {
        confidence: 1,
        reason: 'by hand',
        ...(settings.role === 'timestamp' && type === 'integer' ? { unit: 'seconds' as const } : {}),
        ...settings,
        type,
      };
    }
  }
  return {
    schemaVersion: 1,
    task: 'ctr',
    split: 'column:part',
    seed: 1,
    tables: configs,
    columns,
    label: { column: 'label' },
    extraLabels: [],
    clock: 'ts',
    duplicates: 'keep',
    minCount: 1,
    history: { enabled: false, maxLength: 50, of: 'clicked' },
    timeFeatures: { enabled: false, utcOffsetMinutes: 0 },
    ...change,
  };
}

/** A project in a folder: every table is one file, its automodel.json is written by hand. */
export function handmade(
  tables: Tables,
  change: Partial<ProjectConfig> = {},
): { dir: string; config: ProjectConfig } {
  const files = Object.entries(tables).map(([name, table]): [string, Rows | string] => [
    fileOf(name, table),
    table.format === 'jsonl' ? table.rows.map((row) => JSON.stringify(row)).join('\n') : table.rows,
  ]);
  const { dir } = project(Object.fromEntries(files));
  return { dir, config: handConfig(tables, change) };
}

/** Columns that every event table of these tests has. */
export const eventColumns = {
  user: 'user_id',
  item: 'item_id',
  ts: 'timestamp',
  label: 'label',
  part: 'split',
} as const satisfies Record<string, HandColumn>;

export const start = 1_600_000_000;

/** Events in the order of time, cut 70/15/15 by their place; `more` adds or overwrites cells. */
export function eventRows(
  count: number,
  more: (index: number) => Partial<Record<string, Cell>> = () => ({}),
): Rows {
  return Array.from({ length: count }, (_, i) => ({
    user: (i * 7) % 5,
    item: (i * 3) % 7,
    ts: start + i * 10,
    label: (i * i + i) % 3 === 0 ? 1 : 0,
    part: i < 0.7 * count ? 'train' : i < 0.85 * count ? 'valid' : 'test',
    ...(more(i) as Record<string, Cell>),
  }));
}

export interface Encoded {
  readonly data: CtrDataset;
  readonly dir: string;
  readonly warnings: readonly string[];
}

export async function encodeCtr(
  made: { dir: string; config: ProjectConfig },
  blockRows?: number,
): Promise<Encoded> {
  const prepared = await prepare(made.dir, made.config, blockRows);
  const data = openDataset(prepared.dir);
  if (data.task === 'next-item') throw new Error('expected ctr');
  return { data, dir: prepared.dir, warnings: prepared.warnings.map(({ code }) => code) };
}

function eachRow(
  source: CtrSource,
  visit: (row: number, block: ReturnType<CtrSource['block']>, at: number) => void,
): void {
  for (let b = 0; b < source.blockCount; b += 1) {
    const block = source.block(b);
    block.rowIds.forEach((row, at) => visit(row, block, at));
  }
}

export const splitsOf = (data: CtrDataset): readonly CtrSource[] => [data.train, data.validation, data.test];

/** Row of the event table → the encoded value of a field there, whatever split the row is in. */
export function valuesOf(data: CtrDataset, field: string): Map<number, number | readonly number[]> {
  const values = new Map<number, number | readonly number[]>();
  for (const source of splitsOf(data)) {
    eachRow(source, (row, block, at) => {
      const single = block.ids.get(field)?.[at] ?? block.numeric.get(field)?.[at];
      values.set(row, single ?? listAt(block.ragged.get(field), at));
    });
  }
  return values;
}

/** Row of the event table → split. */
export function splitOfRows(data: CtrDataset): Map<number, SplitName> {
  const splits = new Map<number, SplitName>();
  for (const source of splitsOf(data)) eachRow(source, (row) => splits.set(row, source.name));
  return splits;
}

/** Everything that a model may see of a row, by field. */
export function inputsOfRows(data: CtrDataset): Map<number, Record<string, number | readonly number[]>> {
  const rows = new Map<number, Record<string, number | readonly number[]>>();
  for (const field of data.fields) {
    for (const [row, value] of valuesOf(data, field.name)) {
      rows.set(row, { ...rows.get(row), [field.name]: value });
    }
  }
  return rows;
}

/**
 * Whether equal raw values got equal ids and unequal ones unequal ids, over the given rows: ids are names, so only that
 * can be said of them without knowing the vocabulary.
 */
export function sameNaming(pairs: readonly (readonly [raw: unknown, id: unknown])[]): boolean {
  const forth = new Map<unknown, unknown>();
  const back = new Map<unknown, unknown>();
  return pairs.every(([raw, id]) => {
    const fits = (forth.get(raw) ?? id) === id && (!back.has(id) || back.get(id) === raw);
    forth.set(raw, id);
    back.set(id, raw);
    return fits;
  });
}
