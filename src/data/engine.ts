import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import {
  DuckDBInstance,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBValue,
} from '@duckdb/node-api';
import { AutoModelError, clock, config, log, removeQuietly } from '../platform/index.js';
import { engineError, withoutValues } from './engine-errors.js';
import { quoteText } from './sql.js';

export interface EngineOptions {
  /** files that SQL may read; nothing else on the machine can be opened */
  readonly files: readonly string[];
  /** folders that SQL may write into (and read from) */
  readonly folders?: readonly string[];
  readonly memoryMb?: number;
  readonly threads?: number;
  /** limit of the spill folder; default 64 GiB */
  readonly tempLimitMb?: number;
  /** where spilled data and the working database lie; default a new folder in the system's temp folder */
  readonly workDir?: string;
  readonly signal?: AbortSignal;
}

/** A locked-down DuckDB: no extensions, no network, no file but the given ones, configuration frozen. */
export interface Engine {
  /** Runs statements without a result. */
  run(sql: string, values?: readonly DuckDBValue[]): Promise<void>;
  /** All rows of a small result. */
  rows(sql: string, values?: readonly DuckDBValue[]): Promise<DuckDBValue[][]>;
  /** Chunks of up to 2,048 rows of a result of any size. */
  stream(sql: string): AsyncIterable<DuckDBDataChunk>;
  /** For appenders. */
  readonly connection: DuckDBConnection;
  close(): void;
}

const interruptEveryMs = 50;

/**
 * Opens an engine on a working database on disk, so that tables may be larger than memory. Input files stay reachable
 * through `allowed_paths` only; then external access is switched off and the configuration locked, in that order.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const workDir = options.workDir ?? mkdtempSync(join(config.tempDir, 'automodel-'));
  mkdirSync(workDir, { recursive: true });
  const instance = await DuckDBInstance.create(join(workDir, 'work.duckdb'), {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    memory_limit: `${options.memoryMb ?? config.memoryMb}MiB`,
    threads: String(options.threads ?? config.threads),
    temp_directory: join(workDir, 'spill'),
    max_temp_directory_size: `${options.tempLimitMb ?? 65_536}MiB`,
    preserve_insertion_order: 'true',
  }).catch((cause: unknown) => {
    throw engineError(cause);
  });
  const connection = await instance.connect();
  const close = (): void => {
    options.signal?.removeEventListener('abort', interrupt);
    clearInterval(interrupting);
    connection.closeSync();
    instance.closeSync();
    removeQuietly(workDir);
  };
  // An interrupt that arrives before a query has begun is lost, so it is given again until the engine is closed.
  let interrupting: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    connection.interrupt();
    interrupting = setInterval(() => connection.interrupt(), interruptEveryMs);
    interrupting.unref();
  };
  const guarded = async <T>(work: () => Promise<T>, sql?: string): Promise<T> => {
    if (options.signal?.aborted) throw new AutoModelError('INTERRUPTED', 'Interrupted while reading data');
    const begun = clock.monotonicMs();
    let failed = true;
    try {
      const result = await work();
      failed = false;
      return result;
    } catch (cause) {
      throw engineError(cause);
    } finally {
      if (sql !== undefined) logQuery(sql, clock.monotonicMs() - begun, failed);
    }
  };
  options.signal?.addEventListener('abort', interrupt);
  log.debug({ files: options.files, workDir }, 'table engine opened');
  try {
    await lock(connection, options);
  } catch (cause) {
    close();
    throw engineError(cause);
  }
  return {
    connection,
    close,
    run: (sql, values) => guarded(async () => void (await connection.run(sql, values && [...values])), sql),
    rows: (sql, values) =>
      guarded(async () => (await connection.runAndReadAll(sql, values && [...values])).getRows(), sql),
    async *stream(sql) {
      const result = await guarded(() => connection.stream(sql), sql);
      for (;;) {
        const chunk = await guarded(() => result.fetchChunk());
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk;
      }
    },
  };
}

/** Statements without their literals, which may be values of cells. */
function logQuery(sql: string, ms: number, failed: boolean): void {
  log.debug({ ms: Math.round(ms), failed, sql: withoutValues(sql.trim().replaceAll(/\s+/g, ' ')) }, 'query');
}

async function lock(connection: DuckDBConnection, options: EngineOptions): Promise<void> {
  const list = (paths: readonly string[]): string => `[${paths.map(quoteText).join(', ')}]`;
  await connection.run(`SET allowed_paths = ${list(options.files)}`);
  await connection.run(`SET allowed_directories = ${list(options.folders ?? [])}`);
  await connection.run(`SET TimeZone = 'UTC'`);
  await connection.run('SET enable_progress_bar = false');
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}
