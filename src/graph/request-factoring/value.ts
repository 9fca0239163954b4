import { equalShapes, evaluateDim, symbolsOf, termsOf, type Dim, type Shape } from '../dims.js';
import { expand, reshape } from '../functions/index.js';
import type { Node } from '../node.js';

/** What a tensor depends on: nothing that is fed, inputs of the request alone, or the candidate too. */
export type Reach = 'constant' | 'request' | 'candidate';

/** One tensor of the factored graph. */
export interface Plain {
  readonly kind: 'plain';
  readonly reach: Reach;
  /** of reach `request`: with 1 in place of B */
  readonly node: Node;
  /** as the model's own graph has it, with B */
  readonly shape: Shape;
}

/** Parts side by side along an axis, some of the request and some of the candidate, not joined yet. B is axis 0. */
export interface Joined {
  readonly kind: 'joined';
  readonly axis: number;
  readonly parts: readonly Plain[];
  readonly shape: Shape;
}

/** A sum that broadcasts, not added yet: linear operations go on with both parts by themselves. */
export interface Sum {
  readonly kind: 'sum';
  readonly request: Plain;
  readonly candidate: Plain;
  readonly shape: Shape;
}

/**
 * A product of something of the request and a vector of the candidate that repeats along the request's other axes:
 * [1, L, D] and [B, 1, D] for [B, L, D], not multiplied yet.
 */
export interface Product {
  readonly kind: 'product';
  readonly request: Plain;
  readonly candidate: Plain;
  readonly shape: Shape;
}

/**
 * An affine map of a vector of the candidate: left [B, K] times matrix [K, ..] plus offset [..], both without B, not
 * worked out yet. The trailing axes of both broadcast to those of one sample. Where the matrix holds what the request
 * knows, a layer over pairs of both is one product of matrices.
 */
export interface Affine {
  readonly kind: 'affine';
  readonly left: Node;
  readonly matrix: Node;
  readonly offset: Node | undefined;
  readonly shape: Shape;
}

/**
 * Rows [L, H] of every sample, some of the L at a time and not put together yet: what acts on each row by itself then works
 * on pieces that stay in the cache. The shape is [B, L, H] or [L*B, H].
 */
export interface Blocks {
  readonly kind: 'blocks';
  /** [entries * B, H], rows of one sample beside each other */
  readonly parts: readonly Node[];
  /** how many of the L each part has */
  readonly entries: readonly number[];
  readonly shape: Shape;
}

export type Value = Plain | Joined | Sum | Product | Affine | Blocks;

export const plain = (reach: Reach, node: Node, shape: Shape): Plain => ({
  kind: 'plain',
  reach,
  node,
  shape,
});

/** The shape for one sample. */
export const once = (shape: Shape): readonly number[] => shape.map((dim) => evaluateDim(dim, {}));

/** How many rows per sample a dimension holds: k of 'k*B'; undefined when it is anything else. */
function fold(dim: Dim): number | undefined {
  if (symbolsOf(dim).length === 0) return undefined;
  const terms = termsOf(dim);
  return terms.length === 1 && terms[0][1].length === 1 ? terms[0][0] : undefined;
}

/**
 * The axis of the samples, and the rows that each sample has there: 50 for [50*B, D]. Undefined when there is no such axis,
 * or more than one, or rows of samples that do not lie together (only axis 0 may hold several).
 */
export function batchAxis(shape: Shape): { readonly axis: number; readonly rows: number } | undefined {
  const axes = shape.flatMap((dim, axis) => (symbolsOf(dim).length > 0 ? [axis] : []));
  if (axes.length !== 1) return undefined;
  const rows = fold(shape[axes[0]]);
  return rows === undefined || (rows !== 1 && axes[0] !== 0) ? undefined : { axis: axes[0], rows };
}

/** The tensor in the model's own shape: what is of the request is repeated for every candidate. */
export function expanded({ reach, node, shape }: Plain): Node {
  const batch = batchAxis(shape);
  if (reach !== 'request' || batch === undefined) return node;
  if (batch.rows === 1) return expand(node, shape);
  const rest = shape.slice(1);
  return reshape(expand(reshape(node, [1, batch.rows, ...once(rest)]), ['B', batch.rows, ...rest]), shape);
}

/** The higher of the reaches. */
export const reachOf = (values: readonly Plain[]): Reach =>
  values.some(({ reach }) => reach === 'candidate')
    ? 'candidate'
    : values.some(({ reach }) => reach === 'request')
      ? 'request'
      : 'constant';

/** Whether both parts of a sum have its own shape, so that what moves axes may be done to each. */
export const isFull = ({ request, candidate, shape }: Sum): boolean =>
  equalShapes(request.shape, shape) && equalShapes(candidate.shape, shape);
