import {
  broadcastShapes,
  equalShapes,
  evaluateDim,
  symbolsOf,
  termsOf,
  type Dim,
  type Shape,
} from '../dims.js';
import { add, concat, expand, reshape, slice } from '../functions/index.js';
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

export type Value = Plain | Joined | Sum;

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

/** A run of rows of one tensor, as a slice along `axis` (through a reshape that flattens what follows) has it. */
interface Run {
  readonly base: Node;
  readonly from: number;
  readonly length: number;
  readonly tail: readonly Dim[];
}

function runOf(node: Node, axis: number): Run {
  const inner = node.op === 'reshape' ? node.inputs[0] : node;
  const isCut = inner.op === 'slice' && inner.attrs.axis === axis && typeof inner.attrs.start === 'number';
  if (!isCut) return { base: node, from: 0, length: Number(node.shape[axis]), tail: [] };
  return {
    base: inner.inputs[0],
    from: Number(inner.attrs.start),
    length: Number(inner.attrs.length),
    tail: node === inner ? [] : node.shape,
  };
}

/** Joins nodes along an axis; neighbouring slices of one tensor become one slice, which need not be copied. */
export function joinNodes(nodes: readonly Node[], axis: number): Node {
  const out: Node[] = [];
  const runs: Run[] = [];
  for (const node of nodes) {
    const run = runOf(node, axis);
    const last = runs.at(-1);
    const previous = out.at(-1);
    const follows =
      last !== undefined &&
      previous !== undefined &&
      run.base === last.base &&
      run.base !== node &&
      run.from === last.from + last.length &&
      run.tail.length === last.tail.length;
    if (!follows) {
      runs.push(run);
      out.push(node);
      continue;
    }
    const cut = slice(run.base, axis, last.from, run.from + run.length);
    const wide = previous.shape.map((dim, at) =>
      at === axis ? Number(dim) + Number(node.shape[axis]) : dim,
    );
    out[out.length - 1] = run.tail.length === 0 ? cut : reshape(cut, wide);
    runs[runs.length - 1] = { ...run, from: last.from, length: last.length + run.length };
  }
  return concat(out, axis);
}

const joinedShape = (parts: readonly Plain[], axis: number): Shape =>
  parts[0].shape.map((dim, at) =>
    at === axis ? parts.reduce((sum, { shape }) => sum + Number(shape[axis]), 0) : dim,
  );

/** The parts of one reach side by side. */
export function joinParts(parts: readonly Plain[], axis: number): Plain {
  const reach = reachOf(parts);
  const nodes = reach === 'candidate' ? parts.map(expanded) : parts.map(({ node }) => node);
  return plain(reach, joinNodes(nodes, axis), joinedShape(parts, axis));
}

export function joined(parts: readonly Plain[], axis: number): Value {
  const mixed = parts.some(({ reach }) => reach !== 'candidate') && reachOf(parts) === 'candidate';
  return mixed ? { kind: 'joined', axis, parts, shape: joinedShape(parts, axis) } : joinParts(parts, axis);
}

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
  const { nodes, fold: refold } = broadcastable([value.request, value.candidate], value.shape);
  return plain('candidate', refold(add(nodes[0], nodes[1])), value.shape);
}

/** Whether both parts of a sum have its own shape, so that what moves axes may be done to each. */
export const isFull = ({ request, candidate, shape }: Sum): boolean =>
  equalShapes(request.shape, shape) && equalShapes(candidate.shape, shape);
