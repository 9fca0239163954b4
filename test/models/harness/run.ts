import { InferenceSession, Tensor } from 'onnxruntime-node';
import { layoutOf, lower, type Graph, type Node } from '../../../src/graph/index.js';
import { Rng } from '../../../src/platform/index.js';

export interface Value {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}
export type Feeds = Readonly<Record<string, Value>>;

const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;

/** Runs an ONNX file; feeds that it does not take are left out. */
export async function runOnnx(file: Uint8Array, feeds: Feeds): Promise<Record<string, Value>> {
  const session = await InferenceSession.create(file, sessionOptions);
  const results = await runSession(session, feeds);
  await session.release();
  return results;
}

export const openSession = (file: Uint8Array): Promise<InferenceSession> =>
  InferenceSession.create(file, sessionOptions);

export async function runSession(session: InferenceSession, feeds: Feeds): Promise<Record<string, Value>> {
  const tensors: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const feed = feeds[name];
    if (feed === undefined) throw new Error(`nothing is fed to ${name}`);
    tensors[name] =
      feed.data instanceof Int32Array
        ? new Tensor('int32', feed.data, feed.dims)
        : new Tensor('float32', feed.data, feed.dims);
  }
  const outputs = await session.run(tensors);
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [
      name,
      { data: tensor.data as Float32Array, dims: tensor.dims },
    ]),
  );
}

/** Values of named nodes of a graph; parameters and states take the values in `feeds`. */
export const evaluate = (
  graph: Graph,
  outputs: Readonly<Record<string, Node>>,
  feeds: Feeds,
): Promise<Record<string, Value>> => runOnnx(lower(graph, outputs), feeds);

/** Random values for every parameter, also for those that start at zero, so that no term hides; states at their start. */
export function randomParameters(graph: Graph, seed = 7): Feeds {
  const feeds: Record<string, Value> = {};
  for (const { name, shape, size } of layoutOf(graph).parameters) {
    const rng = new Rng([seed, name]);
    const data = new Float32Array(size);
    data.forEach((_, i) => (data[i] = 0.3 * rng.normal()));
    feeds[name] = { data, dims: shape };
  }
  for (const { name, shape, initial } of graph.states.values()) {
    feeds[name] = {
      data: new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(initial),
      dims: shape,
    };
  }
  return feeds;
}

/** The parameters of `feeds` as the flat vector that training steps take. */
export function flatten(graph: Graph, feeds: Feeds): Value {
  const layout = layoutOf(graph);
  const flat = new Float32Array(layout.flatSize);
  for (const { name, offset } of layout.parameters) flat.set(feeds[name].data, offset);
  return { data: flat, dims: [flat.length] };
}

export const scalar = (value: number): Value => ({ data: Float32Array.of(value), dims: [] });
