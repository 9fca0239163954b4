import { formatValue, type MetricCalibration, type ResolvableGain } from '../../schema/index.js';
import {
  seedNoiseFor,
  seedsForGain,
  smallestResolvableGain,
  twoWayInterval,
  type NoiseBudget,
} from '../../stats/index.js';
import { endlessSeeds, noiseBudget, tellingLevel } from '../loop/gain-check.js';
import type { NoiseGroup } from '../loop/noise-runs.js';
import type { RunSettings } from '../loop/run-settings.js';
import type { MeasuredNoise } from '../loop/stored-calibration.js';
import { falseAccepts } from './false-accepts.js';

/** Numbers of paired seeds for which the resolvable gain is told, beside the gate's own. */
const toldSeeds = [2, 3, 5, 10, 20, 50];

export interface MetricQuestion {
  readonly metric: string;
  readonly primary: boolean;
  /** in the metric's units; undefined: nothing is asked */
  readonly wantedGain: number | undefined;
  /** paired seeds that the time left would pay for; undefined where time is no limit */
  readonly affordableSeeds: number | undefined;
}

/** Everything that calibration tells of one metric. */
export function metricCalibration(
  { metric, primary, wantedGain, affordableSeeds }: MetricQuestion,
  groups: readonly NoiseGroup[],
  noise: MeasuredNoise,
  settings: Pick<RunSettings, 'gateSeeds' | 'maxLooks' | 'alpha'>,
): MetricCalibration {
  const ran = groups.filter(({ tables }) => tables.length > 0);
  const budget = noiseBudget(noise);
  const { alpha, power } = tellingLevel(settings);
  const resolve = (known: NoiseBudget, seeds: number): ResolvableGain => ({
    seeds,
    gain: smallestResolvableGain(known, seeds, alpha, power),
  });
  const seeds = [...new Set([...toldSeeds, settings.gateSeeds])].sort((a, b) => a - b);
  return {
    metric,
    primary,
    models: ran.map(({ candidate, tables }) => {
      const { mean, sd: seedSd, userSe } = twoWayInterval(tables.map((table) => table[metric]));
      return { model: candidate.model, mean, sd: Math.hypot(seedSd, userSe), seedSd, userSe };
    }),
    pooled: {
      sd: noise.sd,
      degreesOfFreedom: noise.degreesOfFreedom,
      ci: [noise.ci[0], noise.ci[1]],
      drifted: noise.drifted,
    },
    difference: noise.difference,
    falseAccepts: [
      ...falseAccepts(
        metric,
        ran.map(({ candidate, tables }) => ({ tables, seedNoise: seedNoiseFor(noise, candidate.model) })),
        settings,
      ),
    ],
    resolvable: budget === undefined ? [] : seeds.map((count) => resolve(budget, count)),
    userLimit: budget === undefined ? null : resolve(budget, endlessSeeds).gain,
    affordable:
      budget === undefined || affordableSeeds === undefined || affordableSeeds < 1
        ? null
        : resolve(budget, affordableSeeds),
    wanted:
      budget === undefined || wantedGain === undefined ? null : wantedIn(budget, wantedGain, alpha, power),
  };
}

function wantedIn(
  budget: NoiseBudget,
  gain: number,
  alpha: number,
  power: number,
): NonNullable<MetricCalibration['wanted']> {
  const seeds = seedsForGain(budget, gain, alpha, power) ?? null;
  if (seeds !== null) return { gain, seeds, reason: 'more seeds shrink the seed noise far enough' };
  const limit = smallestResolvableGain(budget, endlessSeeds, alpha, power);
  return {
    gain,
    seeds,
    reason:
      gain < limit
        ? `the users of the validation split alone allow no less than ${formatValue(limit)}; more users are needed, not more seeds`
        : 'it would take more than 1000 paired seeds',
  };
}
