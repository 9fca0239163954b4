import type { ColumnType } from '../schema/index.js';
import type { EventLog } from './event-log.js';
import type { FieldPlan } from './field-plan.js';
import { splitCell } from './split-list.js';
import type { SideTable } from './side-tables.js';
import type { Workbench } from './workbench.js';

/** Where the raw cells of a field lie in the engine. */
export interface FieldSource {
  readonly plan: FieldPlan;
  /** `base` or the relation of the side table */
  readonly relation: string;
  /** number of a row in the relation: pos or rid */
  readonly rowKey: 'pos' | 'rid';
  /** column of `base` that names the row; `pos` itself for event columns */
  readonly link: string;
  /** SQL of the value in the relation, transform applied, without alias */
  readonly cell: string;
  readonly type: ColumnType;
}

/** Finds the cells of a planned field. */
export function fieldSource(
  bench: Workbench,
  log: EventLog,
  sides: readonly SideTable[],
  plan: FieldPlan,
): FieldSource {
  const side = sides.find((s) => s.table.name === plan.table);
  const columns = side === undefined ? log.table.workColumns : side.table.workColumns;
  const type = columns.find((column) => column.name === plan.column)?.config.type ?? 'string';
  const ident = (side === undefined ? log.idents : side.idents).get(plan.column) as string;
  const cut = plan.kind === 'sequence' ? plan.separator : undefined;
  if (cut !== undefined) {
    // Items in text are of the type that the item column has, or they would share no vocabulary with it.
    const items = log.table.workColumns.find((column) => column.config.role === 'item_id')?.config.type;
    const of = plan.kind === 'sequence' && plan.ofItems && items === 'integer' ? 'integer' : 'string';
    return {
      plan,
      relation: side?.relation ?? 'base',
      rowKey: side === undefined ? 'pos' : 'rid',
      link: side?.link ?? 'pos',
      cell: splitCell(ident, cut, of),
      type: `list-${of}`,
    };
  }
  return {
    plan,
    relation: side?.relation ?? 'base',
    rowKey: side === undefined ? 'pos' : 'rid',
    link: side?.link ?? 'pos',
    cell: transformed(bench, plan, ident, type),
    type,
  };
}

function transformed(bench: Workbench, plan: FieldPlan, ident: string, type: ColumnType): string {
  if (plan.kind !== 'categorical') return ident;
  const local = `(t + ${bench.config.timeFeatures.utcOffsetMinutes * 60_000_000})`;
  // Division cuts towards zero, so what lies before 1970 is brought to its own midnight first.
  const intoDay = `((${local} % 86400000000 + 86400000000) % 86400000000)`;
  switch (plan.transform) {
    case 'value':
      return type === 'timestamp' || type === 'date' ? `${ident}::VARCHAR` : ident;
    case 'log':
      // Infinity falls into the last bin that a double can have.
      return `(sign(${ident}) * floor(pow(ln(1 + least(abs(${ident}::DOUBLE), 1e300)), 2)))::INTEGER`;
    case 'hour':
      return `${intoDay} // 3600000000`;
    case 'weekday':
      // 1970-01-01 was a Thursday; 0 is Sunday
      return `(((${local} - ${intoDay}) // 86400000000) % 7 + 11) % 7`;
  }
}

/**
 * SQL of (value, n): how often each value of a single-valued field occurs in training rows, null included. Values of a
 * side table count once per training event that joins them.
 */
export function trainingCounts(source: FieldSource): string {
  if (source.relation === 'base') {
    return `SELECT ${source.cell} AS value, count(*) AS n FROM base WHERE split = 0 GROUP BY ALL`;
  }
  return (
    `SELECT ${source.cell} AS value, sum(w.n)::BIGINT AS n FROM ` +
    `(SELECT ${source.link} AS rid, count(*) AS n FROM base WHERE split = 0 GROUP BY ALL) w ` +
    `LEFT JOIN ${source.relation} s ON s.rid = w.rid GROUP BY ALL`
  );
}
