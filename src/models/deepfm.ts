import type { CtrModelDefinition } from '../graph/index.js';
import { summedOutputs } from './blocks/click-outputs.js';
import { fieldVectors, flatVectors } from './blocks/features.js';
import { embeddingDim, readHyperParameters, usesHistory } from './blocks/hyper-parameters.js';
import { linearTerm } from './blocks/linear-term.js';
import { pairwiseInteraction } from './blocks/pairwise-interaction.js';
import { perceptron, towerSpace } from './blocks/tower.js';

const space = { embeddingDim, ...towerSpace, usesHistory };

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
    const vectors = fieldVectors(inputs, read); // [B, M, D]
    const pair = pairwiseInteraction(vectors); // [B]
    const deep = perceptron(flatVectors(inputs, vectors), read, 'deep'); // [B]
    return summedOutputs(inputs, { pair, deep }, linearTerm(inputs));
  },
};
