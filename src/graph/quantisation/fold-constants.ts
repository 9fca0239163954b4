import type { OnnxGraph, OnnxOperator, OnnxTensor } from '../lowering/onnx-format.js';

const FLOAT32 = 1;

/** Numbers of a float32 initializer, copied: raw data need not lie on a multiple of four bytes. */
export function floatsOf({ rawData }: OnnxTensor): Float32Array {
  const out = new Float32Array(rawData.length / 4);
  new Uint8Array(out.buffer).set(rawData);
  return out;
}

function intsOf({ rawData }: OnnxTensor): number[] {
  const bytes = Uint8Array.from(rawData);
  return Array.from(new BigInt64Array(bytes.buffer), Number);
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/**
 * The graph with slices and concatenations of float32 initializers worked out. The cut at the request leaves weights in that form;
 * whoever rewrites products by their weights must see them. Initializers that nothing reads any more are left out.
 */
export function foldConstants(graph: OnnxGraph): OnnxGraph {
  const known = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const outputs = new Set(graph.output.map(({ name }) => name));
  const node: OnnxOperator[] = [];
  for (const operator of graph.node) {
    const inputs = operator.input.map((name) => known.get(name));
    const folded = inputs.every((tensor) => tensor !== undefined)
      ? foldedOf(operator, inputs as OnnxTensor[])
      : undefined;
    if (folded === undefined || outputs.has(operator.output[0])) node.push(operator);
    else known.set(folded.name, folded);
  }
  return withoutUnread({ ...graph, node, initializer: [...known.values()] });
}

/** Drops initializers that no operator reads. */
export function withoutUnread(graph: OnnxGraph): OnnxGraph {
  const read = new Set([
    ...graph.node.flatMap(({ input }) => input),
    ...graph.output.map(({ name }) => name),
  ]);
  return { ...graph, initializer: graph.initializer.filter(({ name }) => read.has(name)) };
}

function foldedOf(operator: OnnxOperator, inputs: readonly OnnxTensor[]): OnnxTensor | undefined {
  if (inputs[0]?.dataType !== FLOAT32) return undefined;
  if (operator.opType === 'Slice') return sliced(operator.output[0], inputs);
  if (operator.opType === 'Concat') return concatenated(operator, inputs);
  return undefined;
}

function sliced(
  name: string,
  [data, starts, ends, axes, steps]: readonly OnnxTensor[],
): OnnxTensor | undefined {
  if (steps !== undefined && intsOf(steps).some((step) => step !== 1)) return undefined;
  const { dims } = data;
  const from = dims.map(() => 0);
  const to = [...dims];
  const last = intsOf(ends);
  const along = axes === undefined ? dims.map((_, axis) => axis) : intsOf(axes);
  for (const [i, first] of intsOf(starts).entries()) {
    const axis = along[i] < 0 ? along[i] + dims.length : along[i];
    const within = (place: number): number =>
      Math.min(dims[axis], Math.max(0, place < 0 ? place + dims[axis] : place));
    from[axis] = within(first);
    to[axis] = Math.max(from[axis], within(last[i]));
  }
  const shape = dims.map((_, axis) => to[axis] - from[axis]);
  const source = floatsOf(data);
  const out = new Float32Array(sizeOf(shape));
  const width = shape.at(-1) ?? 1;
  for (let at = 0; at < out.length; at += width) out.set(rowAt(source, dims, from, shape, at), at);
  return tensorOf(name, shape, out);
}

/** The last axis of a slice, where element `at` of the slice begins. */
function rowAt(
  source: Float32Array,
  dims: readonly number[],
  from: readonly number[],
  shape: readonly number[],
  at: number,
): Float32Array {
  let rest = at;
  let place = 0;
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis -= 1) {
    place += (from[axis] + (rest % shape[axis])) * stride;
    rest = Math.floor(rest / shape[axis]);
    stride *= dims[axis];
  }
  return source.subarray(place, place + (shape.at(-1) ?? 1));
}

function concatenated({ output, attribute }: OnnxOperator, inputs: readonly OnnxTensor[]): OnnxTensor {
  const { dims } = inputs[0];
  const given = Number(attribute.find(({ name }) => name === 'axis')?.i ?? 0);
  const axis = given < 0 ? given + dims.length : given;
  const height = inputs.reduce((sum, tensor) => sum + tensor.dims[axis], 0);
  const shape = dims.map((dim, i) => (i === axis ? height : dim));
  const outer = sizeOf(dims.slice(0, axis));
  const inner = sizeOf(dims.slice(axis + 1));
  const out = new Float32Array(sizeOf(shape));
  let offset = 0;
  for (const tensor of inputs) {
    const source = floatsOf(tensor);
    const run = tensor.dims[axis] * inner;
    for (let block = 0; block < outer; block += 1)
      out.set(source.subarray(block * run, (block + 1) * run), block * height * inner + offset);
    offset += run;
  }
  return tensorOf(output[0], shape, out);
}

const tensorOf = (name: string, dims: readonly number[], data: Float32Array): OnnxTensor => ({
  name,
  dims,
  dataType: FLOAT32,
  rawData: new Uint8Array(data.buffer),
});
