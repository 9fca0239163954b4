import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AutoModelError, removeQuietly } from '../platform/index.js';
import type { ProjectConfig } from '../schema/index.js';
import { openEngine, type Engine } from './engine.js';
import { eventColumn, eventTable } from './project-files.js';
import { quoteName, quoteText } from './sql.js';

/** An item that was shown: one row of a training log. */
export interface ShownItem {
  readonly requestId: string;
  readonly user: string;
  readonly item: string;
  readonly atMs: number;
  readonly position: number;
  readonly propensity: number;
  readonly version: string;
  /** arms of the user, by experiment */
  readonly variants: Readonly<Record<string, string>>;
  /** columns of the event table that the request brought */
  readonly context: Readonly<Record<string, unknown>>;
}

/** What a user did with an item of a request. */
export interface Outcome {
  readonly requestId: string;
  readonly item: string;
  readonly kind: string;
  readonly value: number | undefined;
}

const fixed = ['request_id', 'position', 'propensity', 'model_version', 'variants'] as const;
/** Written to disk in pieces of about this many characters. */
const PIECE = 1 << 20;
/** More kinds of events than this are a mistake, and no columns. */
const MOST_KINDS = 200;

/**
 * Joins what was shown with what came of it into one table that `init` reads: the columns of users, items and clock have the names
 * and types of the project, every kind of event is a 0/1 column, and one that has values a second column with the largest.
 */
export class TrainingLogWriter {
  private readonly folder: string;
  private readonly shownLines: LineFile;
  private readonly outcomeLines: LineFile;
  private readonly kinds = new Map<string, boolean>();
  private readonly contextTypes = new Map<string, string>();
  private readonly target: string;

  /** @param out a .parquet or .jsonl file @throws USAGE for another name */
  constructor(
    out: string,
    private readonly config: ProjectConfig,
  ) {
    this.target = resolve(out);
    if (!/\.(parquet|jsonl)$/i.test(this.target))
      throw new AutoModelError('USAGE', `Cannot write ${out}: a training log is a .parquet or .jsonl file`, {
        details: { path: out },
      });
    mkdirSync(dirname(this.target), { recursive: true });
    this.folder = mkdtempSync(join(dirname(this.target), '.writing-'));
    this.shownLines = new LineFile(join(this.folder, 'shown.jsonl'));
    this.outcomeLines = new LineFile(join(this.folder, 'outcomes.jsonl'));
  }

  shown({ context, variants, ...item }: ShownItem): void {
    const cells: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(context)) {
      if (value === null || value === undefined) continue;
      const type = typeOf(value);
      const before = this.contextTypes.get(name);
      this.contextTypes.set(name, before === undefined || before === type ? type : wider(before, type));
      cells[`c:${name}`] = typeof value === 'object' ? JSON.stringify(value) : value;
    }
    this.shownLines.add({ ...item, variants: JSON.stringify(variants), ...cells });
  }

  outcome(outcome: Outcome): void {
    this.kinds.set(outcome.kind, (this.kinds.get(outcome.kind) ?? false) || outcome.value !== undefined);
    this.outcomeLines.add(outcome);
  }

  /**
   * @param reportedBy rows are only what an event of this kind reported as shown, where there is any of it; undefined: all that was
   *   answered
   * @returns the number of rows
   */
  async write(reportedBy: string | undefined): Promise<number> {
    this.shownLines.close();
    this.outcomeLines.close();
    const engine = await openEngine({
      files: [this.shownLines.path, this.outcomeLines.path],
      folders: [this.folder],
      workDir: join(this.folder, 'work'),
    });
    try {
      const part = join(this.folder, basename(this.target));
      await engine.run(`CREATE TABLE log AS ${this.joined(reportedBy)}`);
      const [[rows]] = await engine.rows('SELECT count(*)::DOUBLE FROM log');
      await copy(engine, part);
      renameSync(part, this.target);
      return Number(rows);
    } finally {
      engine.close();
      this.discard();
    }
  }

  /** Removes what was collected; after `write` nothing is left to remove. */
  discard(): void {
    this.shownLines.close();
    this.outcomeLines.close();
    removeQuietly(this.folder);
  }

  private joined(reportedBy: string | undefined): string {
    const taken = new Set<string>(fixed);
    const unique = (wanted: string): string => {
      let name = wanted;
      for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${wanted}_${n}`;
      taken.add(name.toLowerCase());
      return quoteName(name);
    };
    const id = (role: 'user_id' | 'item_id', cell: string): string => {
      const column = eventColumn(this.config, role);
      const typed = column?.type === 'integer' ? `TRY_CAST(${cell} AS BIGINT)` : cell;
      return `${typed} AS ${unique(column?.name ?? role)}`;
    };
    const columns = [
      's.requestId AS request_id',
      id('user_id', 's.user'),
      id('item_id', 's.item'),
      `${this.moment()} AS ${unique(this.config.clock ?? 'timestamp')}`,
      's.position AS position',
      's.propensity AS propensity',
      's.version AS model_version',
      's.variants AS variants',
      ...[...this.contextTypes.keys()].map((name) => `s.${quoteName(`c:${name}`)} AS ${unique(name)}`),
    ];
    const kinds = [...this.kinds].slice(0, MOST_KINDS);
    const counted: string[] = [];
    for (const [k, [kind, hasValue]] of kinds.entries()) {
      counted.push(`(count(*) FILTER (kind = ${quoteText(kind)}) > 0)::INTEGER AS k${k}`);
      columns.push(`coalesce(o.k${k}, 0) AS ${unique(kind)}`);
      if (!hasValue) continue;
      counted.push(`max(value) FILTER (kind = ${quoteText(kind)}) AS v${k}`);
      columns.push(`o.v${k} AS ${unique(`${kind}_value`)}`);
    }
    const shownBy = kinds.findIndex(([kind]) => kind === reportedBy);
    const outcomes =
      `SELECT requestId, item, ${counted.join(', ') || 'count(*) AS n'} FROM ` +
      `${readLines(this.outcomeLines.path, { requestId: 'VARCHAR', item: 'VARCHAR', kind: 'VARCHAR', value: 'DOUBLE' })} GROUP BY ALL`;
    const types = Object.fromEntries([...this.contextTypes].map(([name, type]) => [`c:${name}`, type]));
    const shown = readLines(this.shownLines.path, {
      requestId: 'VARCHAR',
      user: 'VARCHAR',
      item: 'VARCHAR',
      atMs: 'BIGINT',
      position: 'INTEGER',
      propensity: 'DOUBLE',
      version: 'VARCHAR',
      variants: 'VARCHAR',
      ...types,
    });
    return (
      `SELECT ${columns.join(', ')} FROM ${shown} s LEFT JOIN (${outcomes}) o USING (requestId, item) ` +
      `${shownBy < 0 ? '' : `WHERE o.k${shownBy} = 1 `}ORDER BY s.atMs, s.requestId, s.position`
    );
  }

  /** The moment in the unit of the project's clock, where that is a number. */
  private moment(): string {
    const unit = this.config.columns[`${eventTable(this.config)}.${this.config.clock ?? ''}`]?.unit;
    if (unit === 'seconds') return '(s.atMs // 1000)';
    if (unit === 'milliseconds') return 's.atMs';
    if (unit === 'microseconds') return '(s.atMs * 1000)';
    return 'make_timestamp(s.atMs * 1000)';
  }
}

function typeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE';
  return 'VARCHAR';
}

const wider = (a: string, b: string): string =>
  [a, b].every((type) => type === 'BIGINT' || type === 'DOUBLE') ? 'DOUBLE' : 'VARCHAR';

function readLines(path: string, columns: Readonly<Record<string, string>>): string {
  const list = Object.entries(columns).map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`);
  return `read_json(${quoteText(path)}, format = 'newline_delimited', maximum_object_size = 67108864, columns = {${list.join(', ')}})`;
}

async function copy(engine: Engine, part: string): Promise<void> {
  const format = /\.parquet$/i.test(part) ? 'FORMAT parquet, COMPRESSION zstd' : 'FORMAT json';
  await engine.run(`COPY log TO ${quoteText(part)} (${format})`);
}

/** Lines of JSON on their way to a file. */
class LineFile {
  private readonly descriptor: number;
  private text = '';
  private isOpen = true;

  constructor(readonly path: string) {
    this.descriptor = openSync(path, 'w');
  }

  add(line: object): void {
    this.text += `${JSON.stringify(line)}\n`;
    if (this.text.length >= PIECE) this.flush();
  }

  close(): void {
    if (!this.isOpen) return;
    this.flush();
    closeSync(this.descriptor);
    this.isOpen = false;
  }

  private flush(): void {
    const bytes = Buffer.from(this.text);
    for (let at = 0; at < bytes.length;) at += writeSync(this.descriptor, bytes, at, bytes.length - at);
    this.text = '';
  }
}
