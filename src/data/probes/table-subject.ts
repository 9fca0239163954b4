import type { ColumnConfig, ColumnRole, ProjectConfig, Severity, Sighting } from '../../schema/index.js';
import { assignSplits, type Splits } from '../assign-splits.js';
import { measureOverlap, type Overlap } from '../check-overlap.js';
import { labelRelations, type LabelRelation } from '../column-relations.js';
import { buildEventLog, isInput, type EventLog } from '../event-log.js';
import { eventTable } from '../project-files.js';
import { joinSideTables, type SideTable } from '../side-tables.js';
import { parseSplit, type SplitRule } from '../split-rule.js';
import type { Workbench } from '../workbench.js';

/** A column as probes see it: typed, joined to the events, whatever its role. */
export interface SubjectColumn {
  /** "<table>.<column>" */
  readonly key: string;
  readonly name: string;
  readonly table: string;
  readonly type: ColumnConfig['type'];
  /** the role that the project gives it */
  readonly role: ColumnRole;
  /** whether models of the project see it; those of next-item tasks see ids alone */
  readonly isInput: boolean;
  /** a person has seen what the audit says of it and keeps it */
  readonly isAccepted: boolean;
  /** larger and smaller mean something */
  readonly isNumeric: boolean;
  /** SQL of the cell over `audited` */
  readonly cell: string;
  /** the table that it was joined from; undefined for a column of the events */
  readonly side: SideTable | undefined;
}

/**
 * A project's tables in one engine, opened for probes. `base` has every event of a split (row, split, t, y, row_hash, ids
 * and columns); `audited` has up to 200,000 of them, drawn by a hash of their row, with all joined columns. y is null in test.
 */
export interface TableSubject {
  readonly bench: Workbench;
  /** as the project has it */
  readonly config: ProjectConfig;
  readonly rule: SplitRule;
  readonly log: EventLog;
  readonly splits: Splits;
  /** test rows that stand in another part too; measured before their labels were blanked out */
  readonly overlap: Overlap;
  readonly columns: readonly SubjectColumn[];
  /** rows of `audited` */
  readonly rows: number;
  /** SQL of a 0/1 label over `base` and `audited`, ratings cut at their training mean; undefined for next-item tasks */
  readonly label: string | undefined;
  /** whether every training event lies before every later one, or at the same time */
  readonly isInTime: boolean;
  /** known rows of label 1 and of label 0 in `audited` */
  classes(): Promise<readonly [number, number]>;
  /** how each column that could be an input goes with the label; measured once */
  relations(): Promise<ReadonlyMap<string, LabelRelation>>;
}

/** Rows that are held against the label. */
const mostRows = 200_000;

/** Roles whose columns are opened for probes though no model sees them. */
const opened: ReadonlySet<ColumnRole> = new Set(['signal', 'leak', 'meta', 'order']);

/**
 * The configuration under which every column is read as if it were an input, so that a probe sees what was refused too.
 * Labels, ratings, splits, free text and the clock stay what they are.
 */
export function withEveryColumn(config: ProjectConfig): ProjectConfig {
  const columns = Object.entries(config.columns).map(([key, column]): [string, ColumnConfig] => {
    const name = key.slice(key.indexOf('.') + 1);
    const table = config.tables[key.slice(0, key.indexOf('.'))];
    const isClock = name === config.clock || name === table?.asOf;
    const other = column.role === 'timestamp' && !isClock;
    if (
      column.type === 'other' ||
      !(opened.has(column.role) || other || isInput({ ...column, encoding: undefined }))
    )
      return [key, column];
    const { encoding: _encoding, ...rest } = column;
    const role = column.role === 'user_id' || column.role === 'item_id' ? column.role : 'context';
    return [key, isClock ? column : { ...rest, role }];
  });
  return { ...config, columns: Object.fromEntries(columns) };
}

const isNumber = (type: ColumnConfig['type']): boolean =>
  type === 'integer' || type === 'number' || type === 'boolean';

/** Loads, splits and joins. @param bench over {@link withEveryColumn} of the config @param most rows of `audited`, about */
export async function openSubject(
  bench: Workbench,
  config: ProjectConfig,
  most: number = mostRows,
): Promise<TableSubject> {
  const rule = parseSplit(config.split);
  const log = await buildEventLog(bench, await bench.table(eventTable(config), 'raw_0'), { rule });
  const splits = await assignSplits(bench, log, rule, 'leave');
  const sides = await joinSideTables(bench, log);
  const columns = subjectColumns(config, log, sides);
  const overlap = await measureOverlap(bench, log, splits.rows);
  await sealTest(bench);
  await bench.run('DROP TABLE events');
  const rows = await drawRows(bench, sides, columns, most);
  const label = await labelOf(bench, log);
  let relations: Promise<ReadonlyMap<string, LabelRelation>> | undefined;
  const subject: TableSubject = {
    bench,
    config,
    rule,
    log,
    splits,
    overlap,
    columns,
    rows,
    label,
    isInTime: await isInTime(bench, log),
    classes: async () => {
      if (label === undefined) return [0, 0];
      const [positives, rest] = await bench.numbers(
        `SELECT count(*) FILTER (${label} = 1)::DOUBLE, count(*) FILTER (${label} = 0)::DOUBLE FROM ${labelledRows}`,
      );
      return [positives, rest];
    },
    relations: () => (relations ??= relationsOf(subject)),
  };
  return subject;
}

function subjectColumns(config: ProjectConfig, log: EventLog, sides: readonly SideTable[]): SubjectColumn[] {
  const column = (table: string, name: string, cell: string, side?: SideTable): SubjectColumn[] => {
    const key = `${table}.${name}`;
    const said = config.columns[key];
    if (said === undefined || said.type.startsWith('list-') || said.type === 'other') return [];
    const keyOfSide = side !== undefined && (said.role === 'user_id' || said.role === 'item_id');
    if (keyOfSide || said.role === 'label' || said.role === 'rating' || said.role === 'split') return [];
    return [
      {
        key,
        name,
        table,
        type: said.type,
        role: said.role,
        isInput: config.task !== 'next-item' && isInput(said),
        isAccepted: said.accepted === true,
        isNumeric: isNumber(said.type),
        cell,
        side,
      },
    ];
  };
  return [
    ...[...log.idents].flatMap(([name, ident]) => column(log.table.name, name, ident)),
    ...sides.flatMap((side) =>
      [...side.idents].flatMap(([name, ident]) => column(side.table.name, name, ident, side)),
    ),
  ];
}

/** Blanks the labels of test rows out: no probe reads what the scorer alone may open. */
async function sealTest(bench: Workbench): Promise<void> {
  await bench.run('UPDATE base SET y = NULL WHERE split = 2');
}

async function drawRows(
  bench: Workbench,
  sides: readonly SideTable[],
  columns: readonly SubjectColumn[],
  most: number,
): Promise<number> {
  const [all] = await bench.numbers('SELECT count(*)::DOUBLE FROM base');
  const step = Math.max(1, Math.ceil(all / most));
  const cells = columns.map(({ cell, side }) =>
    side === undefined ? `b.${cell}` : `${side.relation}.${cell}`,
  );
  const joins = sides.map(({ relation, link }) => `LEFT JOIN ${relation} ON ${relation}.rid = b.${link}`);
  // Not hash(row) alone: by that the drawn rows are halved later, and all of them would be even.
  await bench.run(
    `CREATE TABLE audited AS SELECT b.row, b.split, b.t, b.y${cells.map((cell) => `, ${cell}`).join('')} ` +
      `FROM base b ${joins.join(' ')} WHERE hash(b.row, 'drawn') % ${step} = 0`,
  );
  const [rows] = await bench.numbers('SELECT count(*)::DOUBLE FROM audited');
  return rows;
}

async function labelOf(bench: Workbench, log: EventLog): Promise<string | undefined> {
  if (!log.labelled || bench.config.task === 'next-item') return undefined;
  if (bench.config.task === 'ctr') return 'y::INTEGER';
  const [mean] = await bench.numbers('SELECT avg(y) FROM base WHERE split = 0');
  return `(y >= ${mean})::INTEGER`;
}

async function isInTime(bench: Workbench, log: EventLog): Promise<boolean> {
  if (!log.timed) return false;
  const [last, first] = await bench.numbers(
    'SELECT max(t) FILTER (split = 0)::DOUBLE, min(t) FILTER (split > 0)::DOUBLE FROM base',
  );
  return last <= first;
}

/** Known rows of `audited`: those with a label. */
export const labelledRows = '(SELECT * FROM audited WHERE split < 2)';

async function relationsOf({
  bench,
  columns,
  rows,
  label,
}: TableSubject): Promise<ReadonlyMap<string, LabelRelation>> {
  if (label === undefined) return new Map();
  return labelRelations(
    bench.engine,
    { relation: labelledRows, rows },
    label,
    columns.filter(isJudged).map(({ key, cell, isNumeric }) => ({
      name: key,
      cell: numberOrCell(cell, isNumeric),
      numeric: isNumeric,
    })),
    'row',
  );
}

/** Columns that could tell the label: all but the log's own user and item, whose rates are what models learn. */
export const isJudged = ({ role }: SubjectColumn): boolean => role !== 'user_id' && role !== 'item_id';

/** Of probes that hold columns against the label. */
export function lacksLabel({ label }: TableSubject): string | undefined {
  return label === undefined ? 'a next-item task has no label of 0 and 1' : undefined;
}

const numberOrCell = (cell: string, isNumeric: boolean): string => (isNumeric ? `${cell}::DOUBLE` : cell);

/**
 * A finding of one column. What is no input of the project already cannot hurt its scores, so it is said and weighs little.
 */
export function columnSighting(
  column: SubjectColumn,
  severity: Severity,
  evidence: string,
  remedy: string,
): Sighting {
  const columns = [column.key];
  if (column.isInput && !column.isAccepted) return { severity, columns, evidence, remedy };
  if (column.isInput) {
    return {
      severity: 'low',
      columns,
      evidence: `${evidence}; accepted in automodel.json`,
      remedy: 'None: it was accepted.',
    };
  }
  return {
    severity: 'low',
    columns,
    evidence: `${evidence}; it is no input (role ${column.role})`,
    remedy: 'None: no model of this project sees it.',
  };
}
