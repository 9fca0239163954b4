import type { CtrModelDefinition } from '../graph/index.js';
import { summedOutputs } from './blocks/click-outputs.js';
import { compressedInteraction } from './blocks/compressed-interaction.js';
import { denseToScalar } from './blocks/dense.js';
import { fieldVectors, flatVectors } from './blocks/features.js';
import { embeddingDim, ordered, readHyperParameters, usesHistory } from './blocks/hyper-parameters.js';
import { linearTerm } from './blocks/linear-term.js';
import { perceptron, towerSpace } from './blocks/tower.js';

const space = {
  embeddingDim,
  cin: ordered(['8', '16', '16x16', '32x32', '64x64'], '16x16', 'feature maps per interaction layer'),
  ...towerSpace,
  usesHistory,
};

/**
 * Linear term + compressed interaction network (vector-wise crosses) + perceptron; logits added (eq. 9).
 *
 * Differences from the paper: every layer of the interaction network is pooled in full (its "direct" variant) and the
 * maps have the identity as activation, which the paper found best; plain numbers enter the perceptron beside their
 * vectors.
 */
export const xdeepfm: CtrModelDefinition = {
  name: 'xdeepfm',
  title: 'xDeepFM',
  source: 'Lian et al., xDeepFM, KDD 2018, arXiv 1803.05170',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('xdeepfm', space, hp);
    const vectors = fieldVectors(inputs, read); // [B, M, D]
    const maps = compressedInteraction(vectors, read.widths('cin')); // [B, Σ maps]
    const cross = denseToScalar(maps, 'cin.logit', { bias: false }); // [B]
    const deep = perceptron(flatVectors(inputs, vectors), read, 'deep'); // [B]
    return summedOutputs(inputs, { cross, deep }, linearTerm(inputs));
  },
};
