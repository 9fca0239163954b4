import type { CtrModelDefinition } from '../graph/index.js';
import { summedOutputs } from './blocks/click-outputs.js';
import { flatFeatures } from './blocks/features.js';
import { embeddingDim, readHyperParameters, usesHistory } from './blocks/hyper-parameters.js';
import { linearTerm } from './blocks/linear-term.js';
import { perceptron, towerSpace } from './blocks/tower.js';

const space = { embeddingDim, ...towerSpace, usesHistory };

/**
 * A linear model that memorises beside a perceptron that generalises; their logits are added (eq. 3).
 *
 * Differences from the paper: the wide part has the plain fields and no hand-made cross products, and both parts share
 * one optimiser instead of FTRL for the wide one.
 */
export const wideDeep: CtrModelDefinition = {
  name: 'wide-deep',
  title: 'Wide & Deep',
  source: 'Cheng et al., Wide & Deep Learning for Recommender Systems, DLRS 2016, arXiv 1606.07792',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('wide-deep', space, hp);
    const wide = linearTerm(inputs); // [B]
    const deep = perceptron(flatFeatures(inputs, read), read, 'deep'); // [B]
    return summedOutputs(inputs, { wide, deep });
  },
};
