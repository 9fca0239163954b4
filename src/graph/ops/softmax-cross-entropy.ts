import { exp, logSoftmax, mul, neg, scatterAlongLast, unsqueeze } from '../functions/index.js';
import type { OpEntry } from '../registry.js';

/**
 * Row-wise -log softmax(x)[target]. The gradient is (softmax - one-hot) * g; log-probabilities are computed once for
 * value and gradient, and the one-hot is a scatter of one value per row.
 */
export const softmaxCrossEntropyOps: readonly OpEntry[] = [
  {
    name: 'softmaxCrossEntropy',
    infer([x, targets], _attrs, fail) {
      if (targets.dtype !== 'int32' && targets.dtype !== 'int64')
        fail(`the targets are ${targets.dtype}, not int32 or int64`);
      const fits = x.shape.length === 2 && targets.shape.length === 1 && targets.shape[0] === x.shape[0];
      return [
        fits
          ? { shape: targets.shape, dtype: x.dtype }
          : fail('needs logits [P, V] and one target per row, [P]'),
      ];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const [x, targets] = node.inputs;
      const rows = unsqueeze(g, 1);
      const probabilities = exp(logSoftmax(x, 1));
      return [scatterAlongLast(mul(probabilities, rows), unsqueeze(targets, 1), neg(rows)), undefined];
    },
    lower(_node, [x, targets], emitter) {
      const one = emitter.ints([1]);
      const column = emitter.emit('Unsqueeze', [targets, one]);
      const picked = emitter.emit('GatherElements', [emitter.emit('LogSoftmax', [x], { axis: 1 }), column], {
        axis: 1,
      });
      return [emitter.emit('Neg', [emitter.emit('Squeeze', [picked, one])])];
    },
    flops: (node, sizeOf) => 7 * sizeOf(node.inputs[0]),
  },
];
