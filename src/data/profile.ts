import { resolve } from 'node:path';
import type {
  ColumnRole,
  ColumnType,
  ProjectConfig,
  SplitName,
  TableConfig,
  Warning,
} from '../schema/index.js';
import { assignSplits } from './assign-splits.js';
import { columnStats, type ColumnStats } from './column-stats.js';
import { buildEventLog } from './event-log.js';
import { checkLabelRoles } from './label-roles.js';
import { parseSplit } from './split-rule.js';
import { Workbench, type WorkTable } from './workbench.js';

export interface ColumnProfile {
  readonly table: string;
  readonly column: string;
  readonly role: ColumnRole;
  readonly type: ColumnType;
  /** number of distinct values; approximate above two million rows */
  readonly distinct: number;
  /** share of rows without a value */
  readonly missing: number;
  /** extremes of numbers; null for other types and for user ids */
  readonly min: string | null;
  readonly max: string | null;
  /** most frequent values of columns with few of them; none of user ids, which never leave the engine */
  readonly top: readonly { readonly value: string; readonly count: number }[];
}

export interface Profile {
  readonly tables: readonly {
    readonly name: string;
    readonly kind: TableConfig['kind'];
    readonly files: readonly string[];
    readonly rows: number;
    readonly joinKeys: readonly string[];
  }[];
  readonly columns: readonly ColumnProfile[];
  readonly duplicateRows: number;
  readonly users: number;
  readonly items: number;
  readonly splitRows: Readonly<Record<SplitName, number>>;
  /** mean of the main label; null for the sealed test split and for next-item tasks */
  readonly labelMean: Readonly<Record<SplitName, number | null>>;
  readonly warnings: readonly Warning[];
}

export interface ProfileOptions {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  readonly signal?: AbortSignal;
}

/** Columns with more values than this show none: frequent values of wide columns are near to identifying rows. */
const maxShownDistinct = 1000;
const topValues = 5;
/** Top values are looked up for this many columns of a table. */
const maxShownColumns = 300;

/** Describes the tables of a project and its splits. Test labels stay unread. */
export async function profile(options: ProfileOptions): Promise<Profile> {
  const { config } = options;
  checkLabelRoles(config);
  const bench = await Workbench.open({ ...options, projectDir: resolve(options.projectDir) });
  try {
    const columns: ColumnProfile[] = [];
    const tables: Profile['tables'][number][] = [];
    let events: WorkTable | undefined;
    for (const [index, [name, table]] of Object.entries(config.tables).entries()) {
      if (table.kind === 'unused') continue;
      const work = await bench.table(name, `profile_${index}`);
      if (table.kind === 'events') events = work;
      tables.push({
        name,
        kind: table.kind,
        files: work.files,
        rows: work.rows,
        joinKeys: table.join.map((pair) => pair.column),
      });
      columns.push(...(await profileColumns(bench, work)));
    }
    const rule = parseSplit(config.split);
    const log = await buildEventLog(bench, events as WorkTable, { rule, inputs: false });
    const splits = await assignSplits(bench, log, rule);
    const labelled = log.labelled && config.task !== 'next-item';
    const [users, items, train, validation] = await bench.numbers(
      `SELECT ${log.user === undefined ? '0' : `count(DISTINCT ${log.user})`}::DOUBLE, ` +
        `${log.item === undefined ? '0' : `count(DISTINCT ${log.item})`}::DOUBLE, ` +
        `avg(y) FILTER (split = 0), avg(y) FILTER (split = 1) FROM base`,
    );
    return {
      tables,
      columns,
      duplicateRows: splits.duplicateRows,
      users,
      items,
      splitRows: splits.rows,
      labelMean: { train: labelled ? train : null, validation: labelled ? validation : null, test: null },
      warnings: bench.warnings,
    };
  } finally {
    bench.engine.close();
  }
}

async function profileColumns(bench: Workbench, table: WorkTable): Promise<ColumnProfile[]> {
  const stats = new Map((await columnStats(bench.engine, table)).map((s) => [s.raw.name, s]));
  const columns: ColumnProfile[] = [];
  for (const [index, { name, config }] of table.workColumns.entries()) {
    const found = stats.get(name) as ColumnStats;
    const secret = config.role === 'user_id';
    const shown = (value: number): string | null => (secret || Number.isNaN(value) ? null : String(value));
    columns.push({
      table: table.name,
      column: name,
      role: config.role,
      type: config.type,
      distinct: found.distinct,
      missing: table.rows === 0 ? 0 : 1 - found.present / table.rows,
      min: shown(found.min),
      max: shown(found.max),
      top: secret || index >= maxShownColumns ? [] : await mostFrequent(bench, table, found, config.role),
    });
  }
  return columns;
}

async function mostFrequent(
  bench: Workbench,
  table: WorkTable,
  stats: ColumnStats,
  role: ColumnRole,
): Promise<ColumnProfile['top']> {
  const listed = stats.type.startsWith('list-') || stats.type === 'other';
  // Labels are left out: over all rows they would tell of the sealed ones.
  if (listed || stats.distinct > maxShownDistinct || ['text', 'meta', 'label', 'rating'].includes(role))
    return [];
  const rows = await bench.engine.rows(
    `SELECT ${stats.raw.ident}::VARCHAR AS value, count(*)::DOUBLE AS n FROM ${table.relation} ` +
      `WHERE ${stats.raw.ident} IS NOT NULL GROUP BY ALL ORDER BY n DESC, value LIMIT ${topValues}`,
  );
  return rows.map(([value, count]) => ({ value: String(value).slice(0, 80), count: Number(count) }));
}
