import {
  add,
  batchNorm,
  binaryCrossEntropy,
  concat,
  dropout,
  flatten,
  gatherRows,
  glorotUniform,
  matmul,
  mean,
  meanSquaredError,
  mul,
  normal,
  relu,
  reshape,
  sampledSoftmax,
  bayesianPersonalisedRanking,
  slice,
  softmaxCrossEntropy,
  sum,
  unsqueeze,
  weightedSum,
  zeros,
  type CtrModelDefinition,
  type ModelOutputs,
  type NextItemModelDefinition,
  type Node,
} from '../../../src/graph/index.js';

function dense(x: Node, width: number, name: string): Node {
  const weight = x.graph.parameter(`${name}.weight`, [Number(x.shape.at(-1)), width], glorotUniform());
  return add(matmul(x, weight), x.graph.parameter(`${name}.bias`, [width], zeros()));
}

/** Embeddings, history attention by masked mean, batch norm, dropout, a linear bank: every kind of input and state. */
export const tinyCtrModel: CtrModelDefinition = {
  name: 'tiny-ctr',
  title: 'Tiny click model',
  source: 'test',
  task: 'ctr',
  space: {},
  build(inputs, hp): ModelOutputs {
    const dim = Number(hp.dim ?? 8);
    const parts = [flatten(inputs.embed('embedding', dim))];
    for (const { name } of inputs.sequences) {
      const rows = inputs.embedSequence('embedding', dim, name);
      parts.push(mean(mul(rows, unsqueeze(inputs.sequenceMask(name), 2)), 1));
    }
    const numeric = inputs.numeric();
    if (numeric !== undefined) parts.push(numeric);
    const width = Number(hp.width ?? 16);
    let hidden = relu(
      batchNorm(dense(concat(parts, 1), width, 'hidden'), undefined, undefined, { name: 'norm' }),
    );
    hidden = dropout(hidden, Number(hp.dropout ?? 0.1));
    const linear = sum(flatten(inputs.embed('linear', 1)), 1);
    const logits = add(reshape(dense(hidden, 1, 'logit'), ['B']), linear);
    if (inputs.graph.mode === 'infer') return { logits, loss: undefined, observables: {} };
    const main =
      inputs.task === 'rating'
        ? meanSquaredError(logits, inputs.labels)
        : binaryCrossEntropy(logits, inputs.labels);
    const loss =
      hp.multiTask === true
        ? weightedSum([
            { loss: main, weight: 1 },
            {
              loss: binaryCrossEntropy(reshape(dense(hidden, 1, 'like'), ['B']), inputs.extraLabel('like')),
              weight: 0.5,
            },
          ])
        : main;
    return { logits, loss, observables: { hiddenMean: mean(hidden) } };
  },
};

/** The item before decides: scores are the product of two item tables. */
export const tinyNextItemModel: NextItemModelDefinition = {
  name: 'tiny-next',
  title: 'Factorised Markov chain',
  source: 'test',
  task: 'next-item',
  space: {},
  build(inputs, hp): ModelOutputs {
    const dim = Number(hp.dim ?? 16);
    const { graph, itemCount, maxLength } = inputs;
    const from = graph.parameter('from', [itemCount, dim], normal(0.1));
    const to = graph.parameter('to', [itemCount, dim], normal(0.1));
    let hidden = mul(gatherRows(from, inputs.items), unsqueeze(inputs.mask, 2)); // [B, L, D]
    hidden = dropout(hidden, Number(hp.dropout ?? 0));
    const newest = reshape(slice(hidden, 1, maxLength - 1, maxLength), ['B', dim]);
    const logits = matmul(newest, to, { transposeB: true });
    if (graph.mode === 'infer') return { logits, loss: undefined, observables: {} };
    const queries = gatherRows(reshape(hidden, [-1, dim]), inputs.targetPositions); // [P, D]
    const { targets, negatives, negativeLogProbabilities, targetLogProbabilities } = inputs;
    let loss: Node;
    if (negatives === undefined)
      loss = softmaxCrossEntropy(matmul(queries, to, { transposeB: true }), targets);
    else {
      const targetRows = gatherRows(to, targets);
      const negativeRows = gatherRows(to, negatives);
      loss =
        negativeLogProbabilities === undefined
          ? bayesianPersonalisedRanking(
              sum(mul(queries, targetRows), 1, { keepDims: true }),
              matmul(queries, negativeRows, { transposeB: true }),
            )
          : sampledSoftmax({
              queries,
              targetRows,
              negativeRows,
              targets,
              negatives,
              targetLogProbabilities,
              negativeLogProbabilities,
            });
    }
    return { logits, loss, observables: { queryNorm: mean(mul(queries, queries)) } };
  },
};
