import { abs, add, concat, flatten, mean, type CtrModelDefinition } from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { denseToScalar } from './blocks/dense.js';
import { fieldVectors } from './blocks/features.js';
import {
  batchNormFlag,
  dropoutRate,
  embeddingDim,
  historyFlag,
  readHyperParameters,
  towerWidths,
} from './blocks/hyper-parameters.js';
import { linearTerm } from './blocks/linear-term.js';
import { pairwiseInteraction } from './blocks/pairwise-interaction.js';
import { tower } from './blocks/tower.js';

const space = {
  embeddingDim: embeddingDim(8),
  hidden: towerWidths('128x64'),
  dropout: dropoutRate(0.2),
  batchNorm: batchNormFlag(false),
  usesHistory: historyFlag(true),
};

/**
 * A factorisation machine and a perceptron over the same embeddings; their logits are added (eq. 1-4).
 *
 * Differences from the paper: plain numbers enter the perceptron beside their vectors.
 */
export const deepfm: CtrModelDefinition = {
  name: 'deepfm',
  title: 'DeepFM',
  source: 'Guo et al., DeepFM, IJCAI 2017, arXiv 1703.04247',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('deepfm', space, hp);
    const vectors = fieldVectors(inputs, read.number('embeddingDim'), { history: read.flag('usesHistory') }); // [B, M, D]
    const pairs = pairwiseInteraction(vectors); // [B]
    const numeric = inputs.numeric();
    const flat = flatten(vectors); // [B, M D]
    const hidden = tower(
      numeric === undefined ? flat : concat([flat, numeric], 1),
      read.widths('hidden'),
      'tower',
      {
        dropout: read.number('dropout'),
        batchNorm: read.flag('batchNorm'),
      },
    );
    const deep = denseToScalar(hidden, 'deep'); // [B]
    const logits = add(add(linearTerm(inputs), pairs), deep);
    return clickOutputs(inputs, logits, { pairStrength: mean(abs(pairs)), deepStrength: mean(abs(deep)) });
  },
};
