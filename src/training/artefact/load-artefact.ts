import { config } from '../../platform/index.js';
import type { CtrSource, EncodedField, NextItemCases } from '../../schema/index.js';
import { ComputeClient } from '../compute/compute-client.js';
import { CtrScorer } from '../engines/ctr-scorer.js';
import { NextItemScorer, type EventLog } from '../engines/next-item-scorer.js';
import type { BankUse } from '../inputs/ctr-inputs.js';
import { selectFields, type FieldSelection } from '../inputs/field-selection.js';
import type { TopLists } from '../loop/top-lists.js';
import { TableSet } from '../tables/table-set.js';
import { ArtefactFolder } from './artefact-folder.js';
import { readGolden } from './golden-rows.js';
import { banksOf, ModelRecord, TableIndex, type CtrRecord, type NextItemRecord } from './model-record.js';
import { checkGoldenHistories } from './golden-histories.js';

export interface LoadedCtrModel {
  readonly task: 'ctr' | 'rating';
  /** model.json */
  readonly record: CtrRecord;
  /** fields that `predict` reads */
  readonly fields: readonly EncodedField[];
  /** Logits of encoded rows, in order. */
  predict(source: CtrSource): Promise<Float32Array>;
  /** Milliseconds that ONNX Runtime has worked so far. */
  computeMs(): number;
  /** See `widestTable`. */
  embedding(vocabulary: string): DenseTable | undefined;
  close(): Promise<void>;
}

export interface LoadedNextItemModel {
  readonly task: 'next-item';
  /** of model.json */
  readonly record: Pick<NextItemRecord, 'task' | 'model' | 'itemCount'>;
  rankCases(log: EventLog, cases: NextItemCases, k: number): Promise<TopLists>;
  rankTargets(log: EventLog, cases: NextItemCases): Promise<Float32Array>;
  /** Calls `use` with the logits [itemCount] of every case, in order; the array is used again after the call. */
  score(
    log: EventLog,
    cases: NextItemCases,
    use: (logits: Float32Array, index: number) => void,
  ): Promise<void>;
  close(): Promise<void>;
}

/** An artefact ready to score. */
export type LoadedModel = LoadedCtrModel | LoadedNextItemModel;

/**
 * Loads a trained model. Every file must match the manifest, and the golden rows must score as they did when it was
 * written, to 1e-5 (relative above 1).
 * @throws FILE_NOT_FOUND, ARTEFACT_CORRUPT
 */
export async function loadArtefact(
  from: string | ArtefactFolder,
  options: { readonly threads?: number } = {},
): Promise<LoadedModel> {
  const folder = typeof from === 'string' ? new ArtefactFolder(from) : from;
  const record = folder.record(ModelRecord);
  const client = await openClient(folder, options.threads ?? config.threads);
  try {
    return record.task === 'next-item'
      ? await loadNextItem(folder, record, client)
      : await loadCtr(folder, record, client);
  } catch (error) {
    await client.close();
    throw folder.blamed('its parts do not fit together', error);
  }
}

async function openClient(folder: ArtefactFolder, threads: number): Promise<ComputeClient> {
  const model = folder.bytes('model.onnx');
  try {
    return await ComputeClient.open({
      threads,
      sessions: { infer: { model, inputs: {}, outputs: {} } },
      buffers: {},
    });
  } catch (cause) {
    throw folder.blamed('model.onnx cannot be opened', cause);
  }
}

async function loadCtr(
  folder: ArtefactFolder,
  record: CtrRecord,
  client: ComputeClient,
): Promise<LoadedCtrModel> {
  const fields = fieldsOf(record);
  const vocabularySizes = new Map(Object.entries(record.vocabularySizes));
  const selection = selectFields({ fields, vocabularySizes }, undefined);
  const banks = banksOf(record);
  const tables = loadTables(folder, selection, banks);
  const scorer = new CtrScorer(client, { selection, banks, tables, inputs: new Set(record.inputs) });
  const expected = folder.npy('golden/expected.npy').data;
  const golden = readGolden(selection, expected.length, (file) => folder.npy(file));
  folder.compare(await scorer.predict(golden), expected);
  return {
    task: record.task,
    record,
    fields,
    predict: (source) => scorer.predict(source),
    computeMs: () => scorer.computeMs,
    embedding: (vocabulary) => widestTable(tables, vocabulary),
    close: () => client.close(),
  };
}

/** The fields of a trained model, as a dataset has them. */
export function fieldsOf(record: CtrRecord): EncodedField[] {
  return [
    ...record.fields,
    ...record.sequences.map((sequence) => ({
      kind: 'sequence' as const,
      ...sequence,
      targetField: sequence.targetField,
    })),
    ...record.numeric.map((field) => ({ kind: 'numeric' as const, ...field })),
  ];
}

/** The embedding tables of an artefact. @throws ARTEFACT_CORRUPT when one is missing or of another size */
export function loadTables(
  folder: ArtefactFolder,
  selection: FieldSelection,
  banks: readonly BankUse[],
): TableSet {
  const tables = new TableSet(selection, banks, { stateSize: () => 0, clocked: false });
  const index = folder.json('tables/index.json', TableIndex);
  for (const group of tables.groups) {
    for (const { bank, table } of group.members) {
      const entry = index.find((found) => found.bank === bank && found.vocabulary === group.vocabulary);
      if (entry === undefined) throw folder.corrupt(`it has no table ${table.name}`);
      const { data, shape } = folder.npy(`tables/${entry.file}`);
      if (shape[0] !== table.rows || shape[1] !== table.dim || !(data instanceof Float32Array)) {
        throw folder.corrupt(
          `table ${table.name} is [${shape.join(', ')}], not [${table.rows}, ${table.dim}]`,
        );
      }
      table.setWeights(data);
    }
  }
  return tables;
}

/** A copy of an embedding table: [ids, dim] row by row. */
export interface DenseTable {
  readonly dim: number;
  readonly weights: Float32Array;
}

/** The embedding table of a vocabulary; the widest where several banks have one, undefined where none has. */
export function widestTable({ groups }: TableSet, vocabulary: string): DenseTable | undefined {
  const [widest] = groups
    .filter((group) => group.vocabulary === vocabulary)
    .flatMap(({ members }) => members.map(({ table }) => table))
    .sort((a, b) => b.dim - a.dim);
  return widest && { dim: widest.dim, weights: widest.weights() };
}

/** What kind of model an artefact holds: whether it is cut at the request, and so can be asked one request at a time. */
export function readsOf(folder: ArtefactFolder): {
  readonly task: ModelRecord['task'];
  readonly isCut: boolean;
} {
  const record = folder.record(ModelRecord);
  return { task: record.task, isCut: record.task !== 'next-item' && record.request !== undefined };
}

async function loadNextItem(
  folder: ArtefactFolder,
  record: NextItemRecord,
  client: ComputeClient,
): Promise<LoadedNextItemModel> {
  const { itemCount, maxLength } = record;
  const scorer = new NextItemScorer(client, { itemCount, maxLength, inputs: new Set(record.inputs) });
  await checkGoldenHistories(folder, scorer);
  return {
    task: 'next-item',
    record,
    rankCases: (log, cases, k) => scorer.rankCases(log, cases, k),
    rankTargets: (log, cases) => scorer.rankTargets(log, cases),
    score: (log, cases, use) => scorer.score(log, cases, use),
    close: () => client.close(),
  };
}
