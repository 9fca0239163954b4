import * as ort from 'onnxruntime-node';
import { tensorData, type DType } from '../../../src/graph/dtype.js';
import { lower, type Graph, type Outputs } from '../../../src/graph/index.js';

export interface Fed {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype?: DType;
}

export interface Result {
  readonly data: number[];
  readonly shape: readonly number[];
  readonly type: string;
}

export function toTensor(fed: Fed): ort.Tensor {
  const dtype = fed.dtype ?? 'float32';
  return new ort.Tensor(dtype, tensorData(dtype, fed.data) as never, fed.shape);
}

export function toResult(tensor: ort.Tensor): Result {
  return {
    data: Array.from(tensor.data as ArrayLike<number>, Number),
    shape: tensor.dims,
    type: tensor.type,
  };
}

/** A model loaded into ONNX Runtime; `run` feeds plain arrays and returns plain arrays. */
export async function load(
  file: Uint8Array,
): Promise<{ run(feeds: Readonly<Record<string, Fed>>): Promise<Record<string, Result>> }> {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  return {
    async run(feeds) {
      const tensors = Object.fromEntries(
        Object.entries(feeds)
          .filter(([name]) => session.inputNames.includes(name))
          .map(([name, fed]) => [name, toTensor(fed)]),
      );
      const results = await session.run(tensors);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toResult(tensor)]));
    },
  };
}

/** Evaluates outputs of a graph once. */
export async function evaluate(
  graph: Graph,
  outputs: Outputs,
  feeds: Readonly<Record<string, Fed>> = {},
): Promise<Record<string, Result>> {
  return (await load(lower(graph, outputs))).run(feeds);
}
