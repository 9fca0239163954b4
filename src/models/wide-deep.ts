import { abs, add, mean, type CtrModelDefinition } from '../graph/index.js';
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
import { linearTerm } from './blocks/linear-term.js';
import { tower } from './blocks/tower.js';

const space = {
  embeddingDim: embeddingDim(8),
  hidden: towerWidths('128x64'),
  dropout: dropoutRate(0.2),
  batchNorm: batchNormFlag(false),
  usesHistory: historyFlag(true),
};

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
    const features = flatFeatures(inputs, read.number('embeddingDim'), { history: read.flag('usesHistory') }); // [B, W]
    const hidden = tower(features, read.widths('hidden'), 'tower', {
      dropout: read.number('dropout'),
      batchNorm: read.flag('batchNorm'),
    });
    const deep = denseToScalar(hidden, 'deep'); // [B]
    return clickOutputs(inputs, add(wide, deep), {
      wideStrength: mean(abs(wide)),
      deepStrength: mean(abs(deep)),
    });
  },
};
