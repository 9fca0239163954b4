import { broadcastShapes, formatShape } from '../dims.js';
import type { DType } from '../dtype.js';
import { cast, div, greaterEqual, lessEqual, log, mul, neg, pow, sub, where } from '../functions/index.js';
import type { Node, TensorType } from '../node.js';
import type { Fail, OpEntry } from '../registry.js';
import { unbroadcast } from './unbroadcast.js';

function broadcast([a, b]: readonly TensorType[], fail: Fail): TensorType {
  if (a.dtype !== b.dtype) fail(`element types differ: ${a.dtype} and ${b.dtype}`);
  const shape = broadcastShapes(a.shape, b.shape);
  return {
    shape: shape ?? fail(`${formatShape(a.shape)} and ${formatShape(b.shape)} do not broadcast`),
    dtype: a.dtype,
  };
}

type Gradients = (g: Node, a: Node, b: Node, y: Node) => readonly [() => Node, () => Node];

/** Constant operands are common, so their gradients are not built. */
function arithmetic(name: string, onnx: string, gradients: Gradients): OpEntry {
  return {
    name,
    infer: (inputs, _attrs, fail) => [broadcast(inputs, fail)],
    gradient(node, [g]) {
      if (g === undefined) return [undefined, undefined];
      const [a, b] = node.inputs;
      const rules = gradients(g, a, b, node);
      return node.inputs.map((input, i) =>
        input.op === 'constant' ? undefined : unbroadcast(rules[i](), input.shape),
      );
    },
    lower: (_node, inputs, emitter) => [emitter.emit(onnx, inputs)],
    flops: (node, sizeOf) => sizeOf(node),
  };
}

function comparison(name: string, onnx: string, dtype?: DType): OpEntry {
  return {
    name,
    infer(inputs, _attrs, fail) {
      const type = broadcast(inputs, fail);
      if (dtype !== undefined && type.dtype !== dtype) fail(`needs ${dtype} tensors, not ${type.dtype}`);
      return [{ shape: type.shape, dtype: 'bool' }];
    },
    lower: (_node, inputs, emitter) => [emitter.emit(onnx, inputs)],
    flops: (node, sizeOf) => sizeOf(node),
  };
}

const asFloat = (condition: Node, like: Node): Node => cast(condition, like.dtype);

export const binaryOps: readonly OpEntry[] = [
  arithmetic('add', 'Add', (g) => [() => g, () => g]),
  arithmetic('sub', 'Sub', (g) => [() => g, () => neg(g)]),
  arithmetic('mul', 'Mul', (g, a, b) => [() => mul(g, b), () => mul(g, a)]),
  arithmetic('div', 'Div', (g, _a, b, y) => [() => div(g, b), () => neg(div(mul(g, y), b))]),
  arithmetic('pow', 'Pow', (g, a, b, y) => [
    () => mul(g, mul(b, pow(a, sub(b, 1)))),
    () => mul(g, mul(y, log(a))),
  ]),
  arithmetic('minimum', 'Min', (g, a, b) => [
    () => mul(g, asFloat(lessEqual(a, b), a)),
    () => mul(g, sub(1, asFloat(lessEqual(a, b), a))),
  ]),
  arithmetic('maximum', 'Max', (g, a, b) => [
    () => mul(g, asFloat(greaterEqual(a, b), a)),
    () => mul(g, sub(1, asFloat(greaterEqual(a, b), a))),
  ]),
  comparison('equal', 'Equal'),
  comparison('greater', 'Greater'),
  comparison('greaterEqual', 'GreaterOrEqual'),
  comparison('less', 'Less'),
  comparison('lessEqual', 'LessOrEqual'),
  comparison('and', 'And', 'bool'),
  comparison('or', 'Or', 'bool'),
  {
    name: 'where',
    infer([condition, a, b], _attrs, fail) {
      if (condition.dtype !== 'bool') fail(`the condition is ${condition.dtype}, not bool`);
      const values = broadcast([a, b], fail);
      const shape = broadcastShapes(condition.shape, values.shape);
      return [{ shape: shape ?? fail('the condition does not broadcast with the values'), dtype: a.dtype }];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const [condition, a, b] = node.inputs;
      return [
        undefined,
        a.op === 'constant' ? undefined : unbroadcast(where(condition, g, 0), a.shape),
        b.op === 'constant' ? undefined : unbroadcast(where(condition, 0, g), b.shape),
      ];
    },
    lower: (_node, inputs, emitter) => [emitter.emit('Where', inputs)],
    flops: (node, sizeOf) => sizeOf(node),
  },
];
