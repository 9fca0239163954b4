import { add, reshape, sum, zeros, type CtrInputs, type Node } from '../../graph/index.js';
import { dense } from './dense.js';

/** The bank of first-order weights: one number per id. */
export const LINEAR_BANK = 'linear';

/** w0 + one weight per id + one weight per numeric field: [B]. This is logistic regression's logit. */
export function linearTerm(inputs: CtrInputs): Node {
  const bias = inputs.graph.parameter('linear.bias', [1], zeros(), { decay: false });
  let total = bias;
  if (inputs.fields.length > 0) total = add(total, sum(inputs.embed(LINEAR_BANK, 1), [1, 2]));
  const numeric = inputs.numeric();
  if (numeric !== undefined) {
    const weighted = dense(numeric, 1, 'linear.numeric', { bias: false, initializer: zeros() });
    total = add(total, reshape(weighted, [numeric.shape[0]]));
  }
  return total;
}
