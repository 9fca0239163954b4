import type { Graph, NextItemInputs, Node } from '../../../src/graph/index.js';
import { Rng } from '../../../src/platform/index.js';
import type { Feeds } from './run.js';

export interface NextItemCase {
  readonly itemCount: number;
  readonly maxLength: number;
  readonly loss: 'softmax' | 'sampled-softmax' | 'bpr';
}

/** Inputs of a next-item model as plain graph inputs; targets throw in inference graphs. */
export function nextItemInputs(graph: Graph, { itemCount, maxLength, loss }: NextItemCase): NextItemInputs {
  const made = new Map<string, Node>();
  const training = (name: string, size: string, dtype: 'int32' | 'float32'): Node => {
    if (graph.mode === 'infer') throw new Error(`inference graph asked for ${name}`);
    const node = made.get(name) ?? graph.input(name, [size], dtype);
    made.set(name, node);
    return node;
  };
  const when = (
    condition: boolean,
    name: string,
    size: string,
    dtype: 'int32' | 'float32',
  ): Node | undefined => (condition && graph.mode === 'train' ? training(name, size, dtype) : undefined);
  return {
    graph,
    itemCount,
    maxLength,
    items: graph.input('items', ['B', maxLength], 'int32'),
    mask: graph.input('mask', ['B', maxLength], 'float32', 'mask'),
    get targetPositions() {
      return training('target_positions', 'P', 'int32');
    },
    get targets() {
      return training('targets', 'P', 'int32');
    },
    negatives: when(loss !== 'softmax', 'negatives', 'N', 'int32'),
    negativeLogProbabilities: when(loss === 'sampled-softmax', 'negative_log_probabilities', 'N', 'float32'),
    targetLogProbabilities: when(loss === 'sampled-softmax', 'target_log_probabilities', 'P', 'float32'),
  };
}

/** Left-padded histories of 1 .. L events; each next event is the target of the one before, a random item of the last. */
export function nextItemBatch(
  graph: Graph,
  { itemCount, maxLength }: NextItemCase,
  rows: number,
  seed = 1,
): Feeds {
  const rng = new Rng([seed, 'histories']);
  const items = new Int32Array(rows * maxLength);
  const mask = new Float32Array(rows * maxLength);
  const positions: number[] = [];
  const targets: number[] = [];
  const anyItem = (): number => 2 + rng.integer(itemCount - 2);
  for (let row = 0; row < rows; row += 1) {
    const length = row === 0 ? maxLength : 1 + rng.integer(maxLength);
    for (let position = maxLength - length; position < maxLength; position += 1) {
      const at = row * maxLength + position;
      items[at] = anyItem();
      mask[at] = 1;
      if (position > maxLength - length) targets.push(items[at]);
      positions.push(at);
    }
    targets.push(anyItem());
  }
  const vector = (data: Int32Array | Float32Array) => ({ data, dims: [data.length] });
  const negatives = Int32Array.from({ length: 7 }, anyItem);
  const all: Feeds = {
    items: { data: items, dims: [rows, maxLength] },
    mask: { data: mask, dims: [rows, maxLength] },
    target_positions: vector(Int32Array.from(positions)),
    targets: vector(Int32Array.from(targets)),
    negatives: vector(negatives),
    negative_log_probabilities: vector(new Float32Array(negatives.length).fill(Math.log(7 / itemCount))),
    target_log_probabilities: vector(new Float32Array(targets.length).fill(Math.log(7 / itemCount))),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => graph.inputs.has(name)));
}
