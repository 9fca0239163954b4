import { encode, type Assignment, type Space } from '../space/index.js';
import { coordinateGroups } from './coordinate-groups.js';
import { projectedOverSpace } from './projection.js';
import { fitRelevanceProcess } from './relevance-process.js';
import { ranked, type Trial } from './trial.js';

/** A trial worth racing, with what the screening says of its true score at the top rung. */
export interface FinalistTrial {
  readonly trialIndex: number;
  readonly assignment: Assignment;
  readonly hash: string;
  /** what was seen, carried to the top rung (projectedOverSpace): optimistic, because it is high among many */
  readonly observed: number;
  readonly mean: number;
  readonly sd: number;
  /** the noise of one run at the top rung, as the fit sees it or as it was given */
  readonly noiseSd: number;
}

const LEAST_FOR_FIT = 6;
const MOST_FOR_FIT = 250;
/** Of what the process cannot explain: the part that is the configuration's own and not noise, where nobody measured it. */
const OWN_SHARE = 0.5;

/**
 * The n trials most worth racing, by the posterior mean of their true scores. A process over the space weighs each score by
 * how noisy scores are and by what its neighbours scored (the winner's curse: the highest score is the luckiest). What it
 * leaves over is partly noise and partly the configuration's own, which no neighbour shows: of that, the share that the
 * known noise does not explain is believed (half, where the noise is not known). All rungs take part, the lower ones with
 * more noise.
 * @param noiseSd sd of one score over seeds, from calibration
 */
export function finalists(
  space: Space,
  trials: readonly Trial[],
  rungCount: number,
  n: number,
  noiseSd?: number,
): readonly FinalistTrial[] {
  const values = projectedOverSpace(space, trials, rungCount);
  const kept = ranked(trials, values).slice(0, MOST_FOR_FIT);
  if (kept.length === 0) return [];
  const finalist = (i: number, mean: number, sd: number, noise: number): FinalistTrial => {
    const { assignment, hash } = trials[i];
    return { trialIndex: i, assignment, hash, observed: values[i], mean, sd, noiseSd: noise };
  };
  if (kept.length < LEAST_FOR_FIT) {
    // Too few to tell noise from difference: as if half of what sets them apart were noise.
    const noise = noiseSd ?? (values[kept[0]] - values[kept[kept.length - 1]]) / 2;
    return kept.slice(0, n).map((i) => finalist(i, values[i], noise, noise));
  }
  const points = kept.map((i) => encode(space, trials[i].assignment));
  const noiseFactors = Float64Array.from(kept, (i) => 1 + rungCount - trials[i].scores.length);
  const process = fitRelevanceProcess(
    points,
    kept.map((i) => values[i]),
    { groups: coordinateGroups(space), noiseFactors },
  );
  const left = process.noiseSd ** 2;
  const noise = noiseSd === undefined ? (1 - OWN_SHARE) * left : Math.min(noiseSd ** 2, left);
  const own = left - noise;
  return kept
    .map((i, at) => {
      const smooth = process.predict(points[at]);
      const believed = left > 0 ? own / (own + noise * noiseFactors[at]) : 0;
      const mean = smooth.mean + believed * (values[i] - smooth.mean);
      const sd = Math.sqrt(smooth.sd ** 2 + own * (1 - believed));
      return finalist(i, mean, sd, noiseSd ?? Math.sqrt(noise));
    })
    .sort((a, b) => b.mean - a.mean || a.trialIndex - b.trialIndex)
    .slice(0, n);
}
