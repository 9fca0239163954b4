import { abs, add, concat, flatten, mean, type CtrModelDefinition } from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { compressedInteraction } from './blocks/compressed-interaction.js';
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
import { tower } from './blocks/tower.js';

const space = {
  embeddingDim: embeddingDim(8),
  cin: {
    kind: 'ordered',
    values: ['8', '16', '16x16', '32x32', '64x64'],
    default: '16x16',
    about: 'feature maps per interaction layer',
  },
  hidden: towerWidths('128x64'),
  dropout: dropoutRate(0.2),
  batchNorm: batchNormFlag(false),
  usesHistory: historyFlag(true),
} as const;

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
    const vectors = fieldVectors(inputs, read.number('embeddingDim'), { history: read.flag('usesHistory') }); // [B, M, D]
    const crossed = denseToScalar(compressedInteraction(vectors, read.widths('cin')), 'cin.logit', {
      bias: false,
    }); // [B]
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
    const logits = add(add(linearTerm(inputs), crossed), deep);
    return clickOutputs(inputs, logits, { crossStrength: mean(abs(crossed)), deepStrength: mean(abs(deep)) });
  },
};
