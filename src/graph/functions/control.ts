import type { Node } from '../node.js';
import { failShape } from '../shape-error.js';
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
 * trainer fills as a function of (seed, step, mask); in inference graphs x itself. The rate is a share in [0, 1): at 1
 * nothing would be left, and 50 is no half.
 */
export function dropout(x: Node, rate: number): Node {
  if (!(rate >= 0 && rate < 1)) failShape('dropout', [x], `the rate ${rate} is not in [0, 1)`);
  return x.graph.mode === 'infer' || rate === 0 ? x : mul(x, x.graph.dropoutMask(x.shape, rate));
}
