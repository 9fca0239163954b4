import { encode, type Space } from '../space/index.js';
import { coordinateGroups } from './coordinate-groups.js';
import { fitRelevanceProcess } from './relevance-process.js';
import { medianGains, type Trial } from './trial.js';

/** With fewer trials that climbed from a rung, their median gain is all that can be told. */
const LEAST_FOR_FIT = 6;

/**
 * Scores carried to the top rung, by what each configuration is likely to gain on the way: what those that climbed gained
 * is fitted over the space, rung by rung. `projectedValues` gives everybody the median gain, which is right for ordering
 * within a rung and wrong between rungs where curves differ (a small step starts low and gains more). NaN for trials
 * without a score.
 * @param rungCount number of rungs
 * @returns float64 [trials]
 */
export function projectedOverSpace(space: Space, trials: readonly Trial[], rungCount: number): Float64Array {
  const groups = coordinateGroups(space);
  const points = trials.map(({ assignment }) => encode(space, assignment));
  const medians = medianGains(trials, rungCount);
  const values = Float64Array.from(trials, ({ scores }) => scores.at(-1) ?? Number.NaN);
  for (let rung = 0; rung < rungCount - 1; rung += 1) {
    const climbed = trials.map((_, i) => i).filter((i) => trials[i].scores.length > rung + 1);
    const below = trials.map((_, i) => i).filter((i) => trials[i].scores.length <= rung + 1);
    const process =
      climbed.length < LEAST_FOR_FIT
        ? undefined
        : fitRelevanceProcess(
            climbed.map((i) => points[i]),
            climbed.map((i) => trials[i].scores[rung + 1] - trials[i].scores[rung]),
            { groups },
          );
    for (const i of below) values[i] += process?.mean(points[i]) ?? medians[rung];
  }
  return values;
}
