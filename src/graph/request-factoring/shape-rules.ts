import { dimsOf, flagOf, numberOf, numbersOf } from '../attributes.js';
import { elementCount, type Shape } from '../dims.js';
import { mul, reshape, slice, sum, transpose } from '../functions/index.js';
import type { Node } from '../node.js';
import { affineReshaped, axesOfSample } from './affine.js';
import { blocksReshaped } from './blocks.js';
import { joined, joinParts } from './join.js';
import { materialised, type Together } from './materialise.js';
import { isFull, once, plain, type Joined, type Plain, type Sum, type Value } from './value.js';

/** A change of one part, whose shape is known by what it does to the shape with B and to the tensor. */
const changed = (part: Plain, shape: Shape, make: (node: Node, shape: Shape) => Node): Plain =>
  plain(part.reach, make(part.node, part.reach === 'request' ? once(shape) : shape), shape);

/** The same on both sides of a sum. */
export const onBoth = (sumOf: Sum, shape: Shape, each: (part: Plain) => Plain): Sum => ({
  kind: 'sum',
  request: each(sumOf.request),
  candidate: each(sumOf.candidate),
  shape,
});

/** Reshapes that flatten or take apart what lies behind the parts, so that they stay side by side. */
export function reshaped(node: Node, x: Value): Value | undefined {
  const target = dimsOf(node.attrs, 'shape');
  if (x.kind === 'sum')
    return isFull(x) && x.request.reach === 'request'
      ? onBoth(x, target, (part) => changed(part, target, reshape))
      : undefined;
  if (x.kind === 'affine') return affineReshaped(x, target);
  if (x.kind === 'blocks') return blocksReshaped(x, target);
  // Folding rows of a product: only what it is called changes.
  if (x.kind === 'product')
    return axesOfSample(target) !== undefined && target.at(-1) === x.shape.at(-1)
      ? { ...x, shape: target }
      : undefined;
  if (x.kind !== 'joined' || x.axis !== 1 || x.shape[0] !== 'B' || target[0] !== 'B' || target.length < 2)
    return undefined;
  const unit = Number(elementCount(x.shape.slice(2)));
  const rest = target.slice(2);
  const unitThen = Number(elementCount(rest));
  const fits = x.parts.every(({ shape }) => Number.isInteger((Number(shape[1]) * unit) / unitThen));
  if (!fits) return undefined;
  const parts = x.parts.map((part) =>
    changed(part, ['B', (Number(part.shape[1]) * unit) / unitThen, ...rest], reshape),
  );
  return { kind: 'joined', axis: 1, parts, shape: target };
}

export function transposed(node: Node, x: Value): Value | undefined {
  const perm = numbersOf(node.attrs, 'perm');
  const each = (part: Plain): Plain =>
    changed(
      part,
      perm.map((axis) => part.shape[axis]),
      (tensor) => transpose(tensor, perm),
    );
  if (x.kind === 'sum') return isFull(x) ? onBoth(x, node.shape, each) : undefined;
  if (x.kind !== 'joined' || perm[0] !== 0) return undefined;
  return { kind: 'joined', axis: perm.indexOf(x.axis), parts: x.parts.map(each), shape: node.shape };
}

/** Entries from..to-1 of an axis. */
export function cut(x: Value, axis: number, from: number, to: number): Value {
  const ofPart = (part: Plain, start: number, end: number): Plain =>
    start === 0 && end === part.shape[axis]
      ? part
      : plain(
          part.reach,
          slice(part.node, axis, start, end),
          part.shape.map((dim, at) => (at === axis ? end - start : dim)),
        );
  if (x.kind !== 'joined') return ofPart(materialised(x), from, to);
  if (axis !== x.axis)
    return joined(
      x.parts.map((part) => ofPart(part, from, to)),
      x.axis,
    );
  const kept: Plain[] = [];
  let begin = 0;
  for (const part of x.parts) {
    const end = begin + Number(part.shape[axis]);
    if (begin < to && end > from)
      kept.push(ofPart(part, Math.max(from, begin) - begin, Math.min(to, end) - begin));
    begin = end;
  }
  return joined(kept, axis);
}

/** Sums and means: over the parts' own axis into a sum of two, over others within each part. */
export function reduced(node: Node, x: Value): Value | undefined {
  if (node.op !== 'sum' && node.op !== 'mean') return undefined;
  const axes = numbersOf(node.attrs, 'axes');
  if (axes.includes(0)) return undefined;
  const keepDims = flagOf(node.attrs, 'keepDims');
  const shapeOf = ({ shape }: Plain): Shape =>
    keepDims
      ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : shape.filter((_, axis) => !axes.includes(axis));
  const count = axes.reduce((product, axis) => product * Number(x.shape[axis]), 1);
  const whole = (part: Plain): Plain => {
    const total = sum(part.node, axes, { keepDims });
    return plain(part.reach, node.op === 'sum' ? total : mul(total, 1 / count), shapeOf(part));
  };
  if (x.kind === 'sum') return isFull(x) ? onBoth(x, node.shape, whole) : undefined;
  if (x.kind !== 'joined') return undefined;
  if (axes.includes(x.axis)) {
    const side = (ofCandidate: boolean): Plain =>
      whole(
        joinParts(
          x.parts.filter(({ reach }) => (reach === 'candidate') === ofCandidate),
          x.axis,
        ),
      );
    return { kind: 'sum', request: side(false), candidate: side(true), shape: node.shape };
  }
  const axis = keepDims ? x.axis : x.axis - axes.filter((reducedAxis) => reducedAxis < x.axis).length;
  return { kind: 'joined', axis, parts: x.parts.map(whole), shape: node.shape };
}

/** Concatenation behind the samples: what is of the request is not copied for every candidate until it must be. */
export function concatenated(node: Node, values: readonly Value[]): Value | undefined {
  const axis = numberOf(node.attrs, 'axis');
  if (axis === 0 || node.shape[0] !== 'B') return undefined;
  const parts = values.flatMap((value): readonly Plain[] =>
    value.kind === 'joined' && value.axis === axis ? value.parts : [materialised(value)],
  );
  return parts.every(({ shape }) => shape[0] === 'B') ? joined(parts, axis) : undefined;
}

/**
 * Elementwise operations on parts side by side: with partners that are cut the same way, have nothing of size along that
 * axis, or are constants that can be cut.
 */
export function byParts(values: readonly Value[], shape: Shape, together: Together): Value | undefined {
  const first = values.find((value): value is Joined => value.kind === 'joined');
  if (first === undefined || first.shape.length !== shape.length) return undefined;
  const fromRight = shape.length - first.axis;
  const sizes = first.parts.map((part) => Number(part.shape[first.axis]));
  const pieces: (readonly Plain[])[] = [];
  for (const value of values) {
    if (value.kind === 'joined') {
      const same =
        value.axis === first.axis &&
        value.parts.length === sizes.length &&
        value.parts.every((part, i) => part.shape[value.axis] === sizes[i]);
      if (!same) return undefined;
      pieces.push(value.parts);
      continue;
    }
    if (value.kind !== 'plain') return undefined;
    const axis = value.shape.length - fromRight;
    if (axis < 0 || value.shape[axis] === 1) {
      pieces.push(sizes.map(() => value));
    } else if (value.reach === 'constant') {
      let from = 0;
      pieces.push(
        sizes.map((size) => {
          const piece = materialised(cut(value, axis, from, from + size));
          from += size;
          return piece;
        }),
      );
    } else return undefined;
  }
  const parts = sizes.map((size, i) =>
    together(
      pieces.map((list) => list[i]),
      shape.map((dim, axis) => (axis === first.axis ? size : dim)),
    ),
  );
  return joined(parts, first.axis);
}
