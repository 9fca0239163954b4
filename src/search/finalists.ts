import { encode, type Assignment, type Space } from '../space/index.js';
import { coordinateGroups } from './coordinate-groups.js';
import { fitRelevanceProcess } from './relevance-process.js';
import { projectedValues, ranked, type Trial } from './trial.js';

/** A trial worth racing, with what the screening says of its true score at the top rung. */
export interface FinalistTrial {
  readonly trialIndex: number;
  readonly assignment: Assignment;
  readonly hash: string;
  /** what was seen, carried to the top rung: optimistic, because it is high among many */
  readonly observed: number;
  readonly mean: number;
  readonly sd: number;
  /** the noise of one run at the top rung, as the fit sees it or as it was given */
  readonly noiseSd: number;
}

const LEAST_FOR_FIT = 6;
const MOST_FOR_FIT = 250;
/** No smoother knows the difference of two configurations better than by this share of the noise of one run. */
const LEAST_SD = 0.5;

/**
 * The n trials most worth racing: by posterior mean of a process over the space, which weighs each score by how noisy
 * scores are and by what its neighbours scored (the winner's curse: the highest score is the luckiest). All rungs take
 * part, the lower ones with more noise.
 * @param noiseSd sd of one score over seeds, from calibration; estimated when absent
 */
export function finalists(
  space: Space,
  trials: readonly Trial[],
  rungCount: number,
  n: number,
  noiseSd?: number,
): readonly FinalistTrial[] {
  const values = projectedValues(trials, rungCount);
  const kept = ranked(trials, values).slice(0, MOST_FOR_FIT);
  if (kept.length === 0) return [];
  const shown = kept.map((i) => values[i]);
  const finalist = (at: number, mean: number, sd: number, noise: number): FinalistTrial => {
    const { assignment, hash } = trials[kept[at]];
    const least = LEAST_SD * noise;
    return {
      trialIndex: kept[at],
      assignment,
      hash,
      observed: shown[at],
      mean,
      sd: Math.max(sd, least),
      noiseSd: noise,
    };
  };
  if (kept.length < LEAST_FOR_FIT) {
    // Too few to tell noise from difference: as if half of what sets them apart were noise.
    const noise = noiseSd ?? (shown[0] - shown[shown.length - 1]) / 2;
    return shown.slice(0, n).map((value, at) => finalist(at, value, noise, noise));
  }
  const points = kept.map((i) => encode(space, trials[i].assignment));
  const process = fitRelevanceProcess(points, shown, {
    groups: coordinateGroups(space),
    noiseFactors: Float64Array.from(kept, (i) => 1 + rungCount - trials[i].scores.length),
  });
  const noise = noiseSd ?? process.noiseSd;
  const order = kept.map((_, at) => at);
  order.sort((a, b) => process.means[b] - process.means[a] || a - b);
  return order.slice(0, n).map((at) => {
    const { mean, sd } = process.predict(points[at]);
    return finalist(at, mean, sd, noise);
  });
}
