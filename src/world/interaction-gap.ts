import type { WorldLog } from './world-log.js';

/** How well the truth, and the best additive approximation of it, tell clicks from the rest. */
export interface InteractionGap {
  /** expected AUC of the true click probabilities */
  readonly oracleAuc: number;
  /** expected AUC of the additive model that is fitted to the true probabilities, over all observed columns and ids */
  readonly additiveAuc: number;
  /** what no additive model can reach */
  readonly gap: number;
}

/** Sweeps of Newton steps over the columns; the fit is smooth and converges in a few. */
const sweeps = 12;
/** Pseudo-rows that keep a value with few rows near zero. */
const ridge = 1e-3;

/**
 * The gap between truth and additivity. The additive model sees the true probabilities of the very rows it is judged
 * on, so it is better than any that learns from clicks: the gap is a lower bound of what interactions are worth. What the
 * rest of the slate did to a click is in no row, so the truth is taken as if each item were alone.
 */
export function interactionGap(log: WorldLog): InteractionGap {
  const truth = log.events.aloneProbability;
  const oracleAuc = expectedAuc(truth, truth);
  const additiveAuc = expectedAuc(fitAdditive(observedColumns(log), truth), truth);
  return { oracleAuc, additiveAuc, gap: oracleAuc - additiveAuc };
}

/**
 * AUC that scores have on average over labels drawn from probabilities, ties counted half: each row is a positive with
 * weight p and a negative with weight 1 - p.
 */
export function expectedAuc(scores: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  const rows = scores.length;
  const order = Int32Array.from({ length: rows }, (_, row) => row).sort((a, b) => scores[a] - scores[b]);
  let below = 0;
  let won = 0;
  let positives = 0;
  for (let at = 0; at < rows;) {
    let tiedPositive = 0;
    let tiedNegative = 0;
    const score = scores[order[at]];
    for (; at < rows && scores[order[at]] === score; at += 1) {
      tiedPositive += probabilities[order[at]];
      tiedNegative += 1 - probabilities[order[at]];
    }
    won += tiedPositive * (below + tiedNegative / 2);
    below += tiedNegative;
    positives += tiedPositive;
  }
  return won / (positives * below);
}

/**
 * Log odds = intercept + one effect per value of each column, fitted to probabilities by block-wise Newton steps.
 * @param columns codes per row, from 0
 */
export function fitAdditive(columns: readonly Int32Array[], probabilities: Float32Array): Float64Array {
  const rows = probabilities.length;
  const mean = probabilities.reduce((sum, p) => sum + p, 0) / rows;
  const scores = new Float64Array(rows).fill(Math.log(mean / (1 - mean)));
  const sizes = columns.map((column) => column.reduce((most, code) => Math.max(most, code), 0) + 1);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    columns.forEach((column, c) => {
      const slope = new Float64Array(sizes[c]);
      const curvature = new Float64Array(sizes[c]).fill(ridge);
      for (let row = 0; row < rows; row += 1) {
        const fitted = 1 / (1 + Math.exp(-scores[row]));
        slope[column[row]] += probabilities[row] - fitted;
        curvature[column[row]] += fitted * (1 - fitted);
      }
      const step = slope.map((value, code) => Math.max(-2, Math.min(2, value / curvature[code])));
      for (let row = 0; row < rows; row += 1) scores[row] += step[column[row]];
    });
  }
  return scores;
}

/** Everything that a model could be given about a row, as codes. Attributes of ids are spanned by the ids. */
function observedColumns({ events, settings }: WorldLog): readonly Int32Array[] {
  const age = events.item.map((_, row) => Math.floor((events.second[row] - settings.startSecond) / 86_400));
  return [events.user, events.item, events.position, events.hour, events.weekday, events.onWifi, age];
}
