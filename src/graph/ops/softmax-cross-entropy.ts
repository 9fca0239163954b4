import {
  exp,
  full,
  gatherRows,
  logSoftmax,
  matmul,
  mul,
  neg,
  scatterAdd,
  scatterAlongLast,
  softmax,
  sub,
  unsqueeze,
} from '../functions/index.js';
import type { Emitter } from '../lowering/emitter.js';
import type { TensorType } from '../node.js';
import type { Fail, OpEntry } from '../registry.js';

function checkTargets(targets: TensorType, rows: TensorType, fail: Fail): void {
  if (targets.dtype !== 'int32' && targets.dtype !== 'int64')
    fail(`the targets are ${targets.dtype}, not int32 or int64`);
  const fits = rows.shape.length === 2 && targets.shape.length === 1 && targets.shape[0] === rows.shape[0];
  if (!fits) fail('needs one row and one target per position, [P, ..] and [P]');
}

function pickColumn(x: string, targets: string, emitter: Emitter): string {
  const one = emitter.ints([1]);
  const column = emitter.emit('Unsqueeze', [targets, one]);
  return emitter.emit('Squeeze', [emitter.emit('GatherElements', [x, column], { axis: 1 }), one]);
}

/**
 * Row-wise -log softmax(x)[target]. The gradient is (softmax - one-hot) * g; log-probabilities are computed once for
 * value and gradient, and the one-hot is a scatter of one value per row.
 */
export const softmaxCrossEntropyOps: readonly OpEntry[] = [
  {
    name: 'softmaxCrossEntropy',
    infer([x, targets], _attrs, fail) {
      checkTargets(targets, x, fail);
      return [{ shape: targets.shape, dtype: x.dtype }];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const [x, targets] = node.inputs;
      const rows = unsqueeze(g, 1);
      const probabilities = exp(logSoftmax(x, 1));
      return [scatterAlongLast(mul(probabilities, rows), unsqueeze(targets, 1), neg(rows)), undefined];
    },
    lower: (_node, [x, targets], emitter) => [
      emitter.emit('Neg', [pickColumn(emitter.emit('LogSoftmax', [x], { axis: 1 }), targets, emitter)]),
    ],
    flops: (node, sizeOf) => 7 * sizeOf(node.inputs[0]),
  },
  {
    // The same for logits = hidden [P, D] x table [V, D]^T, whose [P, V] tensors bound the time: their gradient
    // softmax - one-hot is never formed; the one-hot part is a row gather and a row scatter.
    name: 'productCrossEntropy',
    infer([logits, hidden, table, targets], _attrs, fail) {
      checkTargets(targets, hidden, fail);
      const fits =
        logits.shape.join() === [hidden.shape[0], table.shape[0]].join() &&
        table.shape[1] === hidden.shape[1];
      return [
        fits
          ? { shape: targets.shape, dtype: logits.dtype }
          : fail('needs logits of rows [P, D] and a table [V, D]'),
      ];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const [logits, hidden, table, targets] = node.inputs;
      const probabilities = softmax(logits, 1);
      const rows = unsqueeze(g, 1);
      const scaled = mul(hidden, rows);
      const attracted = scatterAdd(full(table.graph, table.shape, 0, table.dtype), targets, scaled);
      return [
        undefined,
        mul(sub(matmul(probabilities, table), gatherRows(table, targets)), rows),
        sub(matmul(probabilities, scaled, { transposeA: true }), attracted),
        undefined,
      ];
    },
    lower(_node, [logits, , , targets], emitter) {
      const probabilities = emitter.emit('Softmax', [logits], { axis: 1 });
      // log(sum(exp(x))) = max(x) - log(max(softmax(x))): exact, stable, and only reads what the gradient needs anyway.
      const largest = (x: string): string =>
        emitter.emit('ReduceMax', [x, emitter.ints([1])], { keepdims: 0 });
      const logSumExp = emitter.emit('Sub', [largest(logits), emitter.emit('Log', [largest(probabilities)])]);
      return [emitter.emit('Sub', [logSumExp, pickColumn(logits, targets, emitter)])];
    },
    flops: (node, sizeOf) => 8 * sizeOf(node.inputs[0]),
  },
];
