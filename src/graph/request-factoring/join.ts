import type { Dim, Shape } from '../dims.js';
import { concat, reshape, slice } from '../functions/index.js';
import type { Node } from '../node.js';
import { expanded, plain, reachOf, type Plain, type Value } from './value.js';

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
