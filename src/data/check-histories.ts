import { AutoModelError } from '../platform/index.js';
import type { ColumnType, Encoding } from '../schema/index.js';
import { isInput, type EventLog } from './event-log.js';
import { locateRow } from './load-table.js';
import { splitCell } from './split-list.js';
import type { Workbench, WorkColumn } from './workbench.js';

/** What is wrong with a list column of the event table, and where it is first seen. */
export interface HistoryFault {
  /** sure: refused; doubtful: a question */
  readonly sure: boolean;
  readonly reason: string;
  readonly file: string;
  /** from 1, header not counted */
  readonly row: number;
  readonly details: Readonly<Record<string, number>>;
}

/** Elements of lists that are looked at; of larger logs the lists of some users, with all of their events. */
const mostElements = 2_000_000;
/** Fewer elements or new items than this prove nothing. */
const fewest = 10;
/** A list made without looking ahead can name what comes by returning to it, but hardly more than this. */
const sureLater = 0.6;
const doubtfulLater = 0.3;
/** Lists that name this share of the items a user meets next for the first time were written with the log at hand. */
const sureForeseen = 0.8;

/** Columns of the event table that are read as lists of items. */
export function itemSequences(log: EventLog): (WorkColumn & { readonly list: string })[] {
  return log.table.workColumns.flatMap((column) => {
    const encoding = column.config.encoding;
    const cell = log.idents.get(column.name);
    if (encoding?.kind !== 'sequence' || !encoding.ofItems || !isInput(column.config) || cell === undefined)
      return [];
    return [{ ...column, list: listOf(cell, column.config.type, encoding) }];
  });
}

function listOf(cell: string, type: ColumnType, encoding: Encoding & { kind: 'sequence' }): string {
  return type === 'string' && encoding.separator !== undefined
    ? splitCell(cell, encoding.separator)
    : `${cell}::VARCHAR[]`;
}

/**
 * Lists in the event table itself carry no date of their own. One that holds the row's own item far more often where the
 * label is 1, that ends with it, or that names what the user meets only later, was written after the event.
 * @param list SQL of the list in `base`
 */
export async function judgeHistory(
  bench: Workbench,
  log: EventLog,
  list: string,
): Promise<HistoryFault | undefined> {
  if (log.item === undefined) return undefined;
  return (await judgeOwnItem(bench, log, list)) ?? (await judgeFuture(bench, log, list));
}

async function judgeOwnItem(
  bench: Workbench,
  log: EventLog,
  list: string,
): Promise<HistoryFault | undefined> {
  const item = `${log.item}::VARCHAR`;
  const holds = `list_contains(${list}, ${item})`;
  const [positive, negative, last, row] = await bench.numbers(
    `SELECT coalesce(avg(${holds}::INTEGER) FILTER (y = 1), 0)::DOUBLE, ` +
      `coalesce(avg(${holds}::INTEGER) FILTER (y = 0), 0)::DOUBLE, ` +
      `coalesce(avg((list_extract(${list}, -1) = ${item})::INTEGER), 0)::DOUBLE, ` +
      `min(row) FILTER (${holds})::DOUBLE FROM base WHERE split = 0 AND len(${list}) > 0`,
  );
  if (last < 0.5 && !(positive >= 0.5 && positive >= 2 * negative)) return undefined;
  return {
    sure: true,
    reason: "hold the event's own item: they were written after the event",
    ...(await locateRow(bench.engine, log.table, row)),
    details: { positive, negative, last },
  };
}

async function judgeFuture(bench: Workbench, log: EventLog, list: string): Promise<HistoryFault | undefined> {
  if (log.user === undefined || !log.timed) return undefined;
  const filled = `FROM base WHERE len(${list}) > 0 AND ${log.user} IS NOT NULL AND t IS NOT NULL`;
  const [total] = await bench.numbers(`SELECT coalesce(sum(len(${list})), 0)::DOUBLE ${filled}`);
  const step = Math.max(1, Math.ceil(total / mostElements));
  const some = `hash(${log.user}) % ${step} = 0`;
  const [elements, earlier, later, row, met, foreseen] = await bench.numbers(
    `WITH met AS MATERIALIZED (SELECT ${log.user} AS u, ${log.item}::VARCHAR AS x, min(t) AS first FROM base ` +
      `WHERE ${log.user} IS NOT NULL AND ${log.item} IS NOT NULL AND t IS NOT NULL AND ${some} GROUP BY ALL), ` +
      `lists AS MATERIALIZED (SELECT row, ${log.user} AS u, t, ${list} AS list ${filled} AND ${some}), ` +
      `elements AS (SELECT DISTINCT row, u, t, unnest(list) AS x FROM lists), ` +
      `told AS (SELECT count(*)::DOUBLE AS n, count(*) FILTER (m.first < e.t)::DOUBLE AS earlier, ` +
      `count(*) FILTER (m.first > e.t)::DOUBLE AS later, min(e.row) FILTER (m.first > e.t)::DOUBLE AS row ` +
      `FROM elements e LEFT JOIN met m ON m.u = e.u AND m.x = e.x), ` +
      // of every first meeting, whether the list of the user's event before it named the item
      `ahead AS (SELECT count(*)::DOUBLE AS n, avg(list_contains(l.list, m.x)::INTEGER)::DOUBLE AS share ` +
      `FROM met m ASOF JOIN lists l ON l.u = m.u AND m.first > l.t) ` +
      `SELECT told.n, earlier, later, row, ahead.n, share FROM told, ahead`,
  );
  if (later < fewest || later < 0.05 * elements) return undefined;
  const share = later / (later + earlier);
  const sure = share >= sureLater || (met >= fewest && foreseen >= sureForeseen);
  if (!sure && share < doubtfulLater) return undefined;
  return {
    sure,
    reason: 'name items that their user meets only after the event',
    ...(await locateRow(bench.engine, log.table, row)),
    details: { elements, earlier, later, foreseen },
  };
}

/** @throws HISTORY_FROM_FUTURE */
export function refuseHistory(column: string, fault: HistoryFault): never {
  const { file, row, reason, details } = fault;
  throw new AutoModelError(
    'HISTORY_FROM_FUTURE',
    `${file}, row ${row}: lists of column ${column} ${reason}`,
    {
      remedy: `Give the column the role leak in automodel.json, or lists that end before the event.`,
      details: { file, column, row, ...details },
    },
  );
}

/** @throws HISTORY_FROM_FUTURE */
export async function checkEventSequences(bench: Workbench, log: EventLog): Promise<void> {
  for (const { name, list } of itemSequences(log)) {
    const fault = await judgeHistory(bench, log, list);
    if (fault?.sure === true) refuseHistory(name, fault);
  }
}
