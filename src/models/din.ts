import { abs, concat, mean, mul, type CtrModelDefinition, type Node } from '../graph/index.js';
import { candidateVector, requireSequences } from './blocks/candidate.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { denseToScalar } from './blocks/dense.js';
import { EMBEDDING_BANK, staticFeatures } from './blocks/features.js';
import { pooledHistory } from './blocks/history.js';
import {
  batchNormFlag,
  choice,
  dropoutRate,
  embeddingDim,
  readHyperParameters,
  towerWidths,
} from './blocks/hyper-parameters.js';
import { targetAttentionWeights, weightedHistory } from './blocks/target-attention.js';
import { tower } from './blocks/tower.js';

const space = {
  embeddingDim: embeddingDim(8),
  attention: {
    kind: 'ordered',
    values: ['16', '36', '64x16', '80x40'],
    default: '36',
    about: 'hidden layers of the attention unit',
  },
  attentionActivation: choice(
    ['sigmoid', 'prelu', 'relu'],
    'sigmoid',
    'activation inside the attention unit',
  ),
  softmax: choice([false, true], false, 'make the attention weights sum to one'),
  hidden: towerWidths('128x64'),
  activation: choice(['relu', 'prelu', 'dice'], 'prelu', 'activation of the tower'),
  dropout: dropoutRate(0.2),
  batchNorm: batchNormFlag(false),
} as const;

/**
 * Deep interest network: the history is pooled with weights that an activation unit gives each event in the light of
 * the candidate; no softmax by default, as in the paper.
 *
 * Differences from the paper: the unit sees q ∘ k and q − k (the authors' code) instead of an outer product; the pooled
 * interest also enters multiplied by the candidate (their code); Dice is offered in the tower only, since inside the
 * unit its batch statistics would depend on padding. A sequence that shares no field's vocabulary is mean-pooled. The
 * mini-batch-aware regulariser is the recipe's embeddingL2 in the mode `touched`.
 */
export const din: CtrModelDefinition = {
  name: 'din',
  title: 'Deep interest network',
  source: 'Zhou et al., Deep Interest Network, KDD 2018, arXiv 1706.06978',
  task: 'ctr',
  space,
  build(inputs, hp) {
    requireSequences(inputs, 'din');
    const read = readHyperParameters('din', space, hp);
    const dim = read.number('embeddingDim');
    const features = [...staticFeatures(inputs, dim)]; // [B, ·] each
    const observables: Record<string, Node> = {};
    inputs.sequences.forEach((sequence, index) => {
      const candidate = candidateVector(inputs, dim, sequence); // [B, D]
      if (candidate === undefined) {
        features.push(pooledHistory(inputs, EMBEDDING_BANK, dim, sequence.name));
        return;
      }
      const events = inputs.embedSequence(EMBEDDING_BANK, dim, sequence.name); // [B, L, D]
      const weights = targetAttentionWeights(
        candidate,
        events,
        inputs.sequenceMask(sequence.name),
        `attention.${index}`,
        {
          widths: read.widths('attention'),
          activation: read.text('attentionActivation'),
          softmax: read.flag('softmax'),
        },
      ); // [B, L]
      const interest = weightedHistory(weights, events); // [B, D]
      features.push(interest, mul(interest, candidate));
      observables[`attentionStrength.${index}`] = mean(abs(weights));
    });
    const hidden = tower(concat(features, 1), read.widths('hidden'), 'tower', {
      dropout: read.number('dropout'),
      batchNorm: read.flag('batchNorm'),
      activation: read.text('activation'),
    });
    return clickOutputs(inputs, denseToScalar(hidden, 'logit'), observables);
  },
};
