import { dimsOf, flagOf, numberOf, numbersOf } from '../attributes.js';
import { equalShapes, evaluateDim, type Shape } from '../dims.js';
import type { Attributes, Node } from '../node.js';
import { batchAxis } from './value.js';

const elementwise = new Set(
  (
    'neg exp log sqrt abs sign heaviside floor round sin cos relu sigmoid tanh erf gelu silu softplus not clip cast ' +
    'stopGradient where add sub mul div pow minimum maximum equal greater greaterEqual less lessEqual and or'
  ).split(' '),
);
const reductions = new Set(['sum', 'mean', 'reduceMax', 'reduceMin', 'logSumExp']);

export const isElementwise = (op: string): boolean => elementwise.has(op);
export const isReduction = (op: string): boolean => reductions.has(op);

/** Whether operands with a batch axis have it at the same place from the right, holding the same rows. */
export function samplesAlign(node: Node): boolean {
  const out = batchAxis(node.shape);
  if (out === undefined) return false;
  return node.inputs.every(({ shape, rank }) => {
    const own = batchAxis(shape);
    if (own === undefined) return shape.every((dim) => typeof dim === 'number');
    return own.rows === out.rows && rank - own.axis === node.rank - out.axis;
  });
}

function contractsSamples(node: Node): boolean {
  const axes = node.inputs.map(({ rank }, i) =>
    flagOf(node.attrs, i === 0 ? 'transposeA' : 'transposeB') === (i === 0) ? rank - 2 : rank - 1,
  );
  return node.inputs.some(({ shape }, i) => typeof shape[axes[i]] !== 'number');
}

/** Folding or unfolding rows of samples: the samples are first before and after, or nothing before them moves. */
function keepsSamples(from: Shape, to: Shape): boolean {
  const [a, b] = [batchAxis(from), batchAxis(to)];
  if (a === undefined || b === undefined || a.axis !== b.axis) return false;
  return a.axis === 0 || (a.rows === 1 && equalShapes(from.slice(0, a.axis), to.slice(0, a.axis)));
}

/**
 * Whether the operation treats every sample by itself, so that one sample alone gives what each of many equal ones would.
 * Operations that are not known to are false.
 */
export function actsOnSamples(node: Node): boolean {
  const { op, attrs } = node;
  const [x] = node.inputs;
  if (isElementwise(op)) return samplesAlign(node);
  const batch = batchAxis(x.shape);
  if (op === 'expand')
    return batchAxis(node.shape) !== undefined && (batch === undefined || samplesAlign(node));
  if (op === 'matmul') {
    const both = node.inputs.filter(({ shape }) => batchAxis(shape) !== undefined).length === 2;
    if (batchAxis(node.shape) === undefined || contractsSamples(node)) return false;
    return !both || (node.rank > 2 && samplesAlign(node));
  }
  if (batch === undefined) return false;
  if (op === 'reshape') return keepsSamples(x.shape, node.shape);
  if (op === 'transpose') return batch.rows === 1;
  if (op === 'part') return batchAxis(node.shape) !== undefined;
  if (isReduction(op)) return !numbersOf(attrs, 'axes').includes(batch.axis);
  if (op === 'layerNorm') return batch.axis !== x.rank - 1;
  if (['softmax', 'logSoftmax', 'cumsum', 'slice', 'pad', 'split', 'concat'].includes(op))
    return node.inputs.every(({ shape }) => {
      const own = batchAxis(shape);
      return own !== undefined && own.axis !== numberOf(attrs, 'axis');
    });
  return false;
}

/** Attributes for one sample. */
export function attributesOnce(op: string, attrs: Attributes): Attributes {
  if (op !== 'reshape' && op !== 'expand') return attrs;
  return { ...attrs, shape: dimsOf(attrs, 'shape').map((dim) => evaluateDim(dim, {})) };
}
