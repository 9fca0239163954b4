import { FIRST_VALUE_ID, type NextItemDataset } from '../../schema/index.js';
import type { NextItemEngine } from '../engines/next-item-engine.js';
import type { NextItemScorer } from '../engines/next-item-scorer.js';
import type { ArtefactExtra } from '../loop/fitted-model.js';
import type { TrainOptions } from '../loop/train-options.js';
import { GOLDEN_ROWS } from './golden-rows.js';
import { npyParts } from './npy.js';
import { trainedParts } from './trained-parts.js';
import { writeArtefact } from './write-artefact.js';

/** Golden histories [n, maxLength], right-aligned, and their scores at some item ids [n, ids]. */
export interface GoldenHistories {
  readonly items: Int32Array;
  readonly rows: number;
  readonly columns: Int32Array;
}

/** Writes the artefact of a trained next-item model. */
export async function saveNextItemArtefact(
  dir: string,
  engine: NextItemEngine,
  options: TrainOptions,
  dataset: NextItemDataset,
  extra: ArtefactExtra,
): Promise<void> {
  const { onnx, common } = await trainedParts(engine, options);
  const golden = goldenHistories(dataset, options.recipe.maxLength);
  const expected = await goldenScores(engine.scorer, golden, options.recipe.maxLength);
  writeArtefact(dir, {
    record: {
      ...common,
      task: 'next-item',
      itemCount: dataset.itemCount,
      maxLength: options.recipe.maxLength,
    },
    contract: dataset.contract,
    files: new Map<string, readonly Uint8Array[]>([
      ['model.onnx', [onnx]],
      ['golden/items.npy', npyParts(golden.items, [golden.rows, options.recipe.maxLength])],
      ['golden/columns.npy', npyParts(golden.columns, [golden.columns.length])],
      ['golden/expected.npy', npyParts(expected, [golden.rows, golden.columns.length])],
    ]),
    extra,
  });
}

function goldenHistories(dataset: NextItemDataset, maxLength: number): GoldenHistories {
  const { events, offsets, trainEnds, itemCount, userCount } = dataset;
  const rows = Math.min(GOLDEN_ROWS, userCount);
  const items = new Int32Array(rows * maxLength);
  for (let user = 0; user < rows; user += 1) {
    const begin = Math.max(offsets[user], trainEnds[user] - maxLength);
    items.set(events.subarray(begin, trainEnds[user]), (user + 1) * maxLength - (trainEnds[user] - begin));
  }
  const candidates = itemCount - FIRST_VALUE_ID;
  const width = Math.min(GOLDEN_ROWS, candidates);
  const columns = Int32Array.from(
    { length: width },
    (_, i) => FIRST_VALUE_ID + Math.floor((i * candidates) / width),
  );
  return { items, rows, columns };
}

/** Scores of the golden histories at the golden columns [rows, columns]. */
export async function goldenScores(
  scorer: NextItemScorer,
  { items, rows, columns }: GoldenHistories,
  maxLength: number,
): Promise<Float32Array> {
  const scores = new Float32Array(rows * columns.length);
  const starts = Int32Array.from({ length: rows }, (_, row) => {
    let begin = row * maxLength;
    while (begin < (row + 1) * maxLength && items[begin] === 0) begin += 1;
    return begin;
  });
  const users = Int32Array.from({ length: rows }, (_, row) => row);
  const historyEnds = Int32Array.from({ length: rows }, (_, row) => (row + 1) * maxLength);
  const cases = { count: rows, users, historyEnds, targets: undefined };
  await scorer.score({ events: items, offsets: starts }, cases, (logits, row) => {
    columns.forEach((column, c) => {
      scores[row * columns.length + c] = logits[column];
    });
  });
  return scores;
}
