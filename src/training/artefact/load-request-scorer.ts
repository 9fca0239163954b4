import { AutoModelError } from '../../platform/index.js';
import type { CtrBlock, EncodedField } from '../../schema/index.js';
import { closeAll, healthOf, InferenceThread, type ThreadHealth } from '../compute/inference-thread.js';
import { RequestScorer, type RequestSideShape } from '../engines/request-scorer.js';
import { selectFields } from '../inputs/field-selection.js';
import { TableSet } from '../tables/table-set.js';
import { ArtefactFolder } from './artefact-folder.js';
import {
  fieldsOf,
  loadTables,
  modelBytes,
  modelBytesOf,
  toleranceOf,
  tableBytes,
  widestTable,
  withDefaults,
  type DenseTable,
  type LoadOptions,
  type OpenAs,
  type StoredAs,
} from './load-artefact.js';
import { readGolden } from './golden-rows.js';
import { banksOf, ModelRecord, type CtrRecord, type RequestRecord } from './model-record.js';
import { isOfRequest } from './request-parts.js';

/** A trained click or rating model as a server asks it: one request, many candidates. */
export interface LoadedRequestScorer {
  readonly task: 'ctr' | 'rating';
  /** model.json */
  readonly record: CtrRecord;
  /** fields that `score` reads of the request (with all behaviour) and of the candidates */
  readonly requestFields: readonly EncodedField[];
  readonly candidateFields: readonly EncodedField[];
  /** Logits of the candidates, in order; see `RequestScorer.score`. */
  score(request: CtrBlock, candidates: CtrBlock, rows?: Int32Array): Promise<Float32Array>;
  /** Milliseconds that ONNX Runtime has worked so far. */
  computeMs(): number;
  threads(): ThreadHealth;
  /** of embedding tables and of the graph's weights */
  readonly bytes: number;
  /** See `widestTable`. */
  embedding(vocabulary: string): DenseTable | undefined;
  close(): Promise<void>;
}

/**
 * Loads the cut graph of a trained model (request.onnx, candidates.onnx). Each golden row, taken for a request with one
 * candidate, must score as it did when the artefact was written, to 1e-5 (relative above 1).
 * @throws FILE_NOT_FOUND, ARTEFACT_CORRUPT; USAGE for a model that has no such graph
 */
export async function loadRequestScorer(
  dir: string,
  options: LoadOptions = {},
): Promise<LoadedRequestScorer> {
  const { instances, tables, ...openAs } = withDefaults(options);
  const folder = new ArtefactFolder(dir);
  const record = folder.record(ModelRecord);
  if (record.task === 'next-item' || record.request === undefined)
    throw new AutoModelError('USAGE', `The artefact ${dir} has no graph that is cut at the request`, {
      remedy: 'Train a model of task ctr or rating that reads fields of users or context and of items.',
      details: { dir, task: record.task },
    });
  const clients = await openSessions(folder, record.request, instances, openAs);
  try {
    return await ready(folder, record, record.request, clients, { precision: openAs.precision, tables });
  } catch (error) {
    await closeAll(clients);
    throw folder.blamed('its parts do not fit together', error);
  }
}

async function openSessions(
  folder: ArtefactFolder,
  { handedOver }: RequestRecord,
  instances: number,
  { threads, optimisation, precision }: OpenAs,
): Promise<readonly InferenceThread[]> {
  const request = modelBytes(folder, 'request.onnx', precision);
  const candidates = modelBytes(folder, 'candidates.onnx', precision);
  try {
    const sessions = {
      request: {
        model: request,
        inputs: {},
        outputs: Object.fromEntries(handedOver.map(({ name }) => [name, name])),
      },
      candidates: {
        model: candidates,
        inputs: Object.fromEntries(handedOver.map(({ name }) => [name, { buffer: name }])),
        outputs: {},
      },
    };
    const buffers = Object.fromEntries(handedOver.map(({ name, size }) => [name, new Float32Array(size)]));
    return await InferenceThread.openSeveral({ threads, optimisation, sessions, buffers }, instances);
  } catch (cause) {
    throw folder.blamed('request.onnx and candidates.onnx cannot be opened', cause);
  }
}

async function ready(
  folder: ArtefactFolder,
  record: CtrRecord,
  cut: RequestRecord,
  clients: readonly InferenceThread[],
  storedAs: StoredAs,
): Promise<LoadedRequestScorer> {
  const fields = fieldsOf(record);
  const vocabularySizes = new Map(Object.entries(record.vocabularySizes));
  const banks = banksOf(record);
  const whole = selectFields({ fields, vocabularySizes }, undefined);
  const tables = loadTables(folder, whole, banks, storedAs.tables);
  const side = (
    chosen: readonly EncodedField[],
    inputs: RequestRecord['requestInputs'],
  ): RequestSideShape => {
    const selection = selectFields({ fields: chosen, vocabularySizes }, undefined);
    return {
      selection,
      tables: new TableSet(selection, banks, ({ name }) => {
        const table = tables.tables.find((known) => known.name === name);
        if (table === undefined) throw folder.corrupt(`it has no table ${name}`);
        return table;
      }),
      inputs: new Map(inputs.map(({ name, from }) => [from, name])),
    };
  };
  const requestFields = fields.filter(isOfRequest);
  const candidateFields = fields.filter((field) => !isOfRequest(field));
  const scorer = new RequestScorer(
    clients,
    banks,
    side(requestFields, cut.requestInputs),
    side(candidateFields, cut.candidateInputs),
  );
  const expected = folder.npy('golden/expected.npy').data;
  const golden = readGolden(whole, expected.length, (file) => folder.npy(file)).block(0);
  const rows = Array.from({ length: golden.rows }, (_, row) => row);
  const scores = await Promise.all(rows.map((row) => scorer.score(golden, golden, Int32Array.of(row), row)));
  folder.compare(
    Float32Array.from(scores, ([score]) => score),
    expected,
    toleranceOf(storedAs),
  );
  return {
    task: record.task,
    record,
    requestFields,
    candidateFields,
    score: (request, candidates, rows) => scorer.score(request, candidates, rows),
    computeMs: () => scorer.computeMs,
    threads: () => healthOf(clients),
    bytes: tableBytes(tables) + modelBytesOf(clients),
    embedding: (vocabulary) => widestTable(tables, vocabulary),
    close: () => closeAll(clients),
  };
}
