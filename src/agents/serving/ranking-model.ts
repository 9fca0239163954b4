import { AutoModelError } from '../../platform/index.js';
import type { CtrBlock, CtrSource, EncodedField, Ragged } from '../../schema/index.js';
import {
  ArtefactFolder,
  isOfRequest,
  loadArtefact,
  loadRequestScorer,
  readsOf,
  type DenseTable,
  type LoadedCtrModel,
  type LoadOptions,
  type ThreadHealth,
} from '../../training/index.js';

/** A trained model as a pipeline asks it: one request, many candidates. */
export interface RankingModel {
  readonly requestFields: readonly EncodedField[];
  readonly candidateFields: readonly EncodedField[];
  /** Logits (or ratings) of rows of `candidates`, in the order of `rows`. */
  score(request: CtrBlock, candidates: CtrBlock, rows: Int32Array): Promise<Float32Array>;
  /** Milliseconds that ONNX Runtime has worked so far. */
  computeMs(): number;
  threads(): ThreadHealth;
  /** of embedding tables and of the graph's weights */
  readonly bytes: number;
  embedding(vocabulary: string): DenseTable | undefined;
  close(): Promise<void>;
}

/**
 * Loads the artefact of a click or rating model, cut at the request where it can be. Golden rows must score as they did when it was
 * written.
 * @param options `threads` of ONNX Runtime and `instances` of the model; how weights and tables are kept; `whole`: score every candidate as a row of its own, also
 *   where the graph is cut, to compare with
 * @throws USAGE for a next-item model, FILE_NOT_FOUND, ARTEFACT_CORRUPT
 */
export async function loadRankingModel(
  dir: string,
  { whole = false, ...options }: LoadOptions & { readonly whole?: boolean },
): Promise<RankingModel> {
  const { task, isCut } = readsOf(new ArtefactFolder(dir));
  if (task === 'next-item')
    throw new AutoModelError(
      'USAGE',
      `The artefact ${dir} is of task next-item, which ranks by history alone`,
      {
        remedy: 'Serve a model of task ctr or rating: automodel train --model dcnv2.',
        details: { dir, task },
      },
    );
  if (isCut && !whole) return loadRequestScorer(dir, options);
  const model = await loadArtefact(dir, options);
  if (model.task === 'next-item') throw new AutoModelError('INTERNAL', `${dir} changed while it was read`);
  return wholeModel(model);
}

/** A model that is not cut: every candidate is a row with the whole request in it. */
function wholeModel(model: LoadedCtrModel): RankingModel {
  const { fields } = model;
  const requestFields = fields.filter(isOfRequest);
  return {
    requestFields,
    candidateFields: fields.filter((field) => !isOfRequest(field)),
    score: (request, candidates, rows) =>
      rows.length === 0
        ? Promise.resolve(new Float32Array(0))
        : model.predict(sourceOf(besides(request, requestFields, candidates, rows))),
    computeMs: () => model.computeMs(),
    threads: () => model.threads(),
    bytes: model.bytes,
    embedding: (vocabulary) => model.embedding(vocabulary),
    close: () => model.close(),
  };
}

/** Rows of the candidates with the columns of the request repeated in each. */
function besides(
  request: CtrBlock,
  requestFields: readonly EncodedField[],
  candidates: CtrBlock,
  rows: Int32Array,
): CtrBlock {
  const ids = new Map<string, Int32Array>();
  const numeric = new Map<string, Float32Array>();
  const ragged = new Map<string, Ragged>();
  for (const [name, column] of candidates.ids)
    ids.set(
      name,
      rows.map((row) => column[row]),
    );
  for (const [name, column] of candidates.numeric)
    numeric.set(
      name,
      Float32Array.from(rows, (row) => column[row]),
    );
  for (const [name, { values, begins, ends }] of candidates.ragged)
    ragged.set(name, { values, begins: rows.map((row) => begins[row]), ends: rows.map((row) => ends[row]) });
  const { length } = rows;
  for (const { name } of requestFields) {
    const id = request.ids.get(name);
    const number = request.numeric.get(name);
    const list = request.ragged.get(name);
    if (id !== undefined) ids.set(name, new Int32Array(length).fill(id[0]));
    if (number !== undefined) numeric.set(name, new Float32Array(length).fill(number[0]));
    if (list !== undefined)
      ragged.set(name, {
        values: list.values,
        begins: new Int32Array(length).fill(list.begins[0]),
        ends: new Int32Array(length).fill(list.ends[0]),
      });
  }
  return { ...candidates, rows: length, ids, numeric, ragged, rowIds: new Float64Array(length) };
}

const sourceOf = (block: CtrBlock): CtrSource => ({
  name: 'test',
  rows: block.rows,
  blockCount: 1,
  blockStarts: [0, block.rows],
  block: () => block,
});
