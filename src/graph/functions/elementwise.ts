import { broadcastShapes, equalShapes } from '../dims.js';
import type { DType } from '../dtype.js';
import type { Node, Operand } from '../node.js';
import { asNodes, scalarValue } from './operands.js';
import { reshape } from './shape.js';

/**
 * Elementwise operations act on what was reshaped and reshape afterwards, so that reshapes gather behind a chain of
 * them and a matrix product meets its bias and activation directly (ONNX Runtime then fuses the three).
 */
function unary(op: string) {
  return (x: Node): Node =>
    x.op === 'reshape' ? reshape(x.graph.add(op, [x.inputs[0]], {}), x.shape) : x.graph.add(op, [x], {});
}

/** Whether `x` means the same beside the source of a reshape as beside its result: a scalar or a vector of the last axis. */
function fitsBoth(x: Node, reshaped: Node): boolean {
  const [source] = reshaped.inputs;
  if (x.rank === 0) return true;
  return (
    x.rank === 1 &&
    source.rank > 0 &&
    reshaped.rank > 0 &&
    x.shape[0] === source.shape.at(-1) &&
    x.shape[0] === reshaped.shape.at(-1)
  );
}

function behindReshape(op: string, [a, b]: readonly Node[]): Node | undefined {
  const twins =
    a.op === 'reshape' &&
    b.op === 'reshape' &&
    equalShapes(a.shape, b.shape) &&
    equalShapes(a.inputs[0].shape, b.inputs[0].shape);
  if (twins) return reshape(a.graph.add(op, [a.inputs[0], b.inputs[0]], {}), a.shape);
  if (a.op === 'reshape' && fitsBoth(b, a)) return reshape(a.graph.add(op, [a.inputs[0], b], {}), a.shape);
  if (b.op === 'reshape' && fitsBoth(a, b)) return reshape(a.graph.add(op, [a, b.inputs[0]], {}), b.shape);
  return undefined;
}

/** An expanded operand is replaced by what was expanded when broadcasting yields the same shape: nothing is copied. */
function unexpanded(operands: readonly Node[]): Node[] {
  const list = [...operands];
  for (let i = 0; i < list.length; i += 1) {
    if (list[i].op !== 'expand') continue;
    const others = list
      .filter((_, j) => j !== i)
      .reduce<Node['shape'] | undefined>((shape, node) => shape && broadcastShapes(shape, node.shape), []);
    const lean = others && broadcastShapes(list[i].inputs[0].shape, others);
    const full = others && broadcastShapes(list[i].shape, others);
    if (lean && full && equalShapes(lean, full)) list[i] = list[i].inputs[0];
  }
  return list;
}

function binary(op: string, a: Operand, b: Operand): Node {
  const nodes = unexpanded(asNodes([a, b]));
  return behindReshape(op, nodes) ?? nodes[0].graph.add(op, nodes, {});
}

export const neg = unary('neg');
export const exp = unary('exp');
/** Natural logarithm. */
export const log = unary('log');
export const sqrt = unary('sqrt');
export const abs = unary('abs');
/** -1, 0 or 1; its gradient is zero. */
export const sign = unary('sign');
/** 1 where x > 0, else 0; its gradient is zero. */
export const heaviside = unary('heaviside');
/** Largest integer not above x; its gradient is zero (see `straightThrough`). */
export const floor = unary('floor');
/** Nearest integer, halves to even; its gradient is zero. */
export const round = unary('round');
export const sin = unary('sin');
export const cos = unary('cos');
export const relu = unary('relu');
export const sigmoid = unary('sigmoid');
export const tanh = unary('tanh');
/** Error function. */
export const erf = unary('erf');
/** x * Phi(x), exact form (Hendrycks and Gimpel 2016). */
export const gelu = unary('gelu');
/** x * sigmoid(x) (Elfwing et al. 2017). */
export const silu = unary('silu');
/** log(1 + exp(x)), stable for large |x|. */
export const softplus = unary('softplus');
export const square = (x: Node): Node => mul(x, x);
/** Logical negation of a bool tensor. */
export const not = unary('not');

/** a + b with numpy broadcasting. */
export function add(a: Operand, b: Operand): Node {
  const [left, right] = asNodes([a, b]);
  if (scalarValue(right) === 0) return left;
  if (scalarValue(left) === 0) return right;
  return binary('add', left, right);
}

export function sub(a: Operand, b: Operand): Node {
  const [left, right] = asNodes([a, b]);
  return scalarValue(right) === 0 ? left : binary('sub', left, right);
}

export function mul(a: Operand, b: Operand): Node {
  const [left, right] = asNodes([a, b]);
  if (scalarValue(right) === 1) return left;
  if (scalarValue(left) === 1) return right;
  return binary('mul', left, right);
}

export function div(a: Operand, b: Operand): Node {
  const [left, right] = asNodes([a, b]);
  return scalarValue(right) === 1 ? left : binary('div', left, right);
}

/** a to the power b. The gradient with respect to b needs a > 0. */
export const pow = (a: Operand, b: Operand): Node => binary('pow', a, b);
/** Ties send the gradient to the first operand. */
export const minimum = (a: Operand, b: Operand): Node => binary('minimum', a, b);
/** Ties send the gradient to the first operand. */
export const maximum = (a: Operand, b: Operand): Node => binary('maximum', a, b);

/** x limited to [low, high]; the gradient is zero outside. */
export function clip(x: Node, low: number, high: number): Node {
  return x.graph.add('clip', [x], { low, high });
}

export const equal = (a: Operand, b: Operand): Node => binary('equal', a, b);
export const greater = (a: Operand, b: Operand): Node => binary('greater', a, b);
export const greaterEqual = (a: Operand, b: Operand): Node => binary('greaterEqual', a, b);
export const less = (a: Operand, b: Operand): Node => binary('less', a, b);
export const lessEqual = (a: Operand, b: Operand): Node => binary('lessEqual', a, b);
export const and = (a: Node, b: Node): Node => binary('and', a, b);
export const or = (a: Node, b: Node): Node => binary('or', a, b);

/** `a` where the bool tensor `condition` holds, else `b`; all three broadcast. */
export function where(condition: Node, a: Operand, b: Operand): Node {
  const [left, right] =
    typeof a === 'number' && typeof b === 'number'
      ? [condition.graph.constant(a), condition.graph.constant(b)]
      : asNodes([a, b]);
  return condition.graph.add('where', unexpanded([condition, left, right]), {});
}

/** The same values as another element type. */
export function cast(x: Node, dtype: DType): Node {
  return x.dtype === dtype ? x : x.graph.add('cast', [x], { to: dtype });
}
