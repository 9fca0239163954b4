import { normalQuantile } from '../../stats/index.js';
import type { ColumnConfig, Probe, Sighting } from '../../schema/index.js';
import { keyText } from '../column-types.js';
import type { SideTable } from '../side-tables.js';
import type { WorkTable } from '../workbench.js';
import { keyActivity, keyColumns } from './key-activity.js';
import { laterDependence, type LaterDependence } from './later-dependence.js';
import { columnSighting, type SubjectColumn, type TableSubject } from './table-subject.js';

/** Chance that any column of the project is taken for a later aggregate by luck. */
const familyWiseError = 0.01;
/**
 * Least effect, in sd of the true later level per sd of the column. On simulated logs honest columns stay below 0.1 (a
 * true but weak tie, such as length with popularity) and a click rate over the whole log has 0.4 and more.
 */
const leastEffect = 0.2;
/** A coefficient the other way round below this is that of a trend: an age, an upload date. */
const trendT = -3;
/** From here on a column is a measure of behaviour: of the true level of a key's activity it tells this much by rank. */
const behaviour = 0.5;
/** A table with three measures of behaviour whose other numbers mostly tell this much is a table of statistics. */
const relatedBehaviour = 0.25;

interface Measured {
  readonly column: SubjectColumn;
  readonly of: 'activity' | 'label rate';
  readonly dependence: LaterDependence;
}

/** Statistics of items or users that were computed with days that are judged, or that do not say up to when they count. */
export const laterAggregates: Probe<TableSubject> = {
  name: 'later-aggregate',
  question: 'Does a joined statistic move with days that are judged, or not say up to when it counts?',
  lacks: (subject) =>
    !subject.log.timed
      ? 'the events have no clock'
      : undatedSides(subject).length === 0
        ? 'no table without dates is joined by one key'
        : undefined,
  async run(subject) {
    const measured: Measured[] = [];
    for (const [side, key] of undatedSides(subject)) {
      const columns = subject.columns.filter((column) => column.side === side && column.isNumeric);
      const relation = `SELECT key0 AS key, * FROM ${side.relation} WHERE key0 IS NOT NULL`;
      measured.push(...(await measureKey(subject, key, relation, columns)));
    }
    return judge(measured);
  },
};

interface EventKey {
  /** SQL over `base`, of the type that the other table has it in */
  readonly sql: string;
  readonly isItem: boolean;
}

/** Tables with one row per key and no dates, with the event's key. */
function undatedSides({ columns, log }: TableSubject): [SideTable, EventKey][] {
  const sides = new Set(
    columns.flatMap(({ side, isNumeric }) => (side !== undefined && isNumeric ? [side] : [])),
  );
  return [...sides].flatMap((side): [SideTable, EventKey][] => {
    const { kind, join } = side.table.config;
    const key = join.length === 1 ? log.idents.get(join[0].eventColumn) : undefined;
    if (kind !== 'entity' || key === undefined) return [];
    const typeIn = (table: WorkTable, name: string): ColumnConfig['type'] =>
      table.workColumns.find((column) => column.name === name)?.config.type ?? 'string';
    const [own, other] = [typeIn(log.table, join[0].eventColumn), typeIn(side.table, join[0].column)];
    // Keys of unlike types were joined as text.
    return [[side, { sql: own === other ? key : keyText(key, own), isItem: key === log.item }]];
  });
}

/**
 * @param relation SQL with `key` and the columns, one row per key
 */
export async function measureKey(
  subject: TableSubject,
  key: EventKey,
  relation: string,
  columns: readonly SubjectColumn[],
): Promise<Measured[]> {
  const { bench, log } = subject;
  // Clicks of one user on an item are no two looks at the item: its halves are halves of the users.
  const halves = log.user !== undefined && key.isItem ? log.user : 'row';
  const activity = await keyActivity(subject, key.sql, halves);
  if (activity === undefined) return [];
  const cells = columns.map(({ cell }) => cell);
  const values = await keyColumns(bench, activity.keys, relation, cells);
  return columns.flatMap((column, c) =>
    (['activity', 'label rate'] as const).flatMap((of): Measured[] => {
      const levels = of === 'activity' ? activity.counts : activity.rates;
      const dependence = levels && laterDependence(levels, values[c]);
      return dependence === undefined ? [] : [{ column, of, dependence }];
    }),
  );
}

function judge(measured: readonly Measured[]): Sighting[] {
  const moving = movingColumns(measured);
  const told = new Set(moving.flatMap(({ columns }) => columns));
  return [...moving, ...undatedStatistics(measured.filter(({ column }) => !told.has(column.key)))];
}

/** Columns that know of the later window what the windows before it cannot tell. */
export function movingColumns(measured: readonly Measured[]): Sighting[] {
  const z = normalQuantile(1 - familyWiseError / 2 / Math.max(1, measured.length));
  const told = new Set<string>();
  return measured.flatMap(({ column, of, dependence }): Sighting[] => {
    const { effect, t, backwardT } = dependence;
    if (!(t >= z) || effect < leastEffect || backwardT < trendT || told.has(column.key)) return [];
    told.add(column.key);
    return [
      columnSighting(
        column,
        'high',
        `it knows the later ${of} of its keys beyond what training days tell: ${effect.toFixed(2)} sd per sd (t ${t.toFixed(1)}, ` +
          `${leastEffect} and ${z.toFixed(1)} are taken for proof)`,
        `Compute ${column.key} from days before each event (with a date column: kind dated), or give it the role leak.`,
      ),
    ];
  });
}

function undatedStatistics(measured: readonly Measured[]): Sighting[] {
  const tables = new Map<string, Measured[]>();
  for (const one of measured) {
    if (one.of !== 'activity') continue;
    tables.set(one.column.table, [...(tables.get(one.column.table) ?? []), one]);
  }
  return [...tables.values()].flatMap((columns) => {
    const tells = ({ dependence }: Measured): number => Math.max(dependence.withBefore, dependence.withAfter);
    const statistics = columns.filter((one) => tells(one) >= behaviour);
    const related = columns.filter((one) => tells(one) >= relatedBehaviour);
    const isTable = statistics.length >= 3 && related.length >= 0.5 * columns.length;
    return (isTable ? related : statistics).map((one): Sighting => {
      const { column, dependence } = one;
      const { withBefore, withAfter } = dependence;
      return columnSighting(
        column,
        isTable ? 'high' : 'medium',
        `it goes with how often its keys occur (rank correlation ${withBefore.toFixed(2)} before the boundary, ${withAfter.toFixed(2)} after) ` +
          `and has no date that says up to when it counts${isTable ? `; so do ${related.length} of ${columns.length} numbers of ${column.table}` : ''}`,
        `Give ${column.table} a date column (kind dated), count it from training days, or give ${column.key} the role leak.`,
      );
    });
  });
}
