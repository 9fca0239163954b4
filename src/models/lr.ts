import type { CtrModelDefinition } from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { linearTerm } from './blocks/linear-term.js';

/**
 * Logistic regression: w0 + Σ w_i x_i over one-hot fields and standardised numbers. The floor that every learned model
 * has to beat; its strength lies in the recipe (embeddingL2 is the ridge penalty).
 *
 * Differences from Richardson et al.: trained by Adagrad on mini-batches instead of L-BFGS.
 */
export const lr: CtrModelDefinition = {
  name: 'lr',
  title: 'Logistic regression',
  source: 'Richardson, Dominowska and Ragno, Predicting Clicks, WWW 2007',
  task: 'ctr',
  space: {},
  // One weight per value: it has further to go than a number of an embedding.
  recipe: { 'recipe.learningRate': 0.01, 'recipe.embeddingLearningRate': 0.05 },
  build: (inputs) => clickOutputs(inputs, linearTerm(inputs)),
};
