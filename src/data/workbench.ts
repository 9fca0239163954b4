import type { ColumnConfig, ProjectConfig, TableConfig, Warning } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import { openEngine, type Engine } from './engine.js';
import { inspectFile, loadTable, type LoadedTable, type RawColumn } from './load-table.js';
import { resolveTable } from './project-files.js';

export interface WorkColumn {
  readonly name: string;
  readonly raw: RawColumn;
  readonly config: ColumnConfig;
}

/** A table of the project, loaded, with what automodel.json says of its columns. */
export interface WorkTable extends LoadedTable {
  readonly config: TableConfig;
  readonly workColumns: readonly WorkColumn[];
}

/** One engine at work on one project: the statements it ran become features.sql, what it noticed becomes warnings. */
export class Workbench {
  readonly statements: string[] = [];
  readonly warnings: Warning[] = [];

  constructor(
    readonly engine: Engine,
    readonly projectDir: string,
    readonly config: ProjectConfig,
  ) {}

  static async open(
    options: { projectDir: string; config: ProjectConfig; signal?: AbortSignal },
    extra: { files?: readonly string[]; folders?: readonly string[]; workDir?: string } = {},
  ): Promise<Workbench> {
    const used = Object.values(options.config.tables).filter((table) => table.kind !== 'unused');
    const files = used.flatMap((table) => resolveTable(options.projectDir, table));
    const engine = await openEngine({
      files: [...files, ...(extra.files ?? [])],
      folders: extra.folders,
      workDir: extra.workDir,
      signal: options.signal,
    });
    return new Workbench(engine, options.projectDir, options.config);
  }

  warn(code: string, message: string): void {
    this.warnings.push({ code, message });
  }

  /** Runs a statement that belongs to the features and records it with what it is for. */
  async build(comment: string, sql: string): Promise<void> {
    this.statements.push(`-- ${comment.replaceAll(/[\r\n]+/g, ' ')}\n${sql};`);
    await this.engine.run(sql);
  }

  async run(sql: string): Promise<void> {
    await this.engine.run(sql);
  }

  /** A single row of numbers. */
  async numbers(sql: string): Promise<number[]> {
    const [row] = await this.engine.rows(sql);
    return row.map((value) => (value === null ? Number.NaN : Number(value)));
  }

  async table(name: string, relation: string): Promise<WorkTable> {
    const table = this.config.tables[name];
    const shapes = [];
    for (const path of resolveTable(this.projectDir, table))
      shapes.push(await inspectFile(this.engine, path, table.csv));
    return this.withColumns(await loadTable(this.engine, name, relation, shapes), table);
  }

  /**
   * Joins what a file holds with what automodel.json says of the columns. `input`: the file is one to predict, not the log
   * that automodel.json describes, so what it lacks is its own fault; `optional` columns it may lack.
   */
  withColumns(
    loaded: LoadedTable,
    table: TableConfig,
    { optional = new Set(), input = false }: { optional?: ReadonlySet<string>; input?: boolean } = {},
  ): WorkTable {
    const prefix = `${loaded.name}.`;
    const byName = new Map(loaded.columns.map((column) => [column.name, column]));
    const workColumns: WorkColumn[] = [];
    for (const [key, config] of Object.entries(this.config.columns)) {
      if (!key.startsWith(prefix)) continue;
      const name = key.slice(prefix.length);
      const raw = byName.get(name);
      if (raw !== undefined) workColumns.push({ name, raw, config });
      else if (!optional.has(name)) {
        throw new AutoModelError(
          'UNKNOWN_COLUMN',
          `${loaded.files[0]} has no column ${JSON.stringify(name)}${input ? ', which the features need' : ''}`,
          {
            remedy: input
              ? `Add the column to the input file, empty where unknown; it has: ${loaded.columns
                  .slice(0, 30)
                  .map((column) => column.name)
                  .join(', ')}.`
              : `Remove ${JSON.stringify(key)} from automodel.json, or run automodel init again.`,
            details: { file: loaded.files[0], column: name },
          },
        );
      }
    }
    return { ...loaded, config: table, workColumns };
  }
}

/** A readable, harmless identifier: a short prefix of our own and what is left of the name in a-z, 0-9 and _. */
export function ident(prefix: string, name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 32);
  return slug === '' ? prefix : `${prefix}_${slug}`;
}
