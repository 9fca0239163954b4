import { evaluateDim, type Dim, type Node } from '../../../src/graph/index.js';
import { liveNodes } from '../../../src/graph/live-nodes.js';

/** A dense tensor in double precision, last axis fastest. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Sizes = Readonly<Record<string, number>>;

const countOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => countOf(shape.slice(axis + 1)));
}

/** Position of element `i` of a shape on each axis. */
function positionOf(i: number, shape: readonly number[]): number[] {
  return stridesOf(shape).map((stride, axis) => Math.floor(i / stride) % shape[axis]);
}

function offsetOf(position: readonly number[], shape: readonly number[]): number {
  return stridesOf(shape).reduce((sum, stride, axis) => sum + stride * position[axis], 0);
}

function fill(shape: readonly number[], value: (position: readonly number[]) => number): Tensor {
  return { shape, data: Array.from({ length: countOf(shape) }, (_, i) => value(positionOf(i, shape))) };
}

/** The element that broadcasting puts at a position of a larger shape. */
function broadcastAt({ shape, data }: Tensor, position: readonly number[]): number {
  const own = position.slice(position.length - shape.length).map((at, axis) => (shape[axis] === 1 ? 0 : at));
  return data[offsetOf(own, shape)];
}

/** erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!: all terms of one sign, so nothing cancels. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 300; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return Math.abs(x) > 6 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

const unary: Readonly<Record<string, (x: number, attrs: Node['attrs']) => number>> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  heaviside: (x) => (x > 0 ? 1 : 0),
  floor: Math.floor,
  round: roundHalfEven,
  sin: Math.sin,
  cos: Math.cos,
  relu: (x) => Math.max(0, x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  erf,
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  silu: (x) => x / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  clip: (x, { low, high }) => Math.min(Math.max(x, Number(low)), Number(high)),
  not: (x) => 1 - x,
  cast: (x, { to }) =>
    to === 'int32' || to === 'int64' ? Math.trunc(x) : to === 'bool' ? Number(x !== 0) : x,
  stopGradient: (x) => x,
};

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: Math.pow,
  minimum: Math.min,
  maximum: Math.max,
  equal: (a, b) => Number(a === b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  and: (a, b) => a * b,
  or: (a, b) => Math.max(a, b),
};

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(sumOf(values.map((value) => Math.exp(value - largest))));
}

const reductions: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: sumOf,
  mean: (values) => sumOf(values) / values.length,
  reduceMax: (values) => Math.max(...values),
  reduceMin: (values) => Math.min(...values),
  logSumExp,
};

/** What one line of values along an axis becomes, element by element. */
const alongAxis: Readonly<
  Record<string, (line: readonly number[], at: number, attrs: Node['attrs']) => number>
> = {
  softmax: (line, at) => Math.exp(line[at] - logSumExp(line)),
  logSoftmax: (line, at) => line[at] - logSumExp(line),
  cumsum: (line, at, { exclusive, reverse }) => {
    const edge = exclusive === true ? 0 : 1;
    return sumOf(reverse === true ? line.slice(at + 1 - edge) : line.slice(0, at + edge));
  },
};

function lineAt(x: Tensor, position: readonly number[], axis: number): number[] {
  return Array.from({ length: x.shape[axis] }, (_, at) => x.data[offsetOf(position.with(axis, at), x.shape)]);
}

function matmul(
  shape: readonly number[],
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
): Tensor {
  const inner = a.shape.at(transposeA ? -2 : -1) ?? 0;
  return fill(shape, (position) => {
    const leading = position.slice(0, -2);
    const [row, column] = position.slice(-2);
    let sum = 0;
    for (let k = 0; k < inner; k += 1)
      sum +=
        broadcastAt(a, [...leading, ...(transposeA ? [k, row] : [row, k])]) *
        broadcastAt(b, [...leading, ...(transposeB ? [column, k] : [k, column])]);
    return sum;
  });
}

/** Everything that is no plain map over elements. */
function general(
  node: Node,
  inputs: readonly Tensor[],
  shapes: readonly number[][],
  size: (dim: Dim) => number,
): Tensor[] {
  const [x, second, third] = inputs;
  const [shape] = shapes;
  const { attrs } = node;
  const axis = Number(attrs.axis);
  const last = shape.length - 1;
  const wrap = (index: number, length: number): number => (index < 0 ? index + length : index);
  switch (node.op) {
    case 'constant':
      return [{ shape, data: Array.from(node.data ?? [], Number) }];
    case 'reshape':
      return [{ shape, data: x.data }];
    case 'straightThrough':
      return [x];
    case 'where':
      return [
        fill(shape, (at) => (broadcastAt(x, at) === 1 ? broadcastAt(second, at) : broadcastAt(third, at))),
      ];
    case 'expand':
      return [fill(shape, (at) => broadcastAt(x, at))];
    case 'transpose': {
      const perm = attrs.perm as readonly number[];
      return [
        fill(
          shape,
          (at) =>
            x.data[
              offsetOf(
                perm.map((_, own) => at[perm.indexOf(own)]),
                x.shape,
              )
            ],
        ),
      ];
    }
    case 'concat':
      return [
        fill(shape, (at) => {
          let start = at[axis];
          const part = inputs.find(({ shape: own }) => {
            if (start < own[axis]) return true;
            start -= own[axis];
            return false;
          });
          return part === undefined ? Number.NaN : part.data[offsetOf(at.with(axis, start), part.shape)];
        }),
      ];
    case 'split':
      return shapes.map((own, index) => {
        const start = sumOf(shapes.slice(0, index).map((before) => before[axis]));
        return fill(own, (at) => x.data[offsetOf(at.with(axis, at[axis] + start), x.shape)]);
      });
    case 'slice':
      return [
        fill(shape, (at) => x.data[offsetOf(at.with(axis, at[axis] + size(attrs.start as Dim)), x.shape)]),
      ];
    case 'pad':
      return [
        fill(shape, (at) => {
          const own = at[axis] - size(attrs.before as Dim);
          return own < 0 || own >= x.shape[axis] ? 0 : x.data[offsetOf(at.with(axis, own), x.shape)];
        }),
      ];
    case 'matmul':
      return [matmul(shape, x, second, attrs.transposeA === true, attrs.transposeB === true)];
    case 'layerNorm':
      return [
        fill(shape, (at) => {
          const line = lineAt(x, at, at.length - 1);
          const centre = sumOf(line) / line.length;
          const variance = sumOf(line.map((value) => (value - centre) ** 2)) / line.length;
          const column = at[at.length - 1];
          const standard = (line[column] - centre) / Math.sqrt(variance + Number(attrs.epsilon));
          return standard * second.data[column] + third.data[column];
        }),
      ];
    case 'gather': {
      const rank = second.shape.length;
      return [
        fill(shape, (at) => {
          const index = second.data[offsetOf(at.slice(axis, axis + rank), second.shape)];
          const own = [...at.slice(0, axis), wrap(index, x.shape[axis]), ...at.slice(axis + rank)];
          return x.data[offsetOf(own, x.shape)];
        }),
      ];
    }
    case 'gatherAlongLast':
      return [
        fill(shape, (at) => {
          const index = second.data[offsetOf(at, second.shape)];
          return x.data[offsetOf(at.with(last, index), x.shape)];
        }),
      ];
    case 'scatterAdd':
    case 'scatterAlongLast': {
      const data = [...x.data];
      for (const [i, value] of third.data.entries()) {
        const at = positionOf(i, third.shape);
        const target =
          node.op === 'scatterAdd' ? at.with(0, second.data[at[0]]) : at.with(last, second.data[i]);
        data[offsetOf(target, x.shape)] += value;
      }
      return [{ shape, data }];
    }
    case 'topK': {
      const order = (at: readonly number[]): number[] => {
        const line = lineAt(x, at, at.length - 1);
        return line.map((_, i) => i).sort((a, b) => line[b] - line[a]);
      };
      const indices = fill(shape, (at) => order(at)[at[at.length - 1]]);
      const values = fill(
        shape,
        (at) => x.data[offsetOf(at.with(last, indices.data[offsetOf(at, shape)]), x.shape)],
      );
      return [values, indices];
    }
    case 'oneHot':
      return [fill(shape, (at) => Number(x.data[offsetOf(at.slice(0, -1), x.shape)] === at[at.length - 1]))];
    case 'range':
      return [fill(shape, ([at]) => at)];
    case 'dimensionSize':
      return [{ shape: [], data: [size(attrs.dim as Dim)] }];
    case 'softmaxCrossEntropy':
    case 'productCrossEntropy': {
      const targets = inputs[inputs.length - 1];
      return [
        fill(shape, ([row]) => {
          const line = lineAt(x, [row, 0], 1);
          return logSumExp(line) - line[targets.data[row]];
        }),
      ];
    }
    default:
      throw new Error(`the interpreter does not know ${node.op}`);
  }
}

function compute(
  node: Node,
  inputs: readonly Tensor[],
  shapes: readonly number[][],
  size: (dim: Dim) => number,
): Tensor[] {
  const [x, second] = inputs;
  const [shape] = shapes;
  const { op, attrs } = node;
  if (Object.hasOwn(unary, op)) return [{ shape, data: x.data.map((value) => unary[op](value, attrs)) }];
  if (Object.hasOwn(binary, op))
    return [fill(shape, (at) => binary[op](broadcastAt(x, at), broadcastAt(second, at)))];
  if (Object.hasOwn(alongAxis, op)) {
    const axis = Number(attrs.axis);
    return [fill(shape, (at) => alongAxis[op](lineAt(x, at, axis), at[axis], attrs))];
  }
  if (Object.hasOwn(reductions, op)) {
    const axes = attrs.axes as readonly number[];
    const groups = new Map<string, number[]>();
    for (const [i, value] of x.data.entries()) {
      const key = positionOf(i, x.shape)
        .map((at, axis) => (axes.includes(axis) ? 0 : at))
        .join();
      groups.set(key, [...(groups.get(key) ?? []), value]);
    }
    return [{ shape, data: [...groups.values()].map((values) => reductions[op](values)) }];
  }
  return general(node, inputs, shapes, size);
}

/**
 * Evaluates nodes by the plain definition of every operation: double precision, one element after another, nothing
 * shared with the lowering. Slow, and the standard that the fast path is held to.
 */
export function interpret(
  outputs: readonly Node[],
  feeds: ReadonlyMap<string, Tensor>,
  sizes: Sizes,
): Tensor[] {
  const size = (dim: Dim): number => evaluateDim(dim, sizes);
  const values = new Map<Node, Tensor[]>();
  for (const node of liveNodes(outputs)) {
    const fed = feeds.get(node.name);
    const leaf = node.op === 'input' || node.op === 'parameter' || node.op === 'state';
    if (leaf && fed === undefined) throw new Error(`nothing is fed to ${node.name}`);
    const inputs = node.inputs.map((input) => (values.get(input) ?? [])[0]);
    const shapes = node.outputs.map((type) => type.shape.map(size));
    if (leaf && fed !== undefined) values.set(node, [fed]);
    else if (node.op === 'part')
      values.set(node, [(values.get(node.inputs[0]) ?? [])[Number(node.attrs.index)]]);
    else values.set(node, compute(node, inputs, shapes, size));
  }
  return outputs.map((node) => (values.get(node) ?? [])[0]);
}
