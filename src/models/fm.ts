import type { CtrModelDefinition } from '../graph/index.js';
import { summedOutputs } from './blocks/click-outputs.js';
import { featureSpace, fieldVectors } from './blocks/features.js';
import { readHyperParameters } from './blocks/hyper-parameters.js';
import { linearTerm } from './blocks/linear-term.js';
import { pairwiseInteraction } from './blocks/pairwise-interaction.js';

/**
 * Factorisation machine: logit = linear term + Σ_{i<j} ⟨v_i, v_j⟩, computed in linear time (eq. 1 and lemma 3.1).
 *
 * Differences from the paper: a bag or a pooled sequence is one field whose vector is the mean of its members.
 */
export const fm: CtrModelDefinition = {
  name: 'fm',
  title: 'Factorisation machine',
  source: 'Rendle, Factorization Machines, ICDM 2010',
  task: 'ctr',
  space: featureSpace,
  // Shallow: its factors are all there is to move, and move slowly at the deep models' step size.
  recipe: { 'recipe.learningRate': 0.01 },
  build(inputs, hp) {
    const read = readHyperParameters('fm', featureSpace, hp);
    const pair = pairwiseInteraction(fieldVectors(inputs, read)); // [B]
    return summedOutputs(inputs, { pair }, linearTerm(inputs));
  },
};
