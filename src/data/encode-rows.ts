import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AutoModelError, canonicalJson, removeQuietly, sha256, writeFileAtomic } from '../platform/index.js';
import type { CtrSource, ProjectConfig } from '../schema/index.js';
import { fingerprint, hashProject } from './contract.js';
import { readRecord, recordFileName, type CtrRecord } from './dataset-record.js';
import { encodedColumn } from './encoded-columns.js';
import { encodeList, type EncodedList } from './encode-lists.js';
import { buildEventLog, isInput, type EventLog } from './event-log.js';
import { fieldSource } from './field-source.js';
import type { FieldPlan } from './field-plan.js';
import type { Vocabulary } from './fit-fields.js';
import { historyField, historyList } from './histories.js';
import { inspectFile, loadTable } from './load-table.js';
import { ctrSource, ListStore } from './open-ctr.js';
import { outputColumns } from './prepare-ctr.js';
import { checkFile, eventTable } from './project-files.js';
import { joinSideTables } from './side-tables.js';
import { quoteText } from './sql.js';
import { ident, Workbench } from './workbench.js';
import { writeBlocks, writeValues } from './write-blocks.js';

export interface EncodeRowsOptions {
  readonly projectDir: string;
  /** folder of the prepared dataset whose vocabularies, cuts and histories are used */
  readonly dir: string;
  readonly config: ProjectConfig;
  /** Parquet, CSV or JSON lines with the columns of the event table (label not needed) */
  readonly file: string;
  readonly signal?: AbortSignal;
}

let writers = 0;

/**
 * Encodes new event rows as the dataset was encoded: unknown values get id 1, side tables are joined as they are now, and
 * histories are the training and validation behaviour strictly before each row. Rows keep the order of the file; `rowIds`
 * count them from 0. The result is a folder beside the dataset's, named by content, as safe to delete as any cache.
 * @throws UNKNOWN_COLUMN when an input column is missing, FILE_UNREADABLE, TIME_UNPARSABLE
 */
export async function encodeRows(options: EncodeRowsOptions): Promise<CtrSource> {
  const dir = resolve(options.dir);
  const file = checkFile(resolve(options.projectDir, options.file));
  const record = readRecord(dir);
  if (record.kind !== 'ctr') {
    throw new AutoModelError('USAGE', 'Rows can be encoded for the tasks ctr and rating only', {
      remedy: 'For next-item predict for the users of the dataset.',
      details: { task: record.contract.task },
    });
  }
  const hashes = hashProject(resolve(options.projectDir), options.config);
  const key = sha256(canonicalJson({ encoding: hashes.encoding, file: fingerprint(file) })).slice(0, 16);
  const target = join(dirname(dir), `rows-${key}`);
  const history = record.lists.find((list) => list.field === historyField);
  const elsewhere = new Map(
    history === undefined ? [] : [[historyField, { path: join(dir, history.file), values: history.values }]],
  );
  if (!existsSync(join(target, recordFileName))) {
    writers += 1;
    const part = `${target}.${process.pid}-${writers}.part`;
    removeQuietly(part);
    mkdirSync(part, { recursive: true });
    try {
      const rows = await encodeInto(options, dir, file, record, part);
      writeFileAtomic(join(part, recordFileName), `${JSON.stringify(rows)}\n`);
      removeQuietly(target);
      renameSync(part, target);
    } catch (cause) {
      removeQuietly(part);
      throw cause;
    }
  }
  const rows = readRecord(target) as CtrRecord;
  return ctrSource(target, rows, new ListStore(target, rows, elsewhere), 'test');
}

async function encodeInto(
  options: EncodeRowsOptions,
  dir: string,
  file: string,
  record: CtrRecord,
  part: string,
): Promise<CtrRecord> {
  // Split, labels and duplicates are matters of the log, not of rows to predict.
  const config: ProjectConfig = { ...options.config, extraLabels: [] };
  const saved = ['users.parquet', 'click-ends.parquet', ...record.vocabularies.flatMap((v) => v.file ?? [])];
  const bench = await Workbench.open(
    { projectDir: resolve(options.projectDir), config, signal: options.signal },
    { files: [file, ...saved.map((name) => join(dir, name))], workDir: join(part, 'work') },
  );
  try {
    const name = eventTable(config);
    const table = config.tables[name];
    const shape = await inspectFile(
      bench.engine,
      file,
      file.match(/\.(csv|tsv)(\.gz)?$/i) ? table.csv : undefined,
    );
    const loaded = await loadTable(bench.engine, name, 'raw_0', [shape]);
    const toPredict = bench.withColumns(loaded, table, { optional: notNeeded(config, name), input: true });
    const log = await buildEventLog(bench, toPredict, {
      rule: { kind: 'files' },
      unlabelled: true,
    });
    await bench.run(
      'CREATE TABLE base AS SELECT row AS pos, *, 2::TINYINT AS split FROM events ORDER BY row',
    );
    const sides = await joinSideTables(bench, log);
    const vocabularies = await savedVocabularies(bench, dir, record);
    const sourceOf = (plan: FieldPlan): ReturnType<typeof fieldSource> =>
      fieldSource(bench, log, sides, plan);
    const lists: EncodedList[] = [];
    for (const [index, plan] of record.plans.entries()) {
      if (plan.kind === 'multi' || plan.kind === 'sequence') {
        lists.push(await encodeList(bench, sourceOf(plan), plan, vocabularies, index));
      }
    }
    const own = lists.length;
    const user = await savedUsers(bench, dir, record, log);
    if (record.lists.some((list) => list.field === historyField)) {
      await bench.run(
        `CREATE TABLE click_ends AS SELECT * FROM read_parquet(${quoteText(join(dir, 'click-ends.parquet'))})`,
      );
      lists.push(historyList(bench, log, '1'));
    }
    const columns = outputColumns(
      record.plans,
      lists,
      (plan, alias) => encodedColumn(sourceOf(plan), plan, vocabularies, alias),
      { user },
    );
    const rows = { train: 0, validation: 0, test: loaded.rows };
    await writeBlocks(bench, { dir: part, columns, rows, blockRows: record.blockRows });
    const listRecords: CtrRecord['lists'] = [];
    for (const [index, list] of lists.entries()) {
      const values = join('lists', `${index}.bin`);
      const count = index < own ? await writeValues(bench, join(part, values), list.values) : 0;
      listRecords.push({ field: list.field, storage: list.storage, file: values, values: count });
    }
    const layout = columns.map(({ part: kind, field, type }) => ({ part: kind, field, type }));
    return { ...record, warnings: bench.warnings, rows, columns: layout, lists: listRecords };
  } finally {
    bench.engine.close();
  }
}

/** Event columns that rows to predict need not have: all that no input is made of. */
function notNeeded(config: ProjectConfig, events: string): Set<string> {
  const prefix = `${events}.`;
  const joined = new Set(
    Object.values(config.tables).flatMap((table) => table.join.map((pair) => pair.eventColumn)),
  );
  return new Set(
    Object.entries(config.columns)
      .filter(([key, column]) => key.startsWith(prefix) && !isInput(column))
      .map(([key]) => key.slice(prefix.length))
      .filter((name) => name !== config.clock && !joined.has(name)),
  );
}

async function savedVocabularies(bench: Workbench, dir: string, record: CtrRecord): Promise<Vocabulary[]> {
  const vocabularies: Vocabulary[] = [];
  for (const [index, { name, size, file }] of record.vocabularies.entries()) {
    const relation = file === undefined ? undefined : ident(`voc${index}`, name);
    if (file !== undefined) {
      await bench.run(
        `CREATE TABLE ${relation} AS SELECT * FROM read_parquet(${quoteText(join(dir, file))})`,
      );
    }
    vocabularies.push({ name, relation, size });
  }
  return vocabularies;
}

/** Index of known users; all others share the index after the last. */
async function savedUsers(
  bench: Workbench,
  dir: string,
  record: CtrRecord,
  log: EventLog,
): Promise<{ sql: string; joins: readonly string[] }> {
  if (log.user === undefined) return { sql: `${record.userCount}`, joins: [] };
  await bench.run(
    `CREATE TABLE users AS SELECT * FROM read_parquet(${quoteText(join(dir, 'users.parquet'))})`,
  );
  return {
    sql: `coalesce(cu.idx, ${record.userCount})`,
    joins: [`LEFT JOIN users cu ON cu.value IS NOT DISTINCT FROM b.${log.user}`],
  };
}
