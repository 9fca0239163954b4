import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnConfig, ProjectConfig, TableConfig } from '../../schema/index.js';
import { eventTable, resolveTable } from '../project-files.js';
import { quoteName, quoteText } from '../sql.js';
import { Workbench, type WorkColumn, type WorkTable } from '../workbench.js';
import type { TableSubject } from './table-subject.js';

/** Events that are encoded twice, of whole users, and rows that are made up after them. */
const mostEvents = 4000;
export const poisonRows = 200;

const partColumn = 'automodel_part';
const parts = ['train', 'valid', 'test'];

interface Written {
  readonly dir: string;
  readonly config: ProjectConfig;
}

/**
 * Writes two projects: some users' events in the parts that the project gives them, and the same with absurd rows appended
 * in the far future, to the test part and to every dated table.
 */
export async function writeFutureProjects(
  subject: TableSubject,
  folder: string,
): Promise<[Written, Written]> {
  const { log, config } = subject;
  const { engine, projectDir } = subject.bench;
  const drawn = await engine.rows(
    `SELECT row::DOUBLE, split::INTEGER FROM (SELECT row, split FROM base ORDER BY hash(${log.user ?? 'row'}), row LIMIT ${mostEvents}) ORDER BY row`,
  );
  const bench = await Workbench.open({ projectDir, config }, { folders: [folder] });
  try {
    const list = drawn.map(([row, split]) => `(${Number(row)}, ${quoteText(parts[Number(split)])})`);
    await bench.run(`CREATE TABLE drawn AS SELECT * FROM (VALUES ${list.join(', ')}) AS d(row, part)`);
    const events = await bench.table(eventTable(config), 'raw_0');
    const written: Written[] = [];
    for (const name of ['clean', 'poisoned'])
      written.push(await writeProject(bench, events, join(folder, name), name === 'poisoned'));
    return [written[0], written[1]];
  } finally {
    bench.engine.close();
  }
}

async function writeProject(
  bench: Workbench,
  events: WorkTable,
  dir: string,
  poisoned: boolean,
): Promise<Written> {
  const { config, projectDir } = bench;
  mkdirSync(dir);
  const tables: Record<string, TableConfig> = {};
  for (const [name, table] of Object.entries(config.tables)) {
    const files =
      table.kind === 'unused'
        ? table.files
        : resolveTable(projectDir, table).map((path) => ({ path, external: true as const }));
    tables[name] = { ...table, files };
    const isDated = table.kind === 'dated' && poisoned;
    if (table.kind !== 'events' && !isDated) continue;
    const path = join(dir, `${name}.parquet`);
    const rows =
      table.kind === 'events' ? eventRows(config, events, poisoned) : await datedRows(bench, name, table);
    await bench.run(`COPY (${rows}) TO ${quoteText(path)} (FORMAT parquet)`);
    const { csv: _csv, ...rest } = table;
    tables[name] = { ...rest, format: 'parquet', files: [{ path: `${name}.parquet` }] };
  }
  const part: ColumnConfig = {
    role: 'split',
    type: 'string',
    confidence: 1,
    reason: 'as the project splits',
  };
  const columns = { ...config.columns, [`${events.name}.${partColumn}`]: part };
  return { dir, config: { ...config, tables, columns, split: `column:${partColumn}` } };
}

function eventRows(config: ProjectConfig, events: WorkTable, poisoned: boolean): string {
  const numbered = `(SELECT *, row_number() OVER () - 1 AS row FROM ${events.relation})`;
  const names = events.columns.map(({ ident, name }) => `${ident} AS ${quoteName(name)}`);
  const drawn = `SELECT ${[...names, `part AS ${partColumn}`].join(', ')} FROM ${numbered} JOIN drawn USING (row) ORDER BY row`;
  if (!poisoned) return drawn;
  const said = new Map(events.workColumns.map((column) => [column.name, column]));
  const label = config.label?.column;
  const cells = events.columns.map(({ ident, name, sqlType }) => {
    const column = said.get(name);
    if (name === config.clock && column !== undefined) return `${yearsLater(column)} AS ${quoteName(name)}`;
    if (name === label) return `${flipped(ident, sqlType)} AS ${quoteName(name)}`;
    const role = column?.config.role;
    // Half of the events are of items that nobody has seen; users stay, since it is their past that must not change.
    if (role === 'item_id')
      return `CASE WHEN n % 2 = 0 THEN ${ident} ELSE ${absurd(ident, sqlType)} END AS ${quoteName(name)}`;
    const isFeature = role === 'context' || role === 'user_feature' || role === 'item_feature';
    return `${isFeature ? absurd(ident, sqlType) : ident} AS ${quoteName(name)}`;
  });
  const last = `(SELECT *, row_number() OVER (ORDER BY row DESC) AS n FROM ${numbered} JOIN drawn USING (row))`;
  return `(${drawn}) UNION ALL (SELECT ${cells.join(', ')}, 'test' AS ${partColumn} FROM ${last} WHERE n <= ${poisonRows} ORDER BY n)`;
}

async function datedRows(bench: Workbench, name: string, table: TableConfig): Promise<string> {
  const work = await bench.table(name, `raw_dated_${Object.keys(bench.config.tables).indexOf(name)}`);
  const plain = work.columns.map(({ ident, name: column }) => `${ident} AS ${quoteName(column)}`);
  const keys = new Set(table.join.map(({ column }) => column));
  const cells = work.columns.map(({ ident, name: column, sqlType }) => {
    const asOf = column === table.asOf ? work.workColumns.find((found) => found.name === column) : undefined;
    const cell = asOf !== undefined ? yearsLater(asOf) : keys.has(column) ? ident : absurd(ident, sqlType);
    return `${cell} AS ${quoteName(column)}`;
  });
  return `(SELECT ${plain.join(', ')} FROM ${work.relation}) UNION ALL (SELECT ${cells.join(', ')} FROM ${work.relation} LIMIT ${10 * poisonRows})`;
}

/** A multiple of four, so that the 29 February has its day then too. */
const years = 8;
const yearsInSeconds = years * 365 * 86_400;

/** A time cell moved on by eight years (an order, past its last), in its own type. */
function yearsLater({ raw: { ident, sqlType }, config }: WorkColumn): string {
  const isText = /^VARCHAR/i.test(sqlType);
  if (config.type === 'timestamp' || config.type === 'date') {
    const later = `TRY_CAST(${ident} AS TIMESTAMP) + INTERVAL ${years} YEAR`;
    return `(${later})::${isText ? 'VARCHAR' : sqlType}`;
  }
  const number = `TRY_CAST(${ident} AS DOUBLE)`;
  const steps: Readonly<Record<string, number>> = {
    seconds: yearsInSeconds,
    milliseconds: yearsInSeconds * 1e3,
    microseconds: yearsInSeconds * 1e6,
    nanoseconds: yearsInSeconds * 1e9,
    yyyymmdd: years * 10_000,
  };
  const step = steps[config.unit ?? 'order'];
  const later = step === undefined ? `(max(${number}) OVER () + n)` : `(${number} + ${step})`;
  const whole = config.type === 'integer' ? `${later}::BIGINT` : later;
  return `TRY_CAST(${whole} AS ${sqlType})`;
}

function flipped(ident: string, sqlType: string): string {
  if (/^BOOL/i.test(sqlType)) return `NOT ${ident}`;
  const number = `TRY_CAST(${ident} AS DOUBLE)`;
  return `coalesce(TRY_CAST(max(${number}) OVER () + min(${number}) OVER () - ${number} AS ${sqlType}), ${ident})`;
}

/** A value that no earlier row has, in the column's own type where it has room for one. */
function absurd(ident: string, sqlType: string): string {
  if (/\[\]|STRUCT|MAP|BOOL|DATE|TIME/i.test(sqlType)) return ident;
  if (/^VARCHAR/i.test(sqlType)) {
    const number = `(3 * max(TRY_CAST(${ident} AS BIGINT)) OVER () + 7)::VARCHAR`;
    return `CASE WHEN TRY_CAST(${ident} AS BIGINT) IS NULL THEN 'absurd' ELSE coalesce(${number}, 'absurd') END`;
  }
  return `coalesce(TRY_CAST(3 * max(${ident}::DOUBLE) OVER () + 7 AS ${sqlType}), ${ident})`;
}
