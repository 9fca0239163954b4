import { flagOf, numberOf, numbersOf } from '../attributes.js';
import { divideDims, elementCount, type Dim, type Shape } from '../dims.js';
import {
  cast,
  cumsum,
  dimensionSize,
  div,
  equal,
  exp,
  expand,
  mul,
  reshape,
  sub,
  sum,
} from '../functions/index.js';
import { isFloat } from '../dtype.js';
import type { Emitter } from '../lowering/emitter.js';
import type { Node } from '../node.js';
import type { OpEntry } from '../registry.js';

function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

const axesOf = (node: Node): readonly number[] => numbersOf(node.attrs, 'axes');

/** A reduced tensor with its axes back as size 1. */
function kept(node: Node, tensor: Node): Node {
  return reshape(tensor, keptShape(node.inputs[0].shape, axesOf(node)));
}

function reduction(
  name: string,
  onnx: string,
  derivative: (gradient: Node, x: Node, y: Node, node: Node) => Node,
): OpEntry {
  return {
    name,
    infer([x], attrs) {
      const axes = numbersOf(attrs, 'axes');
      const shape = flagOf(attrs, 'keepDims')
        ? keptShape(x.shape, axes)
        : x.shape.filter((_, axis) => !axes.includes(axis));
      return [{ shape, dtype: x.dtype }];
    },
    gradient: (node, [g]) => [g && derivative(kept(node, g), node.inputs[0], kept(node, node), node)],
    lower(node, [x], emitter) {
      const total = name === 'sum' || name === 'mean' ? leadingSum(node, x, emitter) : undefined;
      if (total !== undefined) return [total];
      return [
        emitter.emit(onnx, [x, emitter.ints(axesOf(node))], {
          keepdims: flagOf(node.attrs, 'keepDims') ? 1 : 0,
        }),
      ];
    },
    flops: (node, sizeOf) => sizeOf(node.inputs[0]) * (name === 'logSumExp' ? 5 : 1),
  };
}

/**
 * Sum or mean over the leading axes, as bias gradients and batch statistics need, as a matrix-vector product: ReduceSum
 * takes five times as long on tall tensors. Undefined when the reduction has another form.
 */
function leadingSum(node: Node, x: string, emitter: Emitter): string | undefined {
  const [{ shape, dtype }] = node.inputs;
  const axes = axesOf(node);
  const width = elementCount(shape.slice(axes.length));
  const rows = elementCount(shape.slice(0, axes.length));
  if (
    !isFloat(dtype) ||
    axes.some((axis, i) => axis !== i) ||
    typeof width !== 'number' ||
    width < 8 ||
    rows === 1
  )
    return undefined;
  const flat = emitter.emit('Reshape', [x, emitter.ints([-1, width])]);
  const rowsShape = emitter.shape([rows, 1]);
  const ones = emitter.emit('Expand', [emitter.scalar(1, dtype), rowsShape]);
  const total = emitter.emit('Reshape', [
    emitter.emit('Gemm', [flat, ones], { transA: 1 }),
    emitter.ints(node.shape.map(Number)),
  ]);
  if (node.op === 'sum') return total;
  const count = emitter.emit('Squeeze', [
    emitter.emit('Cast', [emitter.shape([rows])], { to: emitter.typeCode(dtype) }),
  ]);
  return emitter.emit('Div', [total, count]);
}

/** Ties at the extreme share the gradient. */
function extreme(gradient: Node, x: Node, y: Node, node: Node): Node {
  const ties = cast(equal(x, y), x.dtype);
  return mul(ties, div(gradient, sum(ties, axesOf(node), { keepDims: true })));
}

/** Number of elements behind each output, as a float32 scalar (or of the tensor's type). */
function countOf(node: Node): Node {
  const [x] = node.inputs;
  const count: Dim = divideDims(elementCount(x.shape), elementCount(keptShape(x.shape, axesOf(node)))) ?? 1;
  return cast(dimensionSize(x.graph, count), x.dtype);
}

/** softmax along one axis; its last-axis form is a single fast kernel. */
function normalised(
  name: string,
  onnx: string,
  derivative: (gradient: Node, y: Node, axis: number) => Node,
): OpEntry {
  return {
    name,
    infer: ([x]) => [x],
    gradient: (node, [g]) => [g && derivative(g, node, numberOf(node.attrs, 'axis'))],
    lower: (node, [x], emitter) => [emitter.emit(onnx, [x], { axis: numberOf(node.attrs, 'axis') })],
    flops: (node, sizeOf) => 7 * sizeOf(node),
  };
}

export const reduceOps: readonly OpEntry[] = [
  reduction('sum', 'ReduceSum', (g, x) => expand(g, x.shape)),
  reduction('mean', 'ReduceMean', (g, x, _y, node) => expand(div(g, countOf(node)), x.shape)),
  reduction('reduceMax', 'ReduceMax', extreme),
  reduction('reduceMin', 'ReduceMin', extreme),
  reduction('logSumExp', 'ReduceLogSumExp', (g, x, y) => mul(g, exp(sub(x, y)))),
  normalised('softmax', 'Softmax', (g, y, axis) => {
    const weighted = mul(g, y);
    return sub(weighted, mul(y, sum(weighted, axis, { keepDims: true })));
  }),
  normalised('logSoftmax', 'LogSoftmax', (g, y, axis) =>
    sub(g, mul(exp(y), sum(g, axis, { keepDims: true }))),
  ),
  {
    name: 'cumsum',
    infer: ([x]) => [x],
    gradient(node, [g]) {
      const options = { exclusive: flagOf(node.attrs, 'exclusive'), reverse: !flagOf(node.attrs, 'reverse') };
      return [g && cumsum(g, numberOf(node.attrs, 'axis'), options)];
    },
    lower: (node, [x], emitter) => [
      emitter.emit('CumSum', [x, emitter.scalar(numberOf(node.attrs, 'axis'), 'int64')], {
        exclusive: flagOf(node.attrs, 'exclusive') ? 1 : 0,
        reverse: flagOf(node.attrs, 'reverse') ? 1 : 0,
      }),
    ],
    flops: (node, sizeOf) => sizeOf(node),
  },
];
