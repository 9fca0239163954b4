import { fTail } from './distributions.js';
import type { SeedNoise } from './seed-noise.js';

/** One configuration in ten whose noise is the calibrated one is taken for noisier; that costs it power and nothing else. */
const CONTRADICTION_LEVEL = 0.1;

/** Mean and spread of one configuration's values over seeds. */
export function ownNoise(values: readonly number[]): SeedNoise {
  const degreesOfFreedom = values.length - 1;
  if (degreesOfFreedom < 1) return { sd: 0, degreesOfFreedom: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { sd: Math.sqrt(squares / degreesOfFreedom), degreesOfFreedom };
}

/**
 * The seed noise of a configuration: the calibrated one, unless its own runs spread further than that lets them (F test of
 * two variances, one-sided); then their own. Calibration knows two configurations, while the search seeks out noisy ones:
 * of many that are equally good, the luckiest are those with the most luck to have. A spread that is small by chance is
 * not believed, since few seeds hardly know their own sd.
 */
export function believedNoise(own: SeedNoise, calibrated: SeedNoise): SeedNoise {
  if (own.degreesOfFreedom < 1 || own.sd <= calibrated.sd) return calibrated;
  const ratio = (own.sd / calibrated.sd) ** 2;
  const chance = fTail(ratio, own.degreesOfFreedom, calibrated.degreesOfFreedom);
  return chance < CONTRADICTION_LEVEL ? own : calibrated;
}

/** Seed noise of one pair's difference. */
export interface DifferenceNoise extends SeedNoise {
  /** of the whole error, whatever users add to it */
  readonly mostDf: number;
}

/**
 * Seed noise of one pair's difference. A shared seed number does not make two models' runs alike, so the variances of both
 * sides add up. Where a side has only its own few runs, their degrees of freedom are those of the whole error: at the far
 * end of the tail Satterthwaite's are too many, and the least of all parts never is (Mickey & Brown, Ann. Math. Stat. 1966).
 */
export function noiseOfDifference(a: SeedNoise, b: SeedNoise, calibrated: SeedNoise): DifferenceNoise {
  const sides = [believedNoise(a, calibrated), believedNoise(b, calibrated)];
  if (sides.every((side) => side === calibrated))
    return {
      sd: Math.SQRT2 * calibrated.sd,
      degreesOfFreedom: calibrated.degreesOfFreedom,
      mostDf: Number.POSITIVE_INFINITY,
    };
  const degreesOfFreedom = Math.min(...sides.map((side) => side.degreesOfFreedom));
  return { sd: Math.hypot(sides[0].sd, sides[1].sd), degreesOfFreedom, mostDf: degreesOfFreedom };
}
