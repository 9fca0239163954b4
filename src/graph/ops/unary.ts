import { numberOf, textOf } from '../attributes.js';
import { isFloat, type DType } from '../dtype.js';
import {
  add,
  and,
  cast,
  cos,
  div,
  erf,
  exp,
  greaterEqual,
  heaviside,
  lessEqual,
  mul,
  neg,
  sigmoid,
  sign,
  sin,
  sub,
} from '../functions/index.js';
import type { Node } from '../node.js';
import type { OpEntry } from '../registry.js';

type Derivative = (gradient: Node, x: Node, y: Node) => Node | undefined;

/** An elementwise function that one ONNX operator computes. `flops` is the usual count per element. */
function unary(
  name: string,
  onnx: string,
  flops: number,
  derivative: Derivative,
  lower?: OpEntry['lower'],
): OpEntry {
  return {
    name,
    infer: ([x], _attrs, fail) =>
      isFloat(x.dtype) || name === 'neg' || name === 'abs'
        ? [x]
        : fail(`needs a float tensor, not ${x.dtype}`),
    gradient: (node, [gradient]) => [gradient && derivative(gradient, node.inputs[0], node)],
    lower: lower ?? ((_node, inputs, emitter) => [emitter.emit(onnx, inputs)]),
    flops: (node, sizeOf) => flops * sizeOf(node),
  };
}

const none: Derivative = () => undefined;
const normalDensity = (x: Node): Node => mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
const normalDistribution = (x: Node): Node => mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);

export const unaryOps: readonly OpEntry[] = [
  unary('neg', 'Neg', 1, (g) => neg(g)),
  unary('exp', 'Exp', 4, (g, _x, y) => mul(g, y)),
  unary('log', 'Log', 4, (g, x) => div(g, x)),
  unary('sqrt', 'Sqrt', 1, (g, _x, y) => div(mul(g, 0.5), y)),
  unary('abs', 'Abs', 1, (g, x) => mul(g, sign(x))),
  unary('sign', 'Sign', 1, none),
  // min(1, max(0, huge * x)) is one pass of one kernel; Sign, or Greater and Cast, take twice as long and more.
  unary('heaviside', '', 1, none, (node, [x], emitter) => {
    if (node.dtype === 'float32')
      return [emitter.emit('HardSigmoid', [x], { alpha: { float: 3e38 }, beta: { float: 0 } })];
    return [
      emitter.emit('Cast', [emitter.emit('Greater', [x, emitter.scalar(0, node.dtype)])], {
        to: emitter.typeCode(node.dtype),
      }),
    ];
  }),
  unary('floor', 'Floor', 1, none),
  unary('round', 'Round', 1, none),
  unary('sin', 'Sin', 4, (g, x) => mul(g, cos(x))),
  unary('cos', 'Cos', 4, (g, x) => neg(mul(g, sin(x)))),
  unary('relu', 'Relu', 1, (g, _x, y) => mul(g, heaviside(y))),
  unary('sigmoid', 'Sigmoid', 6, (g, _x, y) => mul(g, mul(y, sub(1, y)))),
  unary('tanh', 'Tanh', 6, (g, _x, y) => mul(g, sub(1, mul(y, y)))),
  unary('erf', 'Erf', 8, (g, x) => mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  unary('gelu', 'Gelu', 12, (g, x) => mul(g, add(normalDistribution(x), mul(x, normalDensity(x))))),
  unary(
    'silu',
    '',
    7,
    (g, x, y) => mul(g, add(sigmoid(x), mul(y, sub(1, sigmoid(x))))),
    (_node, [x], emitter) => [emitter.emit('Mul', [x, emitter.emit('Sigmoid', [x])])],
  ),
  unary('softplus', 'Softplus', 9, (g, x) => mul(g, sigmoid(x))),
  {
    name: 'clip',
    infer([x], attrs, fail) {
      const [low, high] = [numberOf(attrs, 'low'), numberOf(attrs, 'high')];
      return [low <= high ? x : fail(`there is nothing between ${low} and ${high}`)];
    },
    gradient(node, [gradient]) {
      const [x] = node.inputs;
      const inside = and(
        greaterEqual(x, numberOf(node.attrs, 'low')),
        lessEqual(x, numberOf(node.attrs, 'high')),
      );
      return [gradient && mul(gradient, cast(inside, x.dtype))];
    },
    lower: (node, [x], emitter) => [
      emitter.emit('Clip', [
        x,
        emitter.scalar(numberOf(node.attrs, 'low'), node.dtype),
        emitter.scalar(numberOf(node.attrs, 'high'), node.dtype),
      ]),
    ],
    flops: (node, sizeOf) => 2 * sizeOf(node),
  },
  {
    name: 'not',
    infer: ([x], _attrs, fail) => (x.dtype === 'bool' ? [x] : fail(`needs a bool tensor, not ${x.dtype}`)),
    lower: (_node, inputs, emitter) => [emitter.emit('Not', inputs)],
    flops: (node, sizeOf) => sizeOf(node),
  },
  {
    name: 'cast',
    infer: ([x], attrs) => [{ shape: x.shape, dtype: textOf(attrs, 'to') as DType }],
    gradient(node, [gradient]) {
      const [x] = node.inputs;
      return [gradient && isFloat(x.dtype) && isFloat(node.dtype) ? cast(gradient, x.dtype) : undefined];
    },
    lower: (node, [x], emitter) => [emitter.emit('Cast', [x], { to: emitter.typeCode(node.dtype) })],
    flops: () => 0,
  },
  {
    name: 'stopGradient',
    infer: ([x]) => [x],
    gradient: () => [undefined],
    lower: (_node, inputs) => inputs,
    flops: () => 0,
    free: true,
  },
  {
    name: 'straightThrough',
    infer: ([forward, surrogate], _attrs, fail) =>
      forward.shape.join() === surrogate.shape.join()
        ? [forward]
        : fail('value and surrogate differ in shape'),
    gradient: (_node, [gradient]) => [undefined, gradient],
    lower: (_node, [forward]) => [forward],
    flops: () => 0,
    free: true,
  },
];
