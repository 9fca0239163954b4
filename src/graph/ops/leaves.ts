import { dimsOf, textOf } from '../attributes.js';
import type { DType } from '../dtype.js';
import type { OpEntry } from '../registry.js';
import { AutoModelError } from '../../platform/index.js';

/** Inputs, parameters, states and constants: tensors that come from outside; the lowering names them itself. */
function leaf(name: string): OpEntry {
  return {
    name,
    infer: (_inputs, attrs) => [{ shape: dimsOf(attrs, 'shape'), dtype: textOf(attrs, 'dtype') as DType }],
    lower(node) {
      throw new AutoModelError('INTERNAL', `${node.name} should have been named before lowering`);
    },
    flops: () => 0,
    free: true,
  };
}

export const leafOps: readonly OpEntry[] = ['input', 'parameter', 'state', 'constant'].map(leaf);
