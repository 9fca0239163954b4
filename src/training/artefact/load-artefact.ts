import { quantiseModel } from '../../graph/index.js';
import { AutoModelError, config } from '../../platform/index.js';
import type {
  CtrSource,
  EncodedField,
  GraphOptimisation,
  NextItemCases,
  Precision,
  TableStorage,
} from '../../schema/index.js';
import { closeAll, healthOf, InferenceThread, type ThreadHealth } from '../compute/inference-thread.js';
import { CtrScorer } from '../engines/ctr-scorer.js';
import { LeastBusy } from '../engines/least-busy.js';
import { NextItemScorer, type EventLog } from '../engines/next-item-scorer.js';
import type { BankUse } from '../inputs/ctr-inputs.js';
import { selectFields, type FieldSelection } from '../inputs/field-selection.js';
import type { TopLists } from '../loop/top-lists.js';
import { CompactTable } from '../tables/compact-table.js';
import type { StoredTable } from '../tables/stored-table.js';
import { TableSet, trainableTables } from '../tables/table-set.js';
import { ArtefactFolder, EXACT_TOLERANCE, ROUNDED_TOLERANCE } from './artefact-folder.js';
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
  threads(): ThreadHealth;
  /** See `widestTable`. */
  embedding(vocabulary: string): DenseTable | undefined;
  /** of embedding tables and of the graph's weights */
  readonly bytes: number;
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

export interface LoadOptions {
  /** threads of one forward pass; default all cores */
  readonly threads?: number;
  /** the model so many times, each on threads of its own: calls that overlap are computed side by side; default 1 */
  readonly instances?: number;
  /** of the graphs by ONNX Runtime; default all */
  readonly optimisation?: GraphOptimisation;
  /** of the graph's products with weights; default float32, in which the model was trained */
  readonly precision?: Precision;
  /** of embedding tables; default float32 */
  readonly tables?: TableStorage;
}

/**
 * Loads a trained model. Every file must match the manifest, and the golden rows must score as they did when it was
 * written, to 1e-5 (relative above 1); rounded to {@link ROUNDED_TOLERANCE}, which only says that the rewriting did not go wrong:
 * what it costs in quality is to be measured on the task.
 * @throws FILE_NOT_FOUND, ARTEFACT_CORRUPT
 */
export async function loadArtefact(
  from: string | ArtefactFolder,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  const { instances, precision, tables, ...rest } = withDefaults(options);
  const folder = typeof from === 'string' ? new ArtefactFolder(from) : from;
  const record = folder.record(ModelRecord);
  if (record.task === 'next-item' && (precision !== 'float32' || tables !== 'float32'))
    throw new AutoModelError('USAGE', 'Next-item models are served in float32 alone', {
      remedy: 'Leave precision and table storage out.',
    });
  const clients = await openClients(folder, record.task === 'next-item' ? 1 : instances, {
    ...rest,
    precision,
  });
  try {
    return record.task === 'next-item'
      ? await loadNextItem(folder, record, clients[0])
      : await loadCtr(folder, record, clients, { precision, tables });
  } catch (error) {
    await closeAll(clients);
    throw folder.blamed('its parts do not fit together', error);
  }
}

/** The bytes of an ONNX file of the artefact, its products in the wanted precision. */
export function modelBytes(folder: ArtefactFolder, file: string, precision: Precision): Uint8Array {
  const bytes = folder.bytes(file);
  return precision === 'int8' ? quantiseModel(bytes).model : bytes;
}

/** How sessions are opened. */
export type OpenAs = Required<Pick<LoadOptions, 'threads' | 'precision' | 'optimisation'>>;

export const withDefaults = (options: LoadOptions): Required<LoadOptions> => ({
  threads: options.threads ?? config.threads,
  instances: options.instances ?? 1,
  optimisation: options.optimisation ?? 'all',
  precision: options.precision ?? 'float32',
  tables: options.tables ?? 'float32',
});

async function openClients(
  folder: ArtefactFolder,
  count: number,
  { threads, optimisation, precision }: OpenAs,
): Promise<readonly InferenceThread[]> {
  const model = modelBytes(folder, 'model.onnx', precision);
  const sessions = { infer: { model, inputs: {}, outputs: {} } };
  try {
    return await InferenceThread.openSeveral({ threads, optimisation, sessions, buffers: {} }, count);
  } catch (cause) {
    throw folder.blamed('model.onnx cannot be opened', cause);
  }
}

async function loadCtr(
  folder: ArtefactFolder,
  record: CtrRecord,
  clients: readonly InferenceThread[],
  { precision, tables: storage }: StoredAs,
): Promise<LoadedCtrModel> {
  const fields = fieldsOf(record);
  const vocabularySizes = new Map(Object.entries(record.vocabularySizes));
  const selection = selectFields({ fields, vocabularySizes }, undefined);
  const banks = banksOf(record);
  const tables = loadTables(folder, selection, banks, storage);
  const inputs = new Set(record.inputs);
  const scorers = clients.map((client) => new CtrScorer(client, { selection, banks, tables, inputs }));
  const pool = new LeastBusy(scorers);
  const predict = (source: CtrSource): Promise<Float32Array> => pool.take((scorer) => scorer.predict(source));
  const expected = folder.npy('golden/expected.npy').data;
  const golden = readGolden(selection, expected.length, (file) => folder.npy(file));
  folder.compare(await predict(golden), expected, toleranceOf({ precision, tables: storage }));
  return {
    task: record.task,
    record,
    fields,
    predict,
    computeMs: () => scorers.reduce((sum, { computeMs }) => sum + computeMs, 0),
    threads: () => healthOf(clients),
    embedding: (vocabulary) => widestTable(tables, vocabulary),
    bytes: tableBytes(tables) + modelBytesOf(clients),
    close: () => closeAll(clients),
  };
}

/** Bytes of the weights that graphs hold, in all threads together, and once more to open one of them again. */
export const modelBytesOf = (clients: readonly InferenceThread[]): number =>
  clients.reduce((sum, { modelBytes: own }) => sum + own, clients[0].modelBytes);

/** What is not kept as it was trained. */
export type StoredAs = Required<Pick<LoadOptions, 'precision' | 'tables'>>;

/** How far a golden score may be off, relative above 1. */
export const toleranceOf = ({ precision, tables }: StoredAs): number =>
  precision === 'float32' && tables === 'float32' ? EXACT_TOLERANCE : ROUNDED_TOLERANCE;

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
  storage: TableStorage = 'float32',
): TableSet<StoredTable> {
  const index = folder.json('tables/index.json', TableIndex);
  const exact = trainableTables({ stateSize: () => 0, clocked: false });
  return new TableSet<StoredTable>(selection, banks, (place) => {
    const { bank, vocabulary, name, rows, dim } = place;
    const entry = index.find((found) => found.bank === bank && found.vocabulary === vocabulary);
    if (entry === undefined) throw folder.corrupt(`it has no table ${name}`);
    const { data, shape } = folder.npy(`tables/${entry.file}`);
    if (shape[0] !== rows || shape[1] !== dim || !(data instanceof Float32Array))
      throw folder.corrupt(`table ${name} is [${shape.join(', ')}], not [${rows}, ${dim}]`);
    if (storage !== 'float32') return new CompactTable(place, storage, data);
    const table = exact(place);
    table.setWeights(data);
    return table;
  });
}

/** A copy of an embedding table: [ids, dim] row by row. */
export interface DenseTable {
  readonly dim: number;
  readonly weights: Float32Array;
}

/** Bytes of all tables. */
export const tableBytes = ({ tables }: TableSet<StoredTable>): number =>
  tables.reduce((sum, { bytes }) => sum + bytes, 0);

/** The embedding table of a vocabulary; the widest where several banks have one, undefined where none has. */
export function widestTable({ groups }: TableSet<StoredTable>, vocabulary: string): DenseTable | undefined {
  const [widest] = groups
    .filter((group) => group.vocabulary === vocabulary)
    .flatMap(({ members }) => members.map(({ table }) => table))
    .sort((a, b) => b.dim - a.dim);
  return widest && { dim: widest.dim, weights: widest.weights() };
}

/** What kind of model an artefact holds: whether it is cut at the request, and so can be asked one request at a time. */
export function readsOf(folder: ArtefactFolder): {
  readonly task: ModelRecord['task'];
  readonly model: string;
  readonly isCut: boolean;
  /** floating-point operations of one candidate; undefined where that was not written down */
  readonly flopsPerCandidate: number | undefined;
} {
  const record = folder.record(ModelRecord);
  const cut = record.task === 'next-item' ? undefined : record.request;
  return {
    task: record.task,
    model: record.model,
    isCut: cut !== undefined,
    flopsPerCandidate: cut?.flops?.candidate,
  };
}

async function loadNextItem(
  folder: ArtefactFolder,
  record: NextItemRecord,
  client: InferenceThread,
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
