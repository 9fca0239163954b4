import type { Graph } from '../graph.js';
import type { Node } from '../node.js';
import { add, div, mul, sqrt, square, sub } from './elementwise.js';
import { mean } from './reduce.js';

/** Layer normalisation over the last axis (Ba et al. 2016); scale and bias are [D]. */
export function layerNorm(
  x: Node,
  scale: Node,
  bias: Node,
  options: { readonly epsilon?: number } = {},
): Node {
  return x.graph.add('layerNorm', [x, scale, bias], { epsilon: options.epsilon ?? 1e-5 });
}

/** x / sqrt(mean(x^2) + epsilon) * scale over the last axis (Zhang and Sennrich 2019). */
export function rmsNorm(x: Node, scale: Node, options: { readonly epsilon?: number } = {}): Node {
  return mul(div(x, sqrt(add(mean(square(x), -1, { keepDims: true }), options.epsilon ?? 1e-6))), scale);
}

export interface BatchNormOptions {
  /** share of the old running statistic that stays at each step (0.9) */
  readonly momentum?: number;
  readonly epsilon?: number;
  /** names the two running statistics; needed when a graph has several */
  readonly name?: string;
}

/**
 * Batch normalisation of the last axis (Ioffe and Szegedy 2015). Training graphs use the statistics of the batch (biased
 * variance, also in the running statistic) and assign the running ones; inference graphs read those. Scale and bias are
 * [D], or undefined for plain standardisation.
 */
export function batchNorm(
  x: Node,
  scale: Node | undefined,
  bias: Node | undefined,
  options: BatchNormOptions = {},
): Node {
  const graph: Graph = x.graph;
  const width = Number(x.shape.at(-1));
  const name = options.name ?? `batch_norm_${graph.states.size / 2}`;
  const runningMean = graph.state(`${name}.mean`, [width], 0);
  const runningVariance = graph.state(`${name}.variance`, [width], 1);
  const epsilon = options.epsilon ?? 1e-5;
  let centre = runningMean;
  let variance = runningVariance;
  if (graph.mode === 'train') {
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const momentum = options.momentum ?? 0.9;
    centre = mean(x, axes);
    variance = mean(square(sub(x, centre)), axes);
    graph.assign(runningMean, add(mul(runningMean, momentum), mul(centre, 1 - momentum)));
    graph.assign(runningVariance, add(mul(runningVariance, momentum), mul(variance, 1 - momentum)));
  }
  const standard = div(sub(x, centre), sqrt(add(variance, epsilon)));
  const scaled = scale ? mul(standard, scale) : standard;
  return bias ? add(scaled, bias) : scaled;
}
