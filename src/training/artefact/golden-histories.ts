import { FIRST_VALUE_ID, type NextItemCases, type NextItemDataset } from '../../schema/index.js';
import type { EventLog } from '../engines/next-item-scorer.js';
import type { ArtefactFolder } from './artefact-folder.js';
import { GOLDEN_ROWS } from './golden-rows.js';
import { npyParts } from './npy.js';

/** What scores all items for histories, whether it was trained or counted. */
export interface HistoryScorer {
  /** Calls `use` with the scores [itemCount] of every case, in order; the array is used again after the call. */
  score(
    log: EventLog,
    cases: NextItemCases,
    use: (logits: Float32Array, index: number) => void,
  ): Promise<void>;
}

/** Golden histories [n, maxLength], right-aligned, and the item ids that they are scored at. */
interface GoldenHistories {
  readonly items: Int32Array;
  readonly rows: number;
  readonly columns: Int32Array;
}

/** The golden files of a next-item artefact: histories, item ids, and the scores that the model gives now. */
export async function goldenHistoryFiles(
  dataset: NextItemDataset,
  scorer: HistoryScorer,
  maxLength: number,
): Promise<[string, readonly Uint8Array[]][]> {
  const golden = goldenHistories(dataset, maxLength);
  const expected = await goldenScores(scorer, golden, maxLength);
  return [
    ['golden/items.npy', npyParts(golden.items, [golden.rows, maxLength])],
    ['golden/columns.npy', npyParts(golden.columns, [golden.columns.length])],
    ['golden/expected.npy', npyParts(expected, [golden.rows, golden.columns.length])],
  ];
}

/** @throws ARTEFACT_CORRUPT when a golden history is not scored as it was when the artefact was written */
export async function checkGoldenHistories(folder: ArtefactFolder, scorer: HistoryScorer): Promise<void> {
  const items = folder.npy('golden/items.npy');
  const columns = folder.npy('golden/columns.npy');
  if (!(items.data instanceof Int32Array) || !(columns.data instanceof Int32Array)) {
    throw folder.corrupt('its golden rows have the wrong type');
  }
  const [rows, maxLength] = items.shape;
  const golden = { items: items.data, rows, columns: columns.data };
  folder.compare(await goldenScores(scorer, golden, maxLength), folder.npy('golden/expected.npy').data);
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
async function goldenScores(
  scorer: HistoryScorer,
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
