import { metricDirections } from '../../schema/index.js';
import {
  pairedDifference,
  type Influence,
  type PairedDifference,
  type Scoreboard,
  type SeedNoise,
} from '../../stats/index.js';

/** An influence turned so that larger is better. */
function oriented(metric: string, influence: Influence): Influence {
  if (metricDirections[metric] !== 'down') return influence;
  return { ...influence, value: -influence.value, perCluster: influence.perCluster.map((psi) => -psi) };
}

/** Candidate minus ancestor on one metric over paired seeds, turned so that larger is better. */
export function pairedOn(
  metric: string,
  candidate: readonly Scoreboard[],
  ancestor: readonly Scoreboard[],
  seedNoise?: SeedNoise,
): PairedDifference {
  const of = (runs: readonly Scoreboard[]) => runs.map((run) => oriented(metric, run[metric]));
  return pairedDifference(of(candidate), of(ancestor), seedNoise === undefined ? {} : { seedNoise });
}
