import type { Dim, Shape } from '../dims.js';
import type { DType } from '../dtype.js';
import type { Graph } from '../graph.js';
import type { Node } from '../node.js';
import { normalAxis } from './operands.js';
import { squeeze, unsqueeze } from './shape.js';

export interface IndexOptions {
  /** a promise that no index occurs twice, which makes the scatter parallel; broken promises lose updates (false) */
  readonly distinct?: boolean;
}

/** Elements of an axis by int32 or int64 index: the axis is replaced by the shape of `indices`. */
export function gather(x: Node, indices: Node, axis: number, options: IndexOptions = {}): Node {
  const attrs = { axis: normalAxis('gather', x, axis), distinct: options.distinct ?? false };
  return x.graph.add('gather', [x, indices], attrs);
}

/** Rows of a table [V, D] by id: [..ids, D]. */
export function gatherRows(table: Node, ids: Node, options: IndexOptions = {}): Node {
  return gather(table, ids, 0, options);
}

/** `base` [V, ..] plus updates [K, ..] at the rows `indices` [K]; rows that occur more than once are all added. */
export function scatterAdd(base: Node, indices: Node, updates: Node, options: IndexOptions = {}): Node {
  return base.graph.add('scatterAdd', [base, indices, updates], { distinct: options.distinct ?? false });
}

/** Elements of the last axis by index: x [.., V] at indices [.., K] gives [.., K]. */
export function gatherAlongLast(x: Node, indices: Node): Node {
  return x.graph.add('gatherAlongLast', [x, indices], {});
}

/** `base` [.., V] plus values [.., K] at the indices [.., K] of the last axis; repeated indices are all added. */
export function scatterAlongLast(base: Node, indices: Node, values: Node): Node {
  return base.graph.add('scatterAlongLast', [base, indices, values], {});
}

/** One value per row: x [P, V] at the columns [P] gives [P]. */
export function pick(x: Node, columns: Node): Node {
  return squeeze(gatherAlongLast(x, unsqueeze(columns, -1)), -1);
}

/** The k largest elements of the last axis, in falling order, with their int64 positions. */
export function topK(x: Node, k: number): { readonly values: Node; readonly indices: Node } {
  const both = x.graph.add('topK', [x], { k });
  return {
    values: x.graph.add('part', [both], { index: 0 }),
    indices: x.graph.add('part', [both], { index: 1 }),
  };
}

/** Float32 [..ids, depth] with 1 at the id. */
export function oneHot(ids: Node, depth: number): Node {
  return ids.graph.add('oneHot', [ids], { depth });
}

/** 0, 1, .. size-1 as int32; the size may be symbolic. */
export function range(graph: Graph, size: Dim): Node {
  return graph.add('range', [], { size });
}

/** A tensor of one value; the shape may be symbolic. */
export function full(graph: Graph, shape: Shape, value: number, dtype: DType = 'float32'): Node {
  const scalar = graph.constant(value, dtype);
  return shape.length === 0 ? scalar : graph.add('expand', [scalar], { shape });
}

/** The size of a dimension as a float32 scalar, such as the number of samples of the batch. */
export function dimensionSize(graph: Graph, dim: Dim): Node {
  return typeof dim === 'number' ? graph.constant(dim) : graph.add('dimensionSize', [], { dim });
}

/** Bool [length, length]: true where position j may be read at position i, which is j <= i. */
export function causalMask(graph: Graph, length: number): Node {
  const data = new Uint8Array(length * length);
  for (let i = 0; i < length; i += 1) data.fill(1, i * length, i * length + i + 1);
  return graph.constant({ data, shape: [length, length] }, 'bool');
}

/** Float32 [length, length]: 0 where j <= i, else -1e9. Added to scores it masks like `where`, but needs no pass backward. */
export function causalBias(graph: Graph, length: number): Node {
  const data = new Float32Array(length * length).fill(-1e9);
  for (let i = 0; i < length; i += 1) data.fill(0, i * length, i * length + i + 1);
  return graph.constant({ data, shape: [length, length] });
}
