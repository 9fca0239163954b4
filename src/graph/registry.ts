import { AutoModelError } from '../platform/index.js';
import type { Attributes, Node, TensorType } from './node.js';
import type { Emitter } from './lowering/emitter.js';

/** Work of one operation at given sizes: floating-point operations, and bytes read plus written when nothing is fused. */
export interface OpCost {
  readonly flops: number;
  readonly bytes: number;
}

/** Reports a shape error; never returns. */
export type Fail = (reason: string) => never;

/** Everything that the engine knows about one operation. */
export interface OpEntry {
  readonly name: string;
  /** Output types from input types; calls `fail` when they do not fit. */
  infer(inputs: readonly TensorType[], attrs: Attributes, fail: Fail): readonly TensorType[];
  /**
   * Gradients of the inputs, in order, from the gradients of the outputs (undefined where an output does not matter);
   * undefined for an input that has none. Absent for operations without derivative.
   */
  gradient?(node: Node, outputGradients: readonly (Node | undefined)[]): readonly (Node | undefined)[];
  /** Emits ONNX nodes and returns the names of the outputs. */
  lower(node: Node, inputs: readonly string[], emitter: Emitter): readonly string[];
  /** Floating-point operations from the concrete element counts and shapes of inputs and outputs. */
  flops(node: Node, sizeOf: (type: TensorType) => number): number;
  /** True for operations that move no data (views). */
  readonly free?: boolean;
}

const entries = new Map<string, OpEntry>();

export function registerOps(added: readonly OpEntry[]): void {
  for (const entry of added) entries.set(entry.name, entry);
}

export function opEntry(name: string): OpEntry {
  const entry = entries.get(name);
  if (entry === undefined) throw new AutoModelError('GRAPH_INVALID', `there is no operation "${name}"`);
  return entry;
}

/** Names of all operations, sorted. */
export function opNames(): readonly string[] {
  return [...entries.keys()].sort();
}
