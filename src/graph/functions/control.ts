import type { Node } from '../node.js';
import { mul } from './elementwise.js';

/** The value of x; no gradient passes. */
export function stopGradient(x: Node): Node {
  return x.graph.add('stopGradient', [x], {});
}

/** The value of `forward` with the gradient of `surrogate` (Bengio et al. 2013). */
export function straightThrough(forward: Node, surrogate: Node): Node {
  return forward.graph.add('straightThrough', [forward, surrogate], {});
}

/**
 * Inverted dropout (Srivastava et al. 2014): in training graphs x times a hidden mask of 0 and 1/(1-rate), which the
 * trainer fills as a function of (seed, step, mask); in inference graphs x itself.
 */
export function dropout(x: Node, rate: number): Node {
  return x.graph.mode === 'infer' || rate === 0 ? x : mul(x, x.graph.dropoutMask(x.shape, rate));
}
