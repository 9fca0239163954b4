import { castExpression } from './column-types.js';
import { locateRow } from './load-table.js';
import type { Workbench, WorkColumn, WorkTable } from './workbench.js';

const columnsPerQuery = 200;

/** Counts cells that are not of their column's type, and names the first row of each such column. */
export async function warnUnreadable(
  bench: Workbench,
  table: WorkTable,
  suspects: readonly WorkColumn[],
): Promise<void> {
  const bad = ({ raw, config }: WorkColumn): string =>
    `${raw.ident} IS NOT NULL AND ${castExpression(raw.ident, raw.sqlType, config.type)} IS NULL`;
  for (let from = 0; from < suspects.length; from += columnsPerQuery) {
    const group = suspects.slice(from, from + columnsPerQuery);
    const counts = await bench.numbers(
      `SELECT ${group.map((column) => `count(*) FILTER (${bad(column)})::DOUBLE`).join(', ')} FROM ${table.relation}`,
    );
    for (const [index, column] of group.entries()) {
      if (counts[index] === 0) continue;
      const [row] = await bench.numbers(
        `SELECT min(n)::DOUBLE FROM (SELECT row_number() OVER () - 1 AS n, ${column.raw.ident} FROM ${table.relation}) WHERE ${bad(column)}`,
      );
      const place = await locateRow(bench.engine, table, row);
      bench.warn(
        'VALUES_UNREADABLE',
        `${place.file}: ${counts[index]} cells of column ${column.name} are not of type ${column.config.type}; ` +
          `they count as missing (the first in row ${place.row})`,
      );
    }
  }
}

/** Counts events that name no user or no item: all of them would pass for one. */
export async function warnNoId(
  bench: Workbench,
  table: WorkTable,
  column: WorkColumn,
  id: string,
): Promise<void> {
  // These words are how other programs write that there is none.
  const words =
    column.config.type === 'string'
      ? ` OR lower(${id}::VARCHAR) IN ('na', 'n/a', 'nan', 'none', 'null')`
      : '';
  const [count, spelled, row] = await bench.numbers(
    `SELECT count(*)::DOUBLE, count(${id})::DOUBLE, min(row)::DOUBLE FROM events WHERE ${id} IS NULL${words}`,
  );
  if (count === 0) return;
  const place = await locateRow(bench.engine, table, row);
  const what = column.config.role === 'user_id' ? 'user' : 'item';
  const fate =
    bench.config.task === 'next-item' ? 'those without a cell are left out' : `they count as one ${what}`;
  bench.warn(
    'ID_MISSING',
    `${place.file}: ${count} events name no ${what} (${count - spelled} empty or null, ${spelled} NA, none or the like in column ` +
      `${column.name}; the first in row ${place.row}); ${fate}`,
  );
}
