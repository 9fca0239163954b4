import type { CtrModelDefinition } from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { flatFeatures } from './blocks/features.js';
import { embeddingDim, readHyperParameters, towerWidths, usesHistory } from './blocks/hyper-parameters.js';
import { perceptron, towerSpace } from './blocks/tower.js';

const space = { embeddingDim, ...towerSpace, hidden: towerWidths('400x400x400'), usesHistory };

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
    return clickOutputs(inputs, perceptron(flatFeatures(inputs, read), read, 'logit'));
  },
};
