import { resolve } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import type { ProjectConfig, Warning } from '../schema/index.js';
import { castExpression, keyText } from './column-types.js';
import { buildEventLog, isInput, timeOf, type EventLog } from './event-log.js';
import { eventTable } from './project-files.js';
import type { RawRecord, RawRow } from './record-encoder.js';
import { sideInputs } from './side-tables.js';
import { parseSplit } from './split-rule.js';
import { Workbench, type WorkColumn, type WorkTable } from './workbench.js';

/** An item or a user with the raw values that its fields are made of. */
export interface EntityRow {
  /** as requests name it */
  readonly id: string;
  readonly record: RawRecord;
  /** when it appeared: from the first time column of its table that has a clock, or its first event; undefined: not known */
  readonly createdMs: number | undefined;
}

/** Items and users of a project. */
export interface EntityRows {
  readonly items: readonly EntityRow[];
  readonly users: readonly EntityRow[];
  /** tables other than that of events that have columns of items, of users */
  readonly itemTables: readonly string[];
  readonly userTables: readonly string[];
  readonly warnings: readonly Warning[];
}

interface Found {
  event: RawRow;
  joined: Record<string, RawRow>;
  createdMs: number | undefined;
}

/**
 * Every item and user of a project with its columns: of its own tables (of a dated one the latest row), and of the event table, as
 * its latest event has them. Tables that join by something else than one user or item key are left out with a warning.
 */
export async function readEntityRows(options: {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  readonly signal?: AbortSignal;
}): Promise<EntityRows> {
  const { config } = options;
  const bench = await Workbench.open({ ...options, projectDir: resolve(options.projectDir) });
  try {
    const table = await bench.table(eventTable(config), 'raw_0');
    const log = await buildEventLog(bench, table, { rule: parseSplit(config.split), unlabelled: true });
    const sides = { item_id: side(), user_id: side() };
    for (const role of ['item_id', 'user_id'] as const) await readEvents(bench, log, role, sides[role].found);
    const warnings: Warning[] = [];
    const columnOf = (role: string): string | undefined =>
      table.workColumns.find((column) => column.config.role === role)?.name;
    for (const [number, [name, { kind, join }]] of Object.entries(config.tables).entries()) {
      if (kind !== 'entity' && kind !== 'dated') continue;
      const role = (['item_id', 'user_id'] as const).find(
        (wanted) => join.length === 1 && join[0].eventColumn === columnOf(wanted),
      );
      if (role === undefined) {
        const keys = join.map(({ eventColumn }) => eventColumn).join(', ');
        warnings.push({
          code: 'TABLE_NOT_SERVED',
          message: `The table ${name} joins by ${keys}, not by a user or an item: its columns are unknown while serving.`,
        });
        continue;
      }
      sides[role].tables.push(name);
      await readSide(bench, await bench.table(name, `raw_${number + 1}`), sides[role].found);
    }
    return {
      items: rowsOf(sides.item_id.found),
      users: rowsOf(sides.user_id.found),
      itemTables: sides.item_id.tables,
      userTables: sides.user_id.tables,
      warnings,
    };
  } finally {
    bench.engine.close();
  }
}

const side = (): { readonly found: Map<string, Found>; readonly tables: string[] } => ({
  found: new Map(),
  tables: [],
});

const rowsOf = (found: ReadonlyMap<string, Found>): EntityRow[] =>
  [...found].map(([id, { event, joined, createdMs }]) => ({ id, record: { event, joined }, createdMs }));

function foundOf(found: Map<string, Found>, id: string): Found {
  let row = found.get(id);
  if (row === undefined) {
    row = { event: {}, joined: {}, createdMs: undefined };
    found.set(id, row);
  }
  return row;
}

/** Ids of one role in the event table, with the columns that describe what they name. */
async function readEvents(
  bench: Workbench,
  log: EventLog,
  role: 'item_id' | 'user_id',
  found: Map<string, Found>,
): Promise<void> {
  const id = log.table.workColumns.find((column) => column.config.role === role);
  if (id === undefined) return;
  const own = role === 'item_id' ? 'item_feature' : 'user_feature';
  const columns = log.table.workColumns.filter(
    (column) => column.config.role === own && isInput(column.config) && log.idents.has(column.name),
  );
  const cellOf = ({ name }: WorkColumn): string => log.idents.get(name) as string;
  const cells = columns.map((column) => readable(cellOf(column), column));
  const created =
    log.clocked && role === 'item_id' ? `min(t) OVER (PARTITION BY ${cellOf(id)}) / 1000.0` : 'NULL';
  const rows = await bench.engine.rows(
    `SELECT DISTINCT ON (${cellOf(id)}) ${[keyText(cellOf(id), id.config.type), `(${created})::DOUBLE`, ...cells].join(', ')} ` +
      `FROM events WHERE ${cellOf(id)} IS NOT NULL ORDER BY ${cellOf(id)}, t DESC, row DESC`,
  );
  for (const [key, createdMs, ...values] of rows) {
    const row = foundOf(found, String(key));
    row.event = rowOf(columns, values);
    if (createdMs !== null) row.createdMs = Number(createdMs);
  }
}

async function readSide(bench: Workbench, table: WorkTable, found: Map<string, Found>): Promise<void> {
  const [{ column: keyName }] = table.config.join;
  const key = table.workColumns.find(({ name }) => name === keyName);
  if (key === undefined) return;
  const cellOf = ({ raw, config }: WorkColumn): string => castExpression(raw.ident, raw.sqlType, config.type);
  const columns = sideInputs(table);
  const asOf = table.workColumns.find(({ name }) => name === table.config.asOf);
  const appeared = table.workColumns.find(
    ({ config }) => config.role === 'timestamp' && config.unit !== undefined && config.unit !== 'order',
  );
  const moment = appeared === undefined ? 'NULL::DOUBLE' : `(${timeOf(appeared)} / 1000.0)::DOUBLE`;
  const id = keyText(cellOf(key), key.config.type);
  const rows = await bench.engine.rows(
    `SELECT ${[id, moment, ...columns.map((column) => readable(cellOf(column), column))].join(', ')} FROM ${table.relation} ` +
      `WHERE ${cellOf(key)} IS NOT NULL ${asOf === undefined ? '' : `ORDER BY ${timeOf(asOf)} ASC NULLS FIRST`}`,
  );
  for (const [key_, momentMs, ...values] of rows) {
    const row = foundOf(found, String(key_));
    row.joined[table.name] = rowOf(columns, values);
    if (momentMs !== null && table.config.kind === 'entity') row.createdMs = Number(momentMs);
  }
}

/** Times as the text that vocabularies hold; everything else as it is. */
const readable = (cell: string, { config }: WorkColumn): string =>
  config.type === 'timestamp' || config.type === 'date' ? `${cell}::VARCHAR` : cell;

const rowOf = (columns: readonly WorkColumn[], values: readonly DuckDBValue[]): RawRow =>
  Object.fromEntries(columns.map(({ name }, c) => [name, plain(values[c])]));

/** A value as JSON has it: whole numbers beyond 2^53 as text. */
function plain(value: DuckDBValue): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value !== null && typeof value === 'object' && 'items' in value)
    return (value.items as readonly DuckDBValue[]).map(plain);
  return value;
}
