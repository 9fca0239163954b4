import { AutoModelError } from '../platform/index.js';
import { dimOf, numberOf } from './attributes.js';
import { subtractDims, type Dim } from './dims.js';
import { add, concat, full } from './functions/index.js';
import type { Node } from './node.js';
import { opEntry } from './registry.js';

/**
 * Reverse mode: the gradient of a scalar with respect to each node of `wrt`, built as further nodes of the same graph
 * (Griewank and Walther 2008, ch. 3). Paths that end in integers, comparisons or `stopGradient` contribute zero.
 * `seed` is the gradient of the loss itself (1).
 */
export function differentiate(loss: Node, wrt: readonly Node[], seed?: Node): Node[] {
  if (loss.rank !== 0) {
    throw new AutoModelError(
      'SHAPE_MISMATCH',
      `only a scalar can be differentiated, not ${loss} (${loss.source})`,
      {
        remedy: 'Reduce the loss with mean or sum.',
      },
    );
  }
  const reach = reachable(loss, new Set(wrt));
  const contributions = new Map<Node, Node[]>([[loss, [seed ?? loss.graph.constant(1, loss.dtype)]]]);
  const contribute = (node: Node, gradient: Node): void => {
    const list = contributions.get(node);
    if (list === undefined) contributions.set(node, [gradient]);
    else list.push(gradient);
  };
  for (const node of reach) {
    if (node.op === 'part') continue;
    const gradients = outputGradients(node, contributions);
    if (gradients.every((gradient) => gradient === undefined) || node.inputs.length === 0) continue;
    const rule = opEntry(node.op).gradient;
    for (const [i, gradient] of (rule?.(node, gradients) ?? []).entries()) {
      if (gradient !== undefined) contribute(node.inputs[i], gradient);
    }
  }
  return wrt.map((node) => {
    const list = contributions.get(node);
    return list === undefined ? full(node.graph, node.shape, 0, node.dtype) : total(list);
  });
}

/** Nodes between `wrt` and the loss, last first. Ids are a topological order. */
function reachable(loss: Node, wrt: ReadonlySet<Node>): readonly Node[] {
  const above = new Set<Node>();
  const open = [loss];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (above.has(node)) continue;
    above.add(node);
    if (!wrt.has(node)) open.push(...node.inputs);
  }
  const ordered = [...above].sort((a, b) => a.id - b.id);
  const between = new Set<Node>();
  for (const node of ordered) {
    if (wrt.has(node) || node.inputs.some((input) => between.has(input))) between.add(node);
  }
  return ordered.filter((node) => between.has(node) && !wrt.has(node)).reverse();
}

function outputGradients(
  node: Node,
  contributions: ReadonlyMap<Node, readonly Node[]>,
): (Node | undefined)[] {
  const of = (source: Node): Node | undefined => {
    const list = contributions.get(source);
    return list && total(list);
  };
  if (node.outputs.length === 1) return [of(node)];
  return node.outputs.map((_, index) => {
    const part = node.graph.find('part', [node], { index });
    return part && of(part);
  });
}

/** Sum of gradients. Pieces of one axis that do not overlap are laid side by side instead of padded and added. */
function total(terms: readonly Node[]): Node {
  const byAxis = new Map<number, Node[]>();
  const rest: Node[] = [];
  for (const term of terms) {
    if (term.op !== 'pad') rest.push(term);
    else
      byAxis.set(numberOf(term.attrs, 'axis'), [...(byAxis.get(numberOf(term.attrs, 'axis')) ?? []), term]);
  }
  for (const [axis, pads] of byAxis) rest.push(...(joined(axis, pads) ?? pads));
  return rest.reduce((sum, term) => add(sum, term));
}

function joined(axis: number, pads: readonly Node[]): Node[] | undefined {
  const before = (pad: Node): Dim => dimOf(pad.attrs, 'before');
  if (pads.length < 2 || !pads.every((pad) => typeof before(pad) === 'number')) return undefined;
  const sorted = [...pads].sort((a, b) => Number(before(a)) - Number(before(b)));
  const { graph, shape, dtype } = sorted[0];
  const parts: Node[] = [];
  const fill = (size: Dim): void => {
    if (size !== 0)
      parts.push(
        full(
          graph,
          shape.map((dim, at) => (at === axis ? size : dim)),
          0,
          dtype,
        ),
      );
  };
  let position: Dim = 0;
  for (const pad of sorted) {
    const gap: Dim = subtractDims(before(pad), position);
    if (typeof gap !== 'number' || gap < 0) return undefined;
    fill(gap);
    parts.push(pad.inputs[0]);
    position = subtractDims(shape[axis], dimOf(pad.attrs, 'after'));
  }
  fill(subtractDims(shape[axis], position));
  return [concat(parts, axis)];
}
