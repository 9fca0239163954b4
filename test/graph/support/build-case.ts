import { evaluateDim, Graph, type Node } from '../../../src/graph/index.js';
import type { DType } from '../../../src/graph/dtype.js';
import { Rng } from '../../../src/platform/index.js';
import type { Fed } from './evaluate.js';
import { dtypeOf, titleOf, type CaseInput, type OpCase, type Sizes } from './op-cases.js';

export interface BuiltCase {
  readonly graph: Graph;
  readonly nodes: readonly Node[];
  readonly output: Node;
  readonly feeds: Record<string, Fed>;
}

function fill(input: CaseInput, count: number, rng: Rng, sizes: Sizes): number[] {
  const { values = 'normal' } = input;
  if (values === 'bool') return Array.from({ length: count }, () => rng.integer(2));
  if (values === 'positive') return Array.from({ length: count }, () => 0.5 + 1.5 * rng.next());
  if (typeof values === 'object') {
    const below = evaluateDim(values.below, { B: sizes.b });
    return Array.from({ length: count }, () => rng.integer(below));
  }
  if (values === 'normal') return Array.from({ length: count }, () => rng.normal());
  // Distinct magnitudes with gaps, none near 0, half of them negative.
  const ranks = rng.shuffle(Array.from({ length: count }, (_, i) => i));
  return ranks.map((rank) => (0.2 + (1.3 * (rank + 0.4)) / count) * (rng.integer(2) === 0 ? -1 : 1));
}

/** The case as a graph with its inputs, and data for them. */
export function buildCase(
  spec: OpCase,
  sizes: Sizes,
  float: DType = spec.precision ?? 'float64',
  seed = 1,
): BuiltCase {
  const graph = new Graph({ mode: 'train' });
  const rng = new Rng([seed, titleOf(spec)]);
  const inputs = spec.inputs(sizes);
  const nodes = inputs.map((input, i) => graph.input(`x${i}`, input.shape, dtypeOf(input, float)));
  const feeds: Record<string, Fed> = {};
  for (const [i, input] of inputs.entries()) {
    const shape = nodes[i].shape.map((dim) => evaluateDim(dim, { B: sizes.b }));
    const count = shape.reduce((product, dim) => product * dim, 1);
    feeds[`x${i}`] = { data: fill(input, count, rng, sizes), shape, dtype: dtypeOf(input, float) };
  }
  // The size B comes from a live input even when the case itself does not use it.
  return { graph, nodes, output: spec.build(nodes, graph, sizes), feeds };
}
