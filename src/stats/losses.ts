import { AutoModelError } from '../platform/index.js';
import type { Numbers } from './numbers.js';
import { checkScores, countBinaryLabels, requireBothClasses } from './predictions.js';

/** What a prediction is: a logit (log-odds) or a probability. Nothing guesses it. */
export type ScoreKind = 'logit' | 'probability';

/** Probabilities are clipped to [CLIP, 1 - CLIP] before a logarithm, whichever form they came in. */
export const PROBABILITY_CLIP = 1e-7;

/**
 * Clipped probabilities of binary predictions.
 * @throws PREDICTIONS_INVALID when `kind` is probability and a value lies outside [0, 1]
 */
export function probabilities(scores: Numbers, kind: ScoreKind): Float64Array {
  const p = new Float64Array(scores.length);
  for (let i = 0; i < p.length; i += 1) {
    const score = scores[i];
    if (kind === 'probability' && (score < 0 || score > 1)) {
      throw new AutoModelError(
        'PREDICTIONS_INVALID',
        `Prediction ${i} is ${score}, which is no probability`,
        {
          remedy: 'Say that the predictions are logits, or write values in [0, 1].',
          details: { position: i, value: score },
        },
      );
    }
    const value = kind === 'probability' ? score : 1 / (1 + Math.exp(-score));
    p[i] = Math.min(1 - PROBABILITY_CLIP, Math.max(PROBABILITY_CLIP, value));
  }
  return p;
}

/** Negative log-likelihood of every row, in nats. */
export function loglossPerRow(scores: Numbers, labels: Numbers, kind: ScoreKind): Float64Array {
  checkScores(scores, labels.length);
  countBinaryLabels(labels);
  const p = probabilities(scores, kind);
  for (let i = 0; i < p.length; i += 1) p[i] = -Math.log(labels[i] === 1 ? p[i] : 1 - p[i]);
  return p;
}

function mean(values: Float64Array): number {
  if (values.length === 0) {
    throw new AutoModelError('SPLIT_EMPTY', 'A mean over no rows is undefined', {
      remedy: 'Evaluate on a split that holds rows.',
    });
  }
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i];
  return sum / values.length;
}

/** Mean negative log-likelihood in nats, probabilities clipped to [1e-7, 1 - 1e-7]. */
export function logloss(scores: Numbers, labels: Numbers, kind: ScoreKind): number {
  return mean(loglossPerRow(scores, labels, kind));
}

/** Entropy of a coin with bias p, in nats: the logloss of the best constant prediction. */
export function binaryEntropy(p: number): number {
  return -p * Math.log(p) - (1 - p) * Math.log(1 - p);
}

/**
 * Normalised entropy: logloss over the entropy of the split's own base rate (He et al., ADKDD 2014, equation 1). Below
 * 1 is better than the best constant.
 */
export function ne(scores: Numbers, labels: Numbers, kind: ScoreKind): number {
  const { positives } = requireBothClasses(labels);
  return logloss(scores, labels, kind) / binaryEntropy(positives / labels.length);
}

export function squaredErrors(scores: Numbers, labels: Numbers): Float64Array {
  checkScores(scores, labels.length);
  checkScores(labels, labels.length);
  const errors = new Float64Array(labels.length);
  for (let i = 0; i < errors.length; i += 1) errors[i] = (scores[i] - labels[i]) ** 2;
  return errors;
}

export function absoluteErrors(scores: Numbers, labels: Numbers): Float64Array {
  checkScores(scores, labels.length);
  checkScores(labels, labels.length);
  const errors = new Float64Array(labels.length);
  for (let i = 0; i < errors.length; i += 1) errors[i] = Math.abs(scores[i] - labels[i]);
  return errors;
}

/** Root mean squared error, in the unit of the labels. */
export function rmse(scores: Numbers, labels: Numbers): number {
  return Math.sqrt(mean(squaredErrors(scores, labels)));
}

/** Mean absolute error, in the unit of the labels. */
export function mae(scores: Numbers, labels: Numbers): number {
  return mean(absoluteErrors(scores, labels));
}
