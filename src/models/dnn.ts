import type { CtrModelDefinition } from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { denseToScalar } from './blocks/dense.js';
import { flatFeatures } from './blocks/features.js';
import {
  batchNormFlag,
  dropoutRate,
  embeddingDim,
  historyFlag,
  readHyperParameters,
  towerWidths,
} from './blocks/hyper-parameters.js';
import { tower } from './blocks/tower.js';

const space = {
  embeddingDim: embeddingDim(8),
  hidden: towerWidths('400x400x400'),
  dropout: dropoutRate(0.2),
  batchNorm: batchNormFlag(false),
  usesHistory: historyFlag(true),
};

/**
 * Embeddings side by side into a perceptron: what most deep click models contain.
 *
 * Differences from the paper (the ranking network of YouTube): no powers of the numeric inputs, no weighting by watch
 * time, and dropout and batch normalisation can be switched on.
 */
export const dnn: CtrModelDefinition = {
  name: 'dnn',
  title: 'Deep neural network',
  source: 'Covington, Adams and Sargin, Deep Neural Networks for YouTube Recommendations, RecSys 2016',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('dnn', space, hp);
    const features = flatFeatures(inputs, read.number('embeddingDim'), { history: read.flag('usesHistory') }); // [B, W]
    const hidden = tower(features, read.widths('hidden'), 'tower', {
      dropout: read.number('dropout'),
      batchNorm: read.flag('batchNorm'),
    });
    return clickOutputs(inputs, denseToScalar(hidden, 'logit'));
  },
};
