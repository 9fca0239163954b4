import { basename } from 'node:path';
import type { ColumnRole, TableConfig, Warning } from '../schema/index.js';
import { itemRank, labelRank, ratingRank, saysTime, snakeCase, userRank } from './column-names.js';
import { columnStats, type ColumnStats } from './column-stats.js';
import { describeFile, ignoredWarning } from './dataset-json.js';
import type { Engine } from './engine.js';
import { inspectFile, loadTable, sameSchema, type FileShape, type LoadedTable } from './load-table.js';

/** A table as it came, before anything is decided. */
export interface TableDraft {
  readonly name: string;
  readonly shapes: readonly FileShape[];
  readonly loaded: LoadedTable;
  readonly stats: readonly ColumnStats[];
  /** roles from dataset.json */
  readonly described: ReadonlyMap<string, ColumnRole> | undefined;
  /** kind from dataset.json */
  readonly kind?: TableConfig['kind'] | undefined;
  /** what dataset.json says in vain */
  readonly warnings?: readonly Warning[];
}

/** A name for configuration and SQL comments: the file's, in letters, digits, _ and -. */
export function tableName(paths: readonly string[], taken: ReadonlySet<string>): string {
  const stems = paths.map((path) => basename(path).replace(/(\.[A-Za-z]+){1,2}$/, ''));
  let common = stems[0];
  for (const stem of stems) while (!stem.startsWith(common)) common = common.slice(0, -1);
  const clean = common.replaceAll(/[^A-Za-z0-9_-]+/g, '_').replaceAll(/^[_-]+|[_-]+$/g, '');
  const base =
    clean === '' || clean === 'constructor' || clean === 'prototype' ? 'events' : clean.slice(0, 60);
  let name = base;
  for (let n = 2; taken.has(name); n += 1) name = `${base}_${n}`;
  return name;
}

/** Groups files into tables (equal schemas are shards) and looks at all of them. */
export async function draftTables(
  engine: Engine,
  paths: readonly string[],
  useDatasetJson: boolean,
): Promise<TableDraft[]> {
  const groups: FileShape[][] = [];
  for (const path of paths) {
    const shape = await inspectFile(engine, path);
    const group = groups.find((shapes) => sameSchema(shapes[0], shape));
    if (group === undefined) groups.push([shape]);
    else group.push(shape);
  }
  const drafts: TableDraft[] = [];
  const taken = new Set<string>();
  for (const [index, shapes] of groups.entries()) {
    const files = shapes.map((shape) => shape.path);
    const name = tableName(files, taken);
    taken.add(name);
    const loaded = await loadTable(engine, name, `raw_${index}`, shapes);
    const names = new Set(loaded.columns.map((column) => column.name));
    const said = useDatasetJson
      ? files.flatMap((file) => {
          const description = describeFile(file, names);
          return description === undefined ? [] : [{ file, description }];
        })
      : [];
    drafts.push({
      name,
      shapes,
      loaded,
      stats: await columnStats(engine, loaded),
      described: said.find(({ description }) => description.roles !== undefined)?.description.roles,
      kind: said.find(({ description }) => description.kind !== undefined)?.description.kind,
      warnings: said.flatMap(({ file, description }) => ignoredWarning(file, description) ?? []),
    });
  }
  return drafts;
}

/** The column that a person would call the best of its kind: least rank of all that have one. */
export function bestRanked(draft: TableDraft, rank: (name: string) => number): ColumnStats | undefined {
  return draft.stats
    .map((stats) => ({ stats, rank: rank(stats.raw.name) }))
    .filter((entry) => entry.rank >= 0)
    .sort((a, b) => a.rank - b.rank)[0]?.stats;
}

/** How much a table looks like the log of events. */
function eventScore(draft: TableDraft, largest: number): number {
  const roles = new Set(draft.described?.values());
  let score = draft.loaded.rows === largest ? 1 : 0;
  const user = bestRanked(draft, userRank);
  const item = bestRanked(draft, itemRank);
  if (user !== undefined && item !== undefined) score += 4;
  if (bestRanked(draft, labelRank) !== undefined || bestRanked(draft, ratingRank) !== undefined) score += 2;
  if (draft.stats.some((stats) => saysTime(stats.raw.name) && stats.timeUnit !== undefined)) score += 1;
  if (/interaction|event|log|rating|impression|click|behavior|behaviour|train/.test(snakeCase(draft.name)))
    score += 2;
  if (roles.has('label') || roles.has('rating')) score += 20;
  // What dataset.json calls another thing is the log only when nothing else is left.
  if (draft.kind !== undefined) score += draft.kind === 'events' ? 100 : -100;
  return score;
}

/** Index of the event table. */
export function findEventTable(drafts: readonly TableDraft[]): number {
  const largest = Math.max(...drafts.map((draft) => draft.loaded.rows));
  const scores = drafts.map((draft) => eventScore(draft, largest));
  return scores.indexOf(Math.max(...scores));
}
