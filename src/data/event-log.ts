import type { ColumnConfig } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import { castExpression, microseconds } from './column-types.js';
import { locateRow } from './load-table.js';
import { parsePositive, positiveExpression } from './positive-rule.js';
import type { SplitRule } from './split-rule.js';
import { numberLiteral } from './sql.js';
import { earliestUs, latestUs } from './time-readings.js';
import { suggestRule } from './suggest-rule.js';
import { warnNoId, warnUnreadable } from './warn-cells.js';
import { ident, type Workbench, type WorkColumn, type WorkTable } from './workbench.js';

/** The typed event log in the engine, table `events`: row, file_index, t, y, row_hash and one typed column per name. */
export interface EventLog {
  readonly table: WorkTable;
  /** column name → identifier in `events` and everything made from it */
  readonly idents: ReadonlyMap<string, string>;
  readonly user: string | undefined;
  readonly item: string | undefined;
  /** whether `t` (whole microseconds, or an order) is there */
  readonly timed: boolean;
  /** whether `t` is a clock and not merely an order */
  readonly clocked: boolean;
  readonly labelled: boolean;
  readonly extraLabels: readonly string[];
}

const inputRoles = new Set(['user_id', 'item_id', 'context', 'user_feature', 'item_feature', 'sequence']);

/** Whether a column may become an input; leaks and signals never can. */
export function isInput(column: ColumnConfig): boolean {
  return inputRoles.has(column.role) && column.encoding?.kind !== 'skip' && column.type !== 'other';
}

function required(table: WorkTable, name: string, what: string): WorkColumn {
  const column = table.workColumns.find((c) => c.name === name);
  if (column === undefined) {
    throw new AutoModelError(
      'UNKNOWN_COLUMN',
      `The ${what} column ${JSON.stringify(name)} is not in the event table`,
      {
        remedy: `The event table has: ${table.columns
          .slice(0, 30)
          .map((c) => c.name)
          .join(', ')}`,
        details: { file: table.files[0], column: name },
      },
    );
  }
  return column;
}

/** Names of the event columns that this project uses at all. */
function usedColumns(
  bench: Workbench,
  table: WorkTable,
  { rule, inputs = true }: EventLogOptions,
): Set<string> {
  const { config } = bench;
  const used = new Set<string>();
  for (const column of table.workColumns) {
    const isId = column.config.role === 'user_id' || column.config.role === 'item_id';
    const wanted = inputs === true || (inputs === 'sequences' && column.config.role === 'sequence');
    if (isId || (wanted && isInput(column.config))) used.add(column.name);
  }
  if (rule.kind === 'column') used.add(required(table, rule.column, 'split').name);
  if (rule.kind === 'leave-one-out' && rule.order !== undefined)
    used.add(required(table, rule.order, 'order').name);
  for (const side of Object.values(config.tables)) {
    if (side.kind !== 'entity' && side.kind !== 'dated') continue;
    for (const pair of side.join) used.add(required(table, pair.eventColumn, 'join').name);
  }
  for (const name of config.extraLabels) used.add(required(table, name, 'extra label').name);
  return used;
}

export interface EventLogOptions {
  readonly rule: SplitRule;
  /** rows to predict: no label, no split */
  readonly unlabelled?: boolean;
  /** default true; false leaves out what only features need: to try a split or to count */
  readonly inputs?: boolean | 'sequences';
}

/** Builds `events` from the event table and checks times and labels. */
export async function buildEventLog(
  bench: Workbench,
  table: WorkTable,
  options: EventLogOptions,
): Promise<EventLog> {
  const { config } = bench;
  const used = usedColumns(bench, table, options);
  const idents = new Map<string, string>();
  const selected: string[] = [];
  const suspects: WorkColumn[] = [];
  for (const column of table.workColumns) {
    if (!used.has(column.name)) continue;
    const name = ident(`e${idents.size}`, column.name);
    idents.set(column.name, name);
    selected.push(`${castExpression(column.raw.ident, column.raw.sqlType, column.config.type)} AS ${name}`);
    if (column.raw.sqlType === 'VARCHAR' && column.config.type !== 'string') suspects.push(column);
  }
  const roleOf = (role: string): WorkColumn | undefined =>
    table.workColumns.find((c) => c.config.role === role);
  const clock = config.clock === undefined ? undefined : required(table, config.clock, 'clock');
  const time = clock === undefined ? 'NULL::BIGINT' : timeOf(clock);
  const label = options.unlabelled === true ? undefined : labelExpression(bench, table);
  // A column that names the split tells equal rows apart by their split alone, so it is no part of what a row is.
  const splitName =
    options.rule.kind === 'column' && options.rule.boundaries === undefined ? options.rule.column : '';
  const hashed = table.columns.filter((column) => column.name !== splitName).map((column) => column.ident);
  await bench.build(
    `the event table ${table.name}, typed, in the order of its files`,
    `CREATE TABLE events AS SELECT (row_number() OVER () - 1)::BIGINT AS row, file_index, ${time} AS t, ` +
      `${label ?? 'NULL::DOUBLE'} AS y, hash(${hashed.join(', ') || '0'}) AS row_hash${selected.map((s) => `, ${s}`).join('')} ` +
      `FROM ${table.relation}`,
  );
  if (clock !== undefined) await checkTimes(bench, table, clock, options.rule);
  if (label !== undefined) await checkLabels(bench, table);
  if (suspects.length > 0) await warnUnreadable(bench, table, suspects);
  const user = roleOf('user_id');
  const item = roleOf('item_id');
  // Rows to predict may well be of nobody that is known.
  if (options.unlabelled !== true) {
    for (const column of [user, item])
      if (column !== undefined) await warnNoId(bench, table, column, idents.get(column.name) as string);
  }
  return {
    table,
    idents,
    user: user && idents.get(user.name),
    item: item && idents.get(item.name),
    timed: clock !== undefined,
    clocked: clock !== undefined && clock.config.unit !== 'order',
    labelled: label !== undefined,
    extraLabels: config.extraLabels,
  };
}

/** Time of a column in whole microseconds. */
export function timeOf(column: WorkColumn): string {
  const cell = castExpression(column.raw.ident, column.raw.sqlType, column.config.type);
  return microseconds(cell, column.config.type, column.config.unit ?? 'timestamp');
}

function labelExpression(bench: Workbench, table: WorkTable): string | undefined {
  const { label, task } = bench.config;
  if (label === undefined) {
    if (task === 'next-item') return undefined;
    throw new AutoModelError('CONFIG_INVALID', `Task ${task} needs a label`, {
      remedy: 'Name it: automodel init <files...> --label <column>, or --positive "rating>=4".',
    });
  }
  const rule = label.positive === undefined ? undefined : parsePositive(label.positive);
  if (rule === undefined && task === 'next-item') return undefined;
  const column = required(table, rule?.column ?? label.column, 'label');
  if (rule !== undefined && task !== 'rating')
    return `(${positiveExpression(rule, column.raw.ident)})::INTEGER::DOUBLE`;
  if (column.config.type === 'boolean') return `TRY_CAST(${column.raw.ident} AS BOOLEAN)::INTEGER::DOUBLE`;
  return `TRY_CAST(${column.raw.ident} AS DOUBLE)`;
}

async function fail(
  bench: Workbench,
  table: WorkTable,
  where: string,
  make: (place: { file: string; row: number }, count: number) => AutoModelError | Promise<AutoModelError>,
): Promise<void> {
  const [count, row] = await bench.numbers(
    `SELECT count(*)::DOUBLE, min(row)::DOUBLE FROM events WHERE ${where}`,
  );
  if (count > 0) throw await make(await locateRow(bench.engine, table, row), count);
}

/** Whether the clock counts from 1970: most of its numbers say so. Numbers that count from elsewhere have no bounds. */
async function isSince1970(bench: Workbench, { config }: WorkColumn): Promise<boolean> {
  const counts = /^(milli|micro|nano)?seconds$/.test(config.unit ?? '');
  if (!counts || (config.type !== 'integer' && config.type !== 'number')) return false;
  const [inside, all] = await bench.numbers(
    `SELECT count(*) FILTER (t BETWEEN ${earliestUs} AND ${latestUs})::DOUBLE, count(t)::DOUBLE FROM events`,
  );
  return inside > all / 2;
}

async function checkTimes(
  bench: Workbench,
  table: WorkTable,
  clock: WorkColumn,
  rule: SplitRule,
): Promise<void> {
  const column = clock.name;
  // An order column may be null on purpose: leave-one-out leaves those rows out and counts them.
  if (rule.kind === 'leave-one-out' && rule.order === column) return;
  const outside = `t NOT BETWEEN ${earliestUs} AND ${latestUs}`;
  const bad = (await isSince1970(bench, clock)) ? `t IS NULL OR ${outside}` : 't IS NULL';
  await fail(bench, table, bad, ({ file, row }, count) => {
    const more = count > 1 ? ` (and ${count - 1} more rows)` : '';
    const range = bad.includes(outside) ? ' between 1980 and 2100' : '';
    return new AutoModelError(
      'TIME_UNPARSABLE',
      `${file}, row ${row}: column ${column} is not a time${range}${more}`,
      {
        remedy: 'Mend the cells, or name another clock: automodel init ... --clock <column>.',
        details: { file, column, row, count },
      },
    );
  });
}

async function checkLabels(bench: Workbench, table: WorkTable): Promise<void> {
  const { label, task } = bench.config;
  const raw = table.workColumns.find(({ name }) => name === label?.column)?.raw;
  const column = label?.column ?? '';
  const allowed = label?.range ?? [0, 1];
  const bad =
    task === 'rating'
      ? `y IS NULL OR isnan(y) OR y < ${numberLiteral(allowed[0])} OR y > ${numberLiteral(allowed[1])}`
      : 'y IS NULL OR y NOT IN (0, 1)';
  await fail(bench, table, bad, async ({ file, row }, count) => {
    // A few bad cells among zeros and ones are no reason to cut the column elsewhere.
    const [fine, all] = await bench.numbers(
      'SELECT count(*) FILTER (y IN (0, 1))::DOUBLE, count(*)::DOUBLE FROM events',
    );
    const other = task === 'rating' || raw === undefined || fine >= 0.9 * all;
    const rule = other ? undefined : await suggestRule(bench.engine, table, raw);
    const wanted = task === 'rating' ? `${allowed[0]}..${allowed[1]}` : '0 or 1';
    const more = count > 1 ? ` (and ${count - 1} more rows)` : '';
    return new AutoModelError(
      'LABEL_OUT_OF_RANGE',
      `${file}, row ${row}: label ${column} is not ${wanted}${more}`,
      {
        remedy:
          rule === undefined
            ? 'Mend the cells.'
            : `Mend the cells, or say which values are positive: automodel init ... --positive "${rule}".`,
        details: { file, column, row, count },
      },
    );
  });
}
