import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AutoModelError, removeQuietly, writeFileAtomic } from '../platform/index.js';
import type { DatasetContract, ProjectConfig, Warning } from '../schema/index.js';
import { assignSplits } from './assign-splits.js';
import { singleClass } from './check-overlap.js';
import { hashProject, type Hashes } from './contract.js';
import { readRecord, recordFileName, type DatasetRecord } from './dataset-record.js';
import { buildEventLog } from './event-log.js';
import { checkInputCount } from './field-plan.js';
import { checkLabelRoles } from './label-roles.js';
import { defaultBlockRows, prepareCtr } from './prepare-ctr.js';
import { prepareNextItem } from './prepare-next-item.js';
import { eventTable } from './project-files.js';
import { parseSplit } from './split-rule.js';
import { Workbench } from './workbench.js';

export interface PrepareOptions {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  /** the encoded dataset goes to a folder below it that is named by contract and encoding */
  readonly cacheDir: string;
  /** share done, 0..1, and what is being done */
  readonly onProgress?: (done: number, message: string) => void;
  readonly signal?: AbortSignal;
  /** rows per block; default 1,000,000 */
  readonly blockRows?: number;
}

export interface PreparedDataset {
  /** features.sql, vocabularies/, lists/, blocks of each split, sealed/ */
  readonly dir: string;
  readonly contract: DatasetContract;
  readonly warnings: readonly Warning[];
  readonly fieldCount: number;
  readonly duplicateRows: number;
  /** true when the folder was there already */
  readonly cached: boolean;
}

/** Two encodings of one process write into two folders. */
let writers = 0;

/** Name of the folder that a project's files and configuration are encoded into. */
export function datasetName({ contract, encoding }: Hashes): string {
  return `${contract.slice(0, 16)}-${encoding.slice(0, 16)}`;
}

/**
 * Encodes the project's event log once, by content: the same files and configuration give the same folder, whose name is
 * `<contract>-<encoding>`. Written beside it first and renamed when whole, so that a reader never sees a half.
 * @throws the faults of bad data and configuration that platform/errors lists, naming file, column and row
 */
export async function prepareDataset(options: PrepareOptions): Promise<PreparedDataset> {
  const projectDir = resolve(options.projectDir);
  const cacheDir = resolve(options.cacheDir);
  const { config } = options;
  const rule = parseSplit(config.split);
  checkInputCount(config);
  checkLabelRoles(config);
  const blockRows = options.blockRows ?? defaultBlockRows;
  const hashes = hashProject(projectDir, config);
  const sized = blockRows === defaultBlockRows ? '' : `-${blockRows}`;
  const dir = join(cacheDir, `${datasetName(hashes)}${sized}`);
  if (existsSync(join(dir, recordFileName))) return prepared(dir, readRecord(dir), true);

  const progress = options.onProgress ?? ((): void => {});
  writers += 1;
  const part = `${dir}.${process.pid}-${writers}.part`;
  removeAbandoned(cacheDir);
  mkdirSync(join(part, 'vocabularies'), { recursive: true });
  const workDir = join(part, 'work');
  try {
    progress(0, 'reading files');
    const bench = await Workbench.open(options, { folders: [part], workDir });
    let record: DatasetRecord;
    try {
      const table = await bench.table(eventTable(config), 'raw_0');
      const log = await buildEventLog(bench, table, { rule });
      progress(0.2, 'splitting');
      const splits = await assignSplits(bench, log, rule);
      const alike = await singleClass(bench, log);
      if (alike !== undefined) bench.warn('LABEL_ONE_CLASS', alike.message);
      await bench.run('DROP TABLE events');
      const job = {
        dir: part,
        contractHash: hashes.contract,
        rule,
        log,
        splits,
        blockRows,
        onProgress: progress,
      };
      record = config.task === 'next-item' ? await prepareNextItem(bench, job) : await prepareCtr(bench, job);
      const header = `-- How the features of this dataset are made: DuckDB SQL, in order.\n-- e<n>_, s<n>c<n>_ columns are columns of the files, typed.\n\n`;
      writeFileAtomic(join(part, 'features.sql'), `${header}${bench.statements.join('\n\n')}\n`);
    } finally {
      bench.engine.close();
    }
    writeFileAtomic(join(part, recordFileName), `${JSON.stringify(record)}\n`);
    return prepared(settle(part, dir), record, false);
  } catch (cause) {
    removeQuietly(part);
    if (options.signal?.aborted)
      throw new AutoModelError('INTERRUPTED', 'Interrupted while encoding', { cause });
    throw cause;
  }
}

/** Folders of writers that were killed: their process is gone. */
function removeAbandoned(cacheDir: string): void {
  for (const name of existsSync(cacheDir) ? readdirSync(cacheDir) : []) {
    const writer = /\.(\d+)-\d+\.part$/.exec(name)?.[1];
    if (writer !== undefined && !isRunning(Number(writer))) removeQuietly(join(cacheDir, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Moves the finished folder into place; when another process was faster, its equal folder is taken. */
function settle(part: string, dir: string): string {
  try {
    renameSync(part, dir);
  } catch (cause) {
    if (!existsSync(join(dir, recordFileName))) throw cause;
    removeQuietly(part);
  }
  return dir;
}

function prepared(dir: string, record: DatasetRecord, cached: boolean): PreparedDataset {
  return {
    dir,
    contract: record.contract,
    warnings: record.warnings,
    fieldCount: record.kind === 'ctr' ? record.fields.length : 1,
    duplicateRows: record.duplicateRows,
    cached,
  };
}
