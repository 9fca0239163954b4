import { AutoModelError } from '../platform/index.js';
import { chiSquareQuantile, chiSquareTail } from './distributions.js';

/** Seed noise known from calibration: the sd of one run's metric over seeds. */
export interface SeedNoise {
  readonly sd: number;
  readonly degreesOfFreedom: number;
}

/** Repeated runs of one configuration that differ in their seed only. */
export interface CalibrationGroup {
  /** model family, for the drift check */
  readonly family: string;
  /** metric value per seed */
  readonly values: readonly number[];
}

export interface FamilyNoise extends SeedNoise {
  readonly family: string;
}

export interface PooledSeedNoise extends SeedNoise {
  readonly families: readonly FamilyNoise[];
  /** Bartlett's test that all families share one sd; 1 when there is nothing to compare */
  readonly driftPValue: number;
  /** families differ beyond chance: the pooled sd may not stand for each of them */
  readonly drifted: boolean;
  /** 95 % interval of the pooled sd */
  readonly ci: readonly [number, number];
  /** the gate wants at least 20 degrees of freedom (rule 10) */
  readonly enough: boolean;
}

export const REQUIRED_SEED_DEGREES_OF_FREEDOM = 20;

function pool(groups: readonly CalibrationGroup[]): SeedNoise {
  let squares = 0;
  let degreesOfFreedom = 0;
  for (const { values } of groups) {
    if (values.length < 2) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const value of values) squares += (value - mean) ** 2;
    degreesOfFreedom += values.length - 1;
  }
  return { sd: degreesOfFreedom === 0 ? 0 : Math.sqrt(squares / degreesOfFreedom), degreesOfFreedom };
}

/** Bartlett (1937): corrected log-likelihood ratio of equal variances, chi-square with families - 1 df. */
function bartlett(families: readonly FamilyNoise[], pooled: SeedNoise): number {
  const usable = families.filter((f) => f.degreesOfFreedom > 0);
  if (usable.length < 2 || pooled.sd === 0) return 1;
  if (usable.some((f) => f.sd === 0)) return 0; // a family without any noise beside one with noise
  let statistic = pooled.degreesOfFreedom * Math.log(pooled.sd ** 2);
  let inverse = -1 / pooled.degreesOfFreedom;
  for (const { sd, degreesOfFreedom } of usable) {
    statistic -= degreesOfFreedom * Math.log(sd ** 2);
    inverse += 1 / degreesOfFreedom;
  }
  return chiSquareTail(statistic / (1 + inverse / (3 * (usable.length - 1))), usable.length - 1);
}

/**
 * Seed sd of one run, pooled over calibration groups: root of (sum of within-group squares / degrees of freedom).
 * Differences between groups' means play no part.
 * @throws CONFIG_INVALID when no group has two runs
 */
export function pooledSeedNoise(groups: readonly CalibrationGroup[], driftLevel = 0.01): PooledSeedNoise {
  const pooled = pool(groups);
  const df = pooled.degreesOfFreedom;
  if (df === 0) {
    throw new AutoModelError(
      'CONFIG_INVALID',
      'No configuration was run with two seeds, so seed noise is unknown',
      {
        remedy: 'Calibrate with at least two seeds for each configuration.',
      },
    );
  }
  const names = [...new Set(groups.map((group) => group.family))].sort();
  const families = names.map((family) => ({
    family,
    ...pool(groups.filter((group) => group.family === family)),
  }));
  const driftPValue = bartlett(families, pooled);
  return {
    ...pooled,
    families,
    driftPValue,
    drifted: driftPValue < driftLevel,
    ci: [
      pooled.sd * Math.sqrt(df / chiSquareQuantile(0.975, df)),
      pooled.sd * Math.sqrt(df / chiSquareQuantile(0.025, df)),
    ],
    enough: df >= REQUIRED_SEED_DEGREES_OF_FREEDOM,
  };
}

/**
 * The noise that the gate should assume when it compares two families: the pooled one, unless families drifted apart;
 * then the larger of the two families' own. A family that was never calibrated may be as noisy as the noisiest that was:
 * the pooled sd would let the calm ones speak for it.
 */
export function seedNoiseFor(noise: PooledSeedNoise, ...families: readonly string[]): SeedNoise {
  const pooled = { sd: noise.sd, degreesOfFreedom: noise.degreesOfFreedom };
  if (!noise.drifted || families.length === 0) return pooled;
  const calibrated = noise.families.filter((f) => f.degreesOfFreedom > 0);
  const noisiest = calibrated.reduce((a, b) => (b.sd > a.sd ? b : a));
  const own = families.map((name) => calibrated.find(({ family }) => family === name) ?? noisiest);
  const { sd, degreesOfFreedom } = own.reduce((a, b) => (b.sd > a.sd ? b : a));
  return { sd, degreesOfFreedom };
}
