import { ascendingOrder } from './order.js';
import type { Numbers } from './numbers.js';
import { checkScores, countBinaryLabels } from './predictions.js';
import { probabilities, type ScoreKind } from './losses.js';

export interface CalibrationBin {
  readonly rows: number;
  readonly meanPrediction: number;
  readonly meanLabel: number;
}

/** Bin of every row, by equal mass in order of prediction; equal predictions share a bin, so row order has no say. */
export function equalMassBins(
  predictions: Numbers,
  bins: number,
): { readonly bin: Int32Array; readonly used: number } {
  const n = predictions.length;
  const order = ascendingOrder(predictions);
  const bin = new Int32Array(n);
  let current = -1;
  let edge = 0;
  for (let start = 0; start < n;) {
    let end = start + 1;
    while (end < n && predictions[order[end]] === predictions[order[start]]) end += 1;
    if (start >= edge) {
      current += 1;
      while (edge <= start) edge += n / bins;
    }
    for (let i = start; i < end; i += 1) bin[order[i]] = current;
    start = end;
  }
  return { bin, used: current + 1 };
}

/** Mean prediction against mean label per equal-mass bin: the reliability diagram. */
export function calibrationBins(
  scores: Numbers,
  labels: Numbers,
  kind: ScoreKind,
  bins = 20,
): readonly CalibrationBin[] {
  checkScores(scores, labels.length);
  countBinaryLabels(labels);
  const p = probabilities(scores, kind);
  const { bin, used } = equalMassBins(p, bins);
  const rows = new Float64Array(used);
  const predicted = new Float64Array(used);
  const observed = new Float64Array(used);
  for (let i = 0; i < p.length; i += 1) {
    rows[bin[i]] += 1;
    predicted[bin[i]] += p[i];
    observed[bin[i]] += labels[i];
  }
  return Array.from(rows, (count, b) => ({
    rows: count,
    meanPrediction: predicted[b] / count,
    meanLabel: observed[b] / count,
  }));
}

/**
 * Expected calibration error with equal-mass bins: sum over bins of (rows / n) |mean label - mean prediction|
 * (Naeini et al., AAAI 2015, equation 1, with the adaptive bins of Nguyen & O'Connor 2015).
 */
export function ece(scores: Numbers, labels: Numbers, kind: ScoreKind, bins = 20): number {
  let error = 0;
  for (const bin of calibrationBins(scores, labels, kind, bins)) {
    error += bin.rows * Math.abs(bin.meanPrediction - bin.meanLabel);
  }
  return error / labels.length;
}
