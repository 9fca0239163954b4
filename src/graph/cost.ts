import { elementCount, evaluateDim } from './dims.js';
import { bytesOf } from './dtype.js';
import type { Graph } from './graph.js';
import { liveNodes } from './live-nodes.js';
import { outputEntries, type Outputs } from './lowering/lower.js';
import type { Node, TensorType } from './node.js';
import { opEntry, type OpCost } from './registry.js';

export interface CostOptions {
  /** sizes of the named dimensions; those not given count as 1, so that B = 1 means one sample */
  readonly sizes?: Readonly<Record<string, number>>;
}

export interface GraphCost {
  /** floating-point operations at the given sizes; per sample by default */
  readonly flopsPerSample: number;
  /** bytes that all operations read and write when nothing is fused */
  readonly bytesPerSample: number;
  /** elements of the dense parameters that the outputs depend on */
  readonly parameters: number;
  /** sums over the operations of one kind */
  readonly perOp: Readonly<Record<string, OpCost & { readonly count: number }>>;
}

/** What one evaluation of the outputs costs. A multiply-add counts as two operations. */
export function cost(graph: Graph, outputs: Outputs = graph.outputs, options: CostOptions = {}): GraphCost {
  const sizes = options.sizes ?? {};
  const sizeOf = (type: TensorType): number => evaluateDim(elementCount(type.shape), sizes);
  const perOp: Record<string, { flops: number; bytes: number; count: number }> = {};
  let parameters = 0;
  for (const node of liveNodes(outputEntries(outputs).map(([, output]) => output))) {
    if (node.op === 'parameter') parameters += sizeOf(node);
    const { flops, bytes } = costOf(node, sizeOf);
    if (node.op === 'part' || opEntry(node.op).free) continue;
    const entry = (perOp[node.op] ??= { flops: 0, bytes: 0, count: 0 });
    entry.flops += flops;
    entry.bytes += bytes;
    entry.count += 1;
  }
  const total = (pick: (entry: OpCost) => number): number =>
    Object.values(perOp).reduce((sum, entry) => sum + pick(entry), 0);
  return {
    flopsPerSample: total((entry) => entry.flops),
    bytesPerSample: total((entry) => entry.bytes),
    parameters,
    perOp,
  };
}

function costOf(node: Node, sizeOf: (type: TensorType) => number): OpCost {
  if (node.op === 'part') return { flops: 0, bytes: 0 };
  const bytes = (type: TensorType): number => sizeOf(type) * bytesOf[type.dtype];
  const read = node.inputs.reduce((sum, input) => sum + bytes(input), 0);
  const written = node.outputs.reduce((sum, type) => sum + bytes(type), 0);
  return { flops: opEntry(node.op).flops(node, sizeOf), bytes: read + written };
}
