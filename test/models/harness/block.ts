import { Graph, type Node } from '../../../src/graph/index.js';
import { Rng } from '../../../src/platform/index.js';
import { evaluate, randomParameters, type Feeds, type Value } from './run.js';

/** A tensor of plain numbers that a test can index: at(tensor, i, j, ..). */
export const at = ({ data, dims }: Value, ...index: readonly number[]): number =>
  data[index.reduce((offset, position, axis) => offset * dims[axis] + position, 0)];

export function random(seed: number, ...dims: readonly number[]): Value {
  const rng = new Rng([seed, 'block']);
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  data.forEach((_, i) => (data[i] = 0.7 * rng.normal()));
  return { data, dims };
}

/**
 * Builds a block over named inputs (first dimension symbolic), with random weights, and returns its results together with
 * the weights that were used.
 */
export async function runBlock(
  inputs: Feeds,
  build: (nodes: Record<string, Node>, graph: Graph) => Readonly<Record<string, Node>>,
  mode: 'train' | 'infer' = 'infer',
): Promise<{ results: Record<string, Value>; weights: Feeds; graph: Graph }> {
  const graph = new Graph({ mode });
  const nodes = Object.fromEntries(
    Object.entries(inputs).map(([name, { dims, data }]) => [
      name,
      graph.input(name, ['B', ...dims.slice(1)], data instanceof Int32Array ? 'int32' : 'float32'),
    ]),
  );
  const outputs = build(nodes, graph);
  const weights = randomParameters(graph);
  return { results: await evaluate(graph, outputs, { ...inputs, ...weights }), weights, graph };
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const sumOf = (n: number, term: (i: number) => number): number =>
  range(n).reduce((total, i) => total + term(i), 0);
