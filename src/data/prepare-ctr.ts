import { join } from 'node:path';
import type { EncodedField } from '../schema/index.js';
import { checkEventSequences } from './check-histories.js';
import { buildClusters } from './clusters.js';
import { makeContract } from './contract.js';
import type { CtrRecord } from './dataset-record.js';
import { encodedColumn } from './encoded-columns.js';
import { encodeList, type EncodedList } from './encode-lists.js';
import type { EventLog } from './event-log.js';
import { planFields, type FieldPlan } from './field-plan.js';
import { fieldSource } from './field-source.js';
import { fitFields, type Vocabulary } from './fit-fields.js';
import { buildClicks, hasHistory, historyField, historyList } from './histories.js';
import { joinSideTables } from './side-tables.js';
import type { SplitRule } from './split-rule.js';
import type { Splits } from './assign-splits.js';
import { quoteText } from './sql.js';
import type { Workbench } from './workbench.js';
import { writeBlocks, writeValues, type OutputColumn } from './write-blocks.js';

export const defaultBlockRows = 1_000_000;

export interface CtrJob {
  readonly dir: string;
  readonly contractHash: string;
  readonly rule: SplitRule;
  readonly log: EventLog;
  readonly splits: Splits;
  readonly blockRows: number;
  readonly onProgress: (done: number, message: string) => void;
}

/** Encodes an impression log: joins, fits on training rows, writes blocks, vocabularies and the behaviour that new rows need. */
export async function prepareCtr(bench: Workbench, job: CtrJob): Promise<CtrRecord> {
  const { log, rule, splits, dir } = job;
  job.onProgress(0.3, 'joining tables');
  const sides = await joinSideTables(bench, log);
  const planned = planFields(bench, log, sides, rule.kind === 'column' ? rule.column : '');
  await checkEventSequences(bench, log);
  const sourceOf = (plan: FieldPlan): ReturnType<typeof fieldSource> => fieldSource(bench, log, sides, plan);
  const itemField = planned.find(
    (plan) =>
      plan.kind === 'categorical' && plan.table === undefined && log.idents.get(plan.column) === log.item,
  )?.name;
  job.onProgress(0.4, 'fitting vocabularies');
  const { plans, vocabularies } = await fitFields(bench, planned.map(sourceOf), itemField);
  const clusters = await buildClusters(bench, log);
  job.onProgress(0.55, 'building histories');
  const lists: EncodedList[] = [];
  for (const [index, plan] of plans.entries()) {
    if (plan.kind === 'multi' || plan.kind === 'sequence') {
      lists.push(await encodeList(bench, sourceOf(plan), plan, vocabularies, index));
    }
  }
  const items = vocabularies.find((vocabulary) => vocabulary.name === itemField);
  const withHistory = items !== undefined && hasHistory(bench, log, itemField);
  if (withHistory) {
    await buildClicks(bench, log, items);
    lists.push(historyList(bench, log, '(b.split = 2)::INTEGER'));
  }
  const columns = outputColumns(
    plans,
    lists,
    (plan, alias) => encodedColumn(sourceOf(plan), plan, vocabularies, alias),
    {
      user: clusters.column,
      labels: { label: 'b.y', extra: log.extraLabels.map((name) => ({ name, sql: extraLabel(log, name) })) },
    },
  );
  job.onProgress(0.65, 'encoding rows');
  await writeBlocks(bench, {
    dir,
    columns,
    rows: splits.rows,
    blockRows: job.blockRows,
    onGroup: (done) => job.onProgress(0.65 + 0.25 * done, 'encoding rows'),
  });
  const listRecords = [];
  for (const [index, list] of lists.entries()) {
    const file = join('lists', `${index}.bin`);
    const values = await writeValues(bench, join(dir, file), list.values);
    listRecords.push({ field: list.field, storage: list.storage, file, values });
  }
  job.onProgress(0.95, 'writing vocabularies');
  return {
    schemaVersion: 1,
    kind: 'ctr',
    task: bench.config.task === 'rating' ? 'rating' : 'ctr',
    contract: makeContract(bench.config, job.contractHash, splits.rows, clusters.by),
    warnings: bench.warnings,
    duplicateRows: splits.duplicateRows,
    userCount: clusters.count,
    blockRows: job.blockRows,
    rows: splits.rows,
    fields: encodedFields(
      plans,
      withHistory ? { itemField: itemField ?? '', maxLength: bench.config.history.maxLength } : undefined,
      itemField,
    ),
    vocabularies: await saveVocabularies(bench, dir, vocabularies, withHistory, log),
    columns: columns.map(({ part, field, type }) => ({ part, field, type })),
    lists: listRecords,
    plans,
    itemField,
  };
}

function extraLabel(log: EventLog, name: string): string {
  return `coalesce(TRY_CAST(b.${log.idents.get(name)} AS DOUBLE), 0)`;
}

/** Columns of a block in storage order: row id, user, labels, then the fields. */
export function outputColumns(
  plans: readonly FieldPlan[],
  lists: readonly EncodedList[],
  encode: (plan: FieldPlan, alias: string) => { sql: string; joins: readonly string[] },
  system: {
    user: { sql: string; joins: readonly string[] };
    labels?: { label: string; extra: readonly { name: string; sql: string }[] };
  },
): OutputColumn[] {
  const columns: OutputColumn[] = [
    { part: 'row-id', type: 'f64', sql: 'b.row::DOUBLE', joins: [] },
    { part: 'user', type: 'i32', ...system.user },
  ];
  if (system.labels !== undefined) {
    columns.push({ part: 'label', type: 'f32', sql: system.labels.label, joins: [] });
    for (const extra of system.labels.extra) {
      columns.push({ part: 'extra-label', field: extra.name, type: 'f32', sql: extra.sql, joins: [] });
    }
  }
  plans.forEach((plan, index) => {
    if (plan.kind === 'categorical' || plan.kind === 'bucket') {
      columns.push({ part: 'ids', field: plan.name, type: 'i32', ...encode(plan, `v${index}`) });
    } else if (plan.kind === 'standardise') {
      columns.push({ part: 'numeric', field: plan.name, type: 'f32', ...encode(plan, `v${index}`) });
    }
  });
  for (const list of lists) {
    columns.push({ part: 'begins', field: list.field, type: 'i32', ...list.begin });
    columns.push({ part: 'ends', field: list.field, type: 'i32', ...list.end });
  }
  return columns;
}

function encodedFields(
  plans: readonly FieldPlan[],
  history: { itemField: string; maxLength: number } | undefined,
  itemField: string | undefined,
): CtrRecord['fields'] {
  const fields: EncodedField[] = plans.map((plan): EncodedField => {
    const { name, side } = plan;
    switch (plan.kind) {
      case 'categorical':
      case 'bucket':
        return { kind: 'categorical', name, side, vocabulary: plan.vocabulary };
      case 'standardise':
        return { kind: 'numeric', name, side };
      case 'multi':
        return { kind: 'multi', name, side, vocabulary: plan.vocabulary };
      case 'sequence': {
        const targetField = itemField !== undefined && plan.vocabulary === itemField ? itemField : undefined;
        return {
          kind: 'sequence',
          name,
          vocabulary: plan.vocabulary,
          maxLength: plan.maxLength,
          targetField,
        };
      }
    }
  });
  if (history !== undefined) {
    fields.push({
      kind: 'sequence',
      name: historyField,
      vocabulary: history.itemField,
      maxLength: history.maxLength,
      targetField: history.itemField,
    });
  }
  return fields as CtrRecord['fields'];
}

/** Vocabularies as Parquet for the artefact, and the users and behaviour that rows to come are encoded with. */
async function saveVocabularies(
  bench: Workbench,
  dir: string,
  vocabularies: readonly Vocabulary[],
  withHistory: boolean,
  log: EventLog,
): Promise<CtrRecord['vocabularies']> {
  const copy = (sql: string, file: string): Promise<void> =>
    bench.run(`COPY (${sql}) TO ${quoteText(join(dir, file))} (FORMAT parquet, COMPRESSION zstd)`);
  const records: CtrRecord['vocabularies'] = [];
  for (const [index, vocabulary] of vocabularies.entries()) {
    const { name, size, relation } = vocabulary;
    const file = relation === undefined ? undefined : join('vocabularies', `${index}.parquet`);
    if (file !== undefined) await copy(`SELECT value, id, n FROM ${relation} ORDER BY id`, file);
    records.push({ name, size, file });
  }
  if (log.user !== undefined) await copy('SELECT value, idx FROM users ORDER BY idx', 'users.parquet');
  if (withHistory)
    await copy('SELECT * FROM click_ends WHERE scope = 1 ORDER BY idx, clicked_at', 'click-ends.parquet');
  return records;
}
