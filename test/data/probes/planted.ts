import { auditTables } from '../../../src/data/index.js';
import { openSubject, withEveryColumn, type TableSubject } from '../../../src/data/probes/table-subject.js';
import { Workbench } from '../../../src/data/workbench.js';
import { Rng } from '../../../src/platform/index.js';
import type { AuditFinding, Probe, ProbeRun, ProjectConfig } from '../../../src/schema/index.js';
import type { Rows } from '../fixtures.js';
import { handmade, start, type HandColumn, type HandTable } from '../handmade.js';

export type Cells = Record<string, string | number | null>;

export interface PlantedRow {
  readonly index: number;
  readonly user: number;
  readonly item: number;
  readonly ts: number;
  readonly label: number;
}

export interface LogShape {
  readonly rows?: number;
  readonly users?: number;
  readonly items?: number;
  readonly seed?: number;
}

export const dayOf = (ts: number): number => Math.floor((ts - start) / 86_400);

/** Whether the item is liked more than others, and how it does from day to day: what an honest column may know of it. */
export function quality(item: number): number {
  return new Rng(['quality', item]).normal();
}

/** Clicks of users who differ on items that differ, ten days long, in the order of time. */
export function plantedRows({ rows = 3000, users = 150, items = 60, seed = 1 }: LogShape = {}): PlantedRow[] {
  const rng = new Rng(['planted', seed]);
  const taste = Array.from({ length: users }, () => rng.normal());
  const worth = Array.from({ length: items }, (_, item) => quality(item));
  // Items come and go: what an item is shown one day says only part of what it is shown the next.
  const fashion = worth.map(() => rng.normal());
  let day = 0;
  return Array.from({ length: rows }, (_, index): PlantedRow => {
    const ts = start + Math.floor((index * 10 * 86_400) / rows);
    if (dayOf(ts) > day) {
      day = dayOf(ts);
      for (let item = 0; item < items; item += 1) fashion[item] = 0.7 * fashion[item] + 0.7 * rng.normal();
    }
    const user = rng.integer(users);
    let item = rng.integer(items);
    for (let tries = 0; rng.next() > Math.exp(fashion[item] - 1.5) && tries < 20; tries += 1)
      item = rng.integer(items);
    const label = rng.next() < 1 / (1 + Math.exp(0.4 - 0.8 * taste[user] - 0.8 * worth[item])) ? 1 : 0;
    return { index, user, item, ts, label };
  });
}

const roles: Readonly<Record<string, HandColumn>> = {
  user: 'user_id',
  item: 'item_id',
  ts: 'timestamp',
  label: 'label',
};

export interface Planted {
  readonly log: readonly PlantedRow[];
  /** further cells of a row; drawn with a generator of the test's own */
  readonly more?: (row: PlantedRow, rng: Rng) => Cells;
  /** roles of further columns; context unless said */
  readonly columns?: Readonly<Record<string, HandColumn>>;
  readonly tables?: Readonly<Record<string, HandTable>>;
  readonly change?: Partial<ProjectConfig>;
  /** rows that are held against the label */
  readonly mostRows?: number;
}

export interface Looked {
  readonly findings: readonly AuditFinding[];
  readonly runs: readonly ProbeRun[];
  /** columns that were found, without their table */
  readonly columns: readonly string[];
}

/** Writes a project with what was planted. */
function projectOf(planted: Planted): { dir: string; config: ProjectConfig } {
  const { log, more = () => ({}), columns = {}, tables = {}, change = {} } = planted;
  const rng = new Rng(['more', 7]);
  const rows: Rows = log.map((row) => {
    const { index: _index, ...cells } = row;
    return { ...cells, ...more(row, rng) };
  });
  const named: Record<string, HandColumn> = {};
  for (const name of Object.keys(rows[0])) named[name] = columns[name] ?? roles[name] ?? 'context';
  return handmade({ log: { rows, columns: named }, ...tables }, { split: 'time', ...change });
}

/** Lets probes look at what was planted. */
export async function look(planted: Planted, ...probes: readonly Probe<TableSubject>[]): Promise<Looked> {
  const { dir, config } = projectOf(planted);
  const { mostRows } = planted;
  const { findings, probes: runs } = await auditTables({ projectDir: dir, config, probes, mostRows });
  return {
    findings,
    runs,
    columns: findings.flatMap((finding) => finding.columns.map((key) => key.split('.')[1])),
  };
}

/** What probes get to see of it. */
export async function withSubject<T>(
  planted: Planted,
  see: (subject: TableSubject) => Promise<T>,
): Promise<T> {
  const { dir, config } = projectOf(planted);
  const bench = await Workbench.open({ projectDir: dir, config: withEveryColumn(config) });
  try {
    return await see(await openSubject(bench, config, planted.mostRows));
  } finally {
    bench.engine.close();
  }
}
