import { AutoModelError } from '../platform/index.js';
import { castExpression, keyText } from './column-types.js';
import { isInput, timeOf, type EventLog } from './event-log.js';
import { warnCoverage, type JoinKey } from './join-coverage.js';
import { locateRow } from './load-table.js';
import { ident, type Workbench, type WorkColumn, type WorkTable } from './workbench.js';

/** An entity or dated table in the engine: `relation` has rid (row number) and one typed column per input. */
export interface SideTable {
  readonly table: WorkTable;
  readonly relation: string;
  /** column of `base` that holds the rid of the joined row, or null */
  readonly link: string;
  readonly idents: ReadonlyMap<string, string>;
}

/** Inputs of a side table: keys that only repeat the event's own key are left out. */
export function sideInputs(table: WorkTable): WorkColumn[] {
  const keys = new Set(table.config.join.map((pair) => pair.column));
  return table.workColumns.filter((column) => isInput(column.config) && !keys.has(column.name));
}

/** Loads every entity and dated table that has inputs and adds their link columns to `base`. */
export async function joinSideTables(
  bench: Workbench,
  log: EventLog,
  load: (name: string, relation: string) => Promise<WorkTable> = (name, relation) =>
    bench.table(name, relation),
): Promise<SideTable[]> {
  const sides: SideTable[] = [];
  const joins: string[] = [];
  let tables = 0;
  for (const [name, config] of Object.entries(bench.config.tables)) {
    if (config.kind !== 'entity' && config.kind !== 'dated') continue;
    tables += 1;
    const table = await load(name, `raw_${tables}`);
    if (sideInputs(table).length === 0) continue;
    const { side, join } = await buildSideTable(bench, log, table, sides.length + 1);
    sides.push(side);
    joins.push(join);
  }
  if (sides.length === 0) return sides;
  const links = sides.map((side, index) => `j${index + 1}.rid AS ${side.link}`);
  await bench.build(
    `each event's row of ${sides.map((side) => side.table.name).join(', ')}; of dated tables the last row strictly before it`,
    `CREATE TABLE linked AS SELECT b.*, ${links.join(', ')} FROM base b ${joins.join(' ')}`,
  );
  const [before, after] = await bench.numbers(
    'SELECT (SELECT count(*) FROM base)::DOUBLE, (SELECT count(*) FROM linked)::DOUBLE',
  );
  if (before !== after) {
    throw new AutoModelError('JOIN_MULTIPLIES_ROWS', `Joins turned ${before} events into ${after}`, {
      details: { tables: sides.map((side) => side.table.name) },
    });
  }
  await bench.build('base now knows its rows of the other tables', 'DROP TABLE base');
  await bench.build('under its old name', 'ALTER TABLE linked RENAME TO base');
  for (const side of sides) {
    const columns = side.table.config.join.map((pair) => pair.column).join(', ');
    const { name, files } = side.table;
    await warnCoverage(bench, { name, files, columns }, side.relation, joinKeys(log, side.table));
    if (side.table.config.kind === 'dated') await warnTooLate(bench, log, side);
  }
  return sides;
}

function joinKeys(log: EventLog, table: WorkTable): JoinKey[] {
  if (table.config.join.length === 0) {
    throw new AutoModelError('CONFIG_INVALID', `Table ${table.name} has no join key`, {
      remedy: 'Add "join" to the table in automodel.json, or give it the kind "unused".',
      details: { table: table.name },
    });
  }
  return table.config.join.map((pair) => {
    const column = table.workColumns.find((c) => c.name === pair.column);
    if (column === undefined) {
      throw new AutoModelError(
        'UNKNOWN_COLUMN',
        `Table ${table.name} has no key column ${JSON.stringify(pair.column)}`,
        {
          remedy: 'Mend "join" of the table in automodel.json.',
          details: { table: table.name, column: pair.column },
        },
      );
    }
    const event = `b.${log.idents.get(pair.eventColumn) as string}`;
    const eventType = log.table.workColumns.find((c) => c.name === pair.eventColumn)?.config.type;
    const cell = castExpression(column.raw.ident, column.raw.sqlType, column.config.type);
    if (eventType === column.config.type) return { cell, event };
    return { cell: keyText(cell, column.config.type), event: keyText(event, eventType ?? 'string') };
  });
}

async function buildSideTable(
  bench: Workbench,
  log: EventLog,
  table: WorkTable,
  index: number,
): Promise<{ side: SideTable; join: string }> {
  const relation = ident(`s${index}`, table.name);
  const idents = new Map<string, string>();
  const cells = sideInputs(table).map((column) => {
    const name = ident(`s${index}c${idents.size}`, column.name);
    idents.set(column.name, name);
    return `, ${castExpression(column.raw.ident, column.raw.sqlType, column.config.type)} AS ${name}`;
  });
  const keys = joinKeys(log, table);
  const names = keys.map((_, k) => `key${k}`).join(', ');
  const asOf = asOfExpression(log, table);
  await bench.build(
    `table ${table.name}, typed; rid numbers its rows`,
    `CREATE TABLE ${relation} AS SELECT (row_number() OVER () - 1)::BIGINT AS rid, ${asOf ?? 'NULL::BIGINT'} AS valid_from, ` +
      `${keys.map((key, k) => `${key.cell} AS key${k}`).join(', ')}${cells.join('')} FROM ${table.relation}`,
  );
  const alias = `j${index}`;
  const match = keys.map((key, k) => `${key.event} = ${alias}.key${k}`).join(' AND ');
  const side: SideTable = { table, relation, link: `rid_${index}`, idents };
  if (asOf === undefined) {
    await checkUnique(bench, table, relation, names);
    return { side, join: `LEFT JOIN ${relation} ${alias} ON ${match}` };
  }
  const rows = `SELECT ${names}, valid_from, max(rid) AS rid FROM ${relation} WHERE valid_from IS NOT NULL GROUP BY ALL`;
  return { side, join: `ASOF LEFT JOIN (${rows}) ${alias} ON ${match} AND b.t > ${alias}.valid_from` };
}

function asOfExpression(log: EventLog, table: WorkTable): string | undefined {
  if (table.config.kind !== 'dated') return undefined;
  const column = table.workColumns.find((c) => c.name === table.config.asOf);
  if (column === undefined || !log.clocked) {
    throw new AutoModelError(
      'CONFIG_INVALID',
      `Dated table ${table.name} needs "asOf" and the events need a clock`,
      {
        remedy: 'Set "asOf" of the table and "clock" in automodel.json, or give the table the kind "unused".',
        details: { table: table.name },
      },
    );
  }
  return timeOf(column);
}

/** A join may not multiply rows: the key must be unique. */
async function checkUnique(
  bench: Workbench,
  table: WorkTable,
  relation: string,
  names: string,
): Promise<void> {
  const [count, row] = await bench.numbers(
    `SELECT count(*)::DOUBLE, min(second)::DOUBLE FROM (SELECT min(rid) AS first, max(rid) AS second FROM ${relation} ` +
      `WHERE ${names
        .split(', ')
        .map((key) => `${key} IS NOT NULL`)
        .join(' AND ')} GROUP BY ${names} HAVING count(*) > 1)`,
  );
  if (count === 0) return;
  const place = await locateRow(bench.engine, table, row);
  const key = table.config.join.map((pair) => pair.column).join(', ');
  throw new AutoModelError(
    'JOIN_MULTIPLIES_ROWS',
    `${place.file}, row ${place.row}: ${count} values of the key ${key} occur more than once, so the join would multiply events`,
    {
      remedy: 'Keep one row per key, or name the time column of the table with "asOf" and kind "dated".',
      details: { ...place, table: table.name, column: key, count },
    },
  );
}

async function warnTooLate(bench: Workbench, log: EventLog, side: SideTable): Promise<void> {
  const match = joinKeys(log, side.table)
    .map((key, k) => `${key.event} = d.key${k}`)
    .join(' AND ');
  const [late] = await bench.numbers(
    `SELECT count(*)::DOUBLE FROM base b WHERE ${side.link} IS NULL AND EXISTS (SELECT 1 FROM ${side.relation} d WHERE ${match})`,
  );
  if (late > 0) {
    bench.warn(
      'AS_OF_TOO_LATE',
      `${late} events lie at or before every row of ${side.table.name} for their key; for them the table is empty`,
    );
  }
}
