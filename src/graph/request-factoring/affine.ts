import { broadcastShapes, elementCount, equalShapes, type Shape } from '../dims.js';
import { add, expand, matmul, mul, neg, reshape, sub, transpose, unsqueeze } from '../functions/index.js';
import type { Node } from '../node.js';
import { batchAxis, once, type Affine, type Plain, type Product } from './value.js';

/** The axes of one sample: [50, H] of [B, 50, H] and of [50*B, H]. Undefined where samples are not first. */
export function axesOfSample(shape: Shape): readonly number[] | undefined {
  const batch = batchAxis(shape);
  if (batch?.axis !== 0) return undefined;
  const rest = once(shape.slice(1));
  return batch.rows === 1 ? rest : [batch.rows, ...rest];
}

const size = (shape: Shape): number => Number(elementCount(shape));

/** With size-1 axes in front, as broadcasting reads it. */
const padded = (node: Node, rank: number): Node =>
  node.rank === rank
    ? node
    : reshape(node, [...Array.from({ length: rank - node.rank }, () => 1), ...node.shape]);

/** x [B, K] times weights [K, H]. */
export const affineOf = (left: Node, matrix: Node, shape: Shape): Affine => ({
  kind: 'affine',
  left,
  matrix,
  offset: undefined,
  shape,
});

/**
 * (e o c) W for e [L, D] of the request and c [B, D] of the candidate: Sum_d c_d e_ld W_dh is c times a matrix
 * [D, L, H] that the request makes once.
 */
export function productTimes(
  { request, candidate }: Product,
  weight: Node,
  shape: Shape,
): Affine | undefined {
  const axes = axesOfSample(request.shape);
  if (axes === undefined) return undefined;
  const width = axes[axes.length - 1];
  const rows = size(axes) / width;
  const perRow = mul(reshape(request.node, [rows, width, 1]), unsqueeze(weight, 0)); // [L, D, H]
  const matrix = transpose(perRow, [1, 0, 2]); // [D, L, H]
  const tail = axesOfSample(shape);
  if (tail === undefined) return undefined;
  return affineOf(reshape(candidate.node, ['B', width]), reshape(matrix, [width, ...tail]), shape);
}

function combined(op: string, a: Node | undefined, b: Node | undefined, rank: number): Node | undefined {
  if (b === undefined) return a && padded(a, rank);
  if (a === undefined) return padded(op === 'add' ? b : neg(b), rank);
  return (op === 'add' ? add : sub)(padded(a, rank), padded(b, rank));
}

/** What a tensor without a candidate adds to each sample; undefined when it does not broadcast there. */
function offsetOf({ reach, node, shape }: Plain): Node | undefined {
  if (reach === 'constant') return node;
  const axes = axesOfSample(shape);
  return axes && reshape(node, axes);
}

/** a + b or a - b where one is affine: with another of the same vector, or with what no candidate enters. */
export function affineSum(
  op: string,
  a: Affine | Plain,
  b: Affine | Plain,
  shape: Shape,
): Affine | undefined {
  const axes = axesOfSample(shape);
  if (axes === undefined) return undefined;
  const rank = axes.length;
  const [left, right] = [a, b].map((side) => (side.kind === 'affine' ? side : undefined));
  const own = left ?? right;
  if (own === undefined || (left !== undefined && right !== undefined && left.left !== right.left))
    return undefined;
  // Rows folded differently on both sides would not meet.
  for (const side of [a, b]) if (side.kind === 'affine' && !fits(side, shape)) return undefined;
  const offsets = [a, b].map((side) => (side.kind === 'affine' ? side.offset : offsetOf(side)));
  if ([a, b].some((side, i) => side.kind === 'plain' && offsets[i] === undefined)) return undefined;
  if (offsets.some((offset) => offset !== undefined && offset.rank > rank)) return undefined;
  const matrix = combined(
    op,
    left && lifted(left.matrix, rank),
    right && lifted(right.matrix, rank),
    rank + 1,
  );
  const offset = combined(op, offsets[0], offsets[1], rank);
  return matrix && { kind: 'affine', left: own.left, matrix, offset, shape };
}

/** [K, H] beside [K, L, H]: as [K, 1, H]. */
function lifted(matrix: Node, rank: number): Node {
  const [height, ...tail] = matrix.shape;
  return reshape(matrix, [height, ...Array.from({ length: rank - tail.length }, () => 1), ...tail]);
}

function fits(side: Affine, shape: Shape): boolean {
  const [own, whole] = [batchAxis(side.shape), batchAxis(shape)];
  return (
    own !== undefined && whole !== undefined && own.rows === whole.rows && side.shape.length === shape.length
  );
}

/** Another shape for the same numbers of each sample. */
export function affineReshaped(x: Affine, shape: Shape): Affine | undefined {
  const [from, to] = [axesOfSample(x.shape), axesOfSample(shape)];
  if (from === undefined || to === undefined || size(from) !== size(to)) return undefined;
  const matrixTail = x.matrix.shape.slice(1);
  const keepsLast = from[from.length - 1] === to[to.length - 1];
  const isVector = (node: Node | undefined): boolean =>
    node === undefined || size(node.shape) === node.shape.at(-1);
  if (!equalShapes(matrixTail, from)) return undefined;
  const offset =
    x.offset === undefined || (keepsLast && isVector(x.offset))
      ? x.offset && reshape(x.offset, [x.offset.shape.at(-1) ?? 1])
      : reshape(expand(x.offset, from), to);
  return { ...x, matrix: reshape(x.matrix, [x.matrix.shape[0], ...to]), offset, shape };
}

/** Times something that is the same for every number, or its negative. */
export function affineScaled(x: Affine, by: (node: Node) => Node): Affine {
  return { ...x, matrix: by(x.matrix), offset: x.offset && by(x.offset) };
}

/** The tensor itself: one product of matrices and one addition. */
export function workedOut({ left, matrix, offset, shape }: Affine): Node {
  const [height, ...tail] = matrix.shape;
  const columns = size(tail);
  const product = matmul(left, reshape(matrix, [height, columns])); // [B, columns]
  if (offset === undefined) return reshape(product, shape);
  const whole = broadcastShapes(tail, offset.shape) ?? tail;
  const isWide = equalShapes(whole, tail);
  // As a vector of the last axis it is the bias of the product.
  if (isWide && size(offset.shape) === columns)
    return reshape(add(product, reshape(offset, [columns])), shape);
  if (isWide) return reshape(add(product, reshape(expand(offset, tail), [columns])), shape);
  return reshape(add(reshape(product, ['B', ...tail]), offset), shape);
}
