import { broadcastShapes, type Shape } from '../dims.js';
import { add, mul, reshape } from '../functions/index.js';
import type { Node } from '../node.js';
import { workedOut } from './affine.js';
import { putTogether } from './blocks.js';
import { joinParts } from './join.js';
import { batchAxis, expanded, plain, reachOf, type Plain, type Value } from './value.js';

/**
 * The operands of a broadcasting operation as nodes that broadcast. Rows that a request's tensor holds several of per
 * sample are taken apart first, [50, H] beside [50*B, H] as [1, 50, H] beside [B, 50, H], and `fold` puts the result back.
 */
export function broadcastable(
  operands: readonly Plain[],
  shape: Shape,
): { readonly nodes: readonly Node[]; fold(result: Node): Node } {
  const mixed = reachOf(operands) === 'candidate' && operands.some(({ reach }) => reach === 'request');
  const rows = batchAxis(shape)?.rows ?? 1;
  // A candidate's tensor without B comes of all candidates together; it repeats nothing for each of them.
  const repeats = operands.some(
    (operand) => operand.reach === 'candidate' && batchAxis(operand.shape) !== undefined,
  );
  if (mixed && !repeats) return { nodes: operands.map(expanded), fold: (result) => result };
  if (!mixed || rows === 1) return { nodes: operands.map(({ node }) => node), fold: (result) => result };
  const apart = (operand: Plain): Node => {
    if (batchAxis(operand.shape) === undefined) return operand.node;
    const [, ...rest] = operand.node.shape;
    return reshape(operand.node, [operand.reach === 'request' ? 1 : 'B', rows, ...rest]);
  };
  return { nodes: operands.map(apart), fold: (result) => reshape(result, shape) };
}

/** One elementwise operation on operands that broadcast; the shape of the result is theirs broadcast, unless it is given. */
export type Together = (operands: readonly Plain[], shape?: Shape) => Plain;

export const broadcastOf = (operands: readonly Plain[]): Shape =>
  operands.reduce<Shape>((shape, operand) => broadcastShapes(shape, operand.shape) ?? shape, []);

/** One tensor, whatever it was. */
export function materialised(value: Value): Plain {
  if (value.kind === 'plain') return value;
  if (value.kind === 'joined') return joinParts(value.parts, value.axis);
  if (value.kind === 'affine') return plain('candidate', workedOut(value), value.shape);
  if (value.kind === 'blocks') return plain('candidate', putTogether(value), value.shape);
  if (value.kind === 'product')
    return plain(
      'candidate',
      reshape(mul(value.request.node, value.candidate.node), value.shape),
      value.shape,
    );
  const { nodes, fold: refold } = broadcastable([value.request, value.candidate], value.shape);
  return plain('candidate', refold(add(nodes[0], nodes[1])), value.shape);
}
