import { abs, mean, mul, type CtrModelDefinition, type Node } from '../graph/index.js';
import { targetedFeatures } from './blocks/candidate.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { EMBEDDING_BANK } from './blocks/features.js';
import {
  batchNormFlag,
  choice,
  dropoutRate,
  embeddingDim,
  flag,
  ordered,
  readHyperParameters,
  towerActivation,
  towerWidths,
} from './blocks/hyper-parameters.js';
import { targetAttentionWeights, weightedHistory } from './blocks/target-attention.js';
import { perceptron } from './blocks/tower.js';

const space = {
  embeddingDim,
  attention: ordered(['16', '36', '64x16', '80x40'], '36', 'hidden layers of the attention unit'),
  attentionActivation: choice(
    ['sigmoid', 'prelu', 'relu'],
    'sigmoid',
    'activation inside the attention unit',
  ),
  softmax: flag(false, 'make the attention weights sum to one'),
  hidden: towerWidths(),
  activation: towerActivation,
  dropout: dropoutRate,
  batchNorm: batchNormFlag,
};

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
    const read = readHyperParameters('din', space, hp);
    const dim = read.number('embeddingDim');
    const unit = {
      widths: read.widths('attention'),
      activation: read.text('attentionActivation'),
      softmax: read.flag('softmax'),
    };
    const observables: Record<string, Node> = {};
    const features = targetedFeatures(inputs, 'din', dim, (candidate, { name }, index) => {
      const events = inputs.embedSequence(EMBEDDING_BANK, dim, name); // [B, L, D]
      const mask = inputs.sequenceMask(name);
      const weights = targetAttentionWeights(candidate, events, mask, `attention.${index}`, unit); // [B, L]
      observables[`attentionStrength.${index}`] = mean(abs(weights));
      const interest = weightedHistory(weights, events); // [B, D]
      return [interest, mul(interest, candidate)];
    });
    return clickOutputs(inputs, perceptron(features, read, 'logit', read.text('activation')), observables);
  },
};
