import { AutoModelError } from '../../platform/index.js';
import type { DType } from '../dtype.js';
import { Node, type Operand } from '../node.js';
import { failShape } from '../shape-error.js';

/** Turns numbers among the operands into scalars of the tensor's element type. At least one operand is a node. */
export function asNodes(operands: readonly Operand[], dtype?: DType): Node[] {
  const tensor = operands.find((operand) => operand instanceof Node);
  if (tensor === undefined)
    throw new AutoModelError('GRAPH_INVALID', 'an operation needs at least one tensor');
  return operands.map((operand) =>
    operand instanceof Node ? operand : tensor.graph.constant(operand, dtype ?? tensor.dtype),
  );
}

/** The value of a scalar constant; undefined for anything else. */
export function scalarValue(node: Node): number | undefined {
  return node.op === 'constant' && node.rank === 0 && node.data !== undefined
    ? Number(node.data[0])
    : undefined;
}

/** Axis counted from the front; negative axes count from the end. `rank` is that of the tensor unless given. */
export function normalAxis(op: string, x: Node, axis: number, rank = x.rank): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(normal) || normal < 0 || normal >= rank)
    failShape(op, [x], `axis ${axis} does not exist`);
  return normal;
}

/** Sorted axes counted from the front; all of them when none are given. */
export function normalAxes(op: string, x: Node, axes: number | readonly number[] | undefined): number[] {
  if (axes === undefined) return x.shape.map((_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  return [...new Set(list.map((axis) => normalAxis(op, x, axis)))].sort((a, b) => a - b);
}
