import {
  addDims,
  canonicalDim,
  divideDims,
  elementCount,
  equalShapes,
  multiplyDims,
  subtractDims,
  type Dim,
  type Shape,
} from '../dims.js';
import type { Node } from '../node.js';
import { failShape } from '../shape-error.js';
import { normalAxis } from './operands.js';

/** The same elements under another shape. One dimension may be -1. */
export function reshape(x: Node, shape: Shape): Node {
  let target = shape.map(canonicalDim);
  const open = target.indexOf(-1);
  if (open >= 0) {
    const rest = elementCount(target.filter((_, axis) => axis !== open));
    const inferred = divideDims(elementCount(x.shape), rest);
    if (inferred === undefined) failShape('reshape', [x], `cannot infer -1 in [${shape.join(', ')}]`);
    target = target.map((dim, axis) => (axis === open ? inferred : dim));
  }
  const source = x.op === 'reshape' ? x.inputs[0] : x;
  return equalShapes(source.shape, target) ? source : x.graph.add('reshape', [source], { shape: target });
}

/** Adds an axis of size 1 before `axis` (negative: counted in the result). */
export function unsqueeze(x: Node, axis: number): Node {
  const at = normalAxis('unsqueeze', x, axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Removes an axis of size 1. */
export function squeeze(x: Node, axis: number): Node {
  const at = normalAxis('squeeze', x, axis);
  if (x.shape[at] !== 1) failShape('squeeze', [x], `axis ${axis} has size ${x.shape[at]}`);
  return reshape(
    x,
    x.shape.filter((_, i) => i !== at),
  );
}

/** Reorders axes: output axis i is input axis perm[i]; reverses them all by default. */
export function transpose(
  x: Node,
  perm: readonly number[] = x.shape.map((_, axis) => x.rank - 1 - axis),
): Node {
  const axes = perm.map((axis) => normalAxis('transpose', x, axis));
  const source = x.op === 'transpose' ? x.inputs[0] : x;
  const inner = x.op === 'transpose' ? (x.attrs.perm as readonly number[]) : undefined;
  const composed = inner ? axes.map((axis) => inner[axis]) : axes;
  if (axes.length === x.rank) {
    const moved = composed.filter((axis) => source.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || moved[i - 1] < axis))
      return reshape(
        source,
        composed.map((axis) => source.shape[axis]),
      );
  }
  return source.graph.add('transpose', [source], { perm: composed });
}

/** Repeats axes of size 1 (and adds leading ones) until the shape is `shape`. */
export function expand(x: Node, shape: Shape): Node {
  const target = shape.map(canonicalDim);
  return equalShapes(x.shape, target) ? x : x.graph.add('expand', [x], { shape: target });
}

/** Joins tensors along an axis; the other dimensions agree. */
export function concat(xs: readonly Node[], axis: number): Node {
  if (xs.length === 0) failShape('concat', [], 'there is nothing to join');
  if (xs.length === 1) return xs[0];
  return xs[0].graph.add('concat', xs, { axis: normalAxis('concat', xs[0], axis) });
}

/** Cuts an axis into pieces of the given sizes. */
export function split(x: Node, sizes: readonly number[], axis: number): Node[] {
  const at = normalAxis('split', x, axis);
  if (sizes.length === 1 && sizes[0] === x.shape[at]) return [x];
  const pieces = x.graph.add('split', [x], { axis: at, sizes });
  return sizes.map((_, index) => x.graph.add('part', [pieces], { index }));
}

/** Elements start..end-1 of an axis; negative bounds count from its end; `end` is its size by default. */
export function slice(x: Node, axis: number, start: number, end?: number): Node {
  const at = normalAxis('slice', x, axis);
  const size = x.shape[at];
  const from: Dim = start < 0 ? addDims(size, start) : start;
  const to: Dim = end === undefined ? size : end < 0 ? addDims(size, end) : end;
  if (from === 0 && to === size) return x;
  const length = subtractDims(to, from);
  return x.graph.add('slice', [x], { axis: at, start: from, length });
}

/** `x` among zeros: `before` zeros precede it and `after` follow it along an axis. */
export function pad(x: Node, axis: number, before: Dim, after: Dim): Node {
  if (before === 0 && after === 0) return x;
  return x.graph.add('pad', [x], { axis: normalAxis('pad', x, axis), before, after });
}

/** Flattens all axes from `axis` on into one. */
export function flatten(x: Node, axis = 1): Node {
  const at = normalAxis('flatten', x, axis);
  return reshape(x, [...x.shape.slice(0, at), x.shape.slice(at).reduce<Dim>(multiplyDims, 1)]);
}
