import { parentPort, workerData } from 'node:worker_threads';
import { countNeighbours, type FlatHistories } from './count-neighbours.js';
import { writeLists } from './neighbour-lists.js';

/** Worker entry: counts once, keeps the lists on disk, gives them back and ends. */
export interface CountRequest {
  readonly histories: FlatHistories;
  readonly path: string;
  readonly name: string;
}

const { histories, path, name } = workerData as CountRequest;
const lists = countNeighbours(histories);
writeLists(path, lists, name);
parentPort?.postMessage(
  lists,
  [lists.starts, lists.items, lists.scores].map(({ buffer }) => buffer as ArrayBuffer),
);
