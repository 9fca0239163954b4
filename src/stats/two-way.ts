import { AutoModelError } from '../platform/index.js';
import { studentQuantile } from './distributions.js';
import { clusterDegreesOfFreedom, clusterVariance, type Influence } from './influences.js';
import { believedNoise, noiseOfDifference, ownNoise, type DifferenceNoise } from './own-noise.js';
import type { SeedNoise } from './seed-noise.js';

export interface TwoWayOptions {
  /**
   * pooled seed sd of one run; without it the runs' own sd is used (poor with few seeds), and so it is where the runs
   * contradict it, see {@link believedNoise}
   */
  readonly seedNoise?: SeedNoise;
  /** coverage of the interval, default 0.95, two-sided */
  readonly confidence?: number;
}

export interface TwoWayInterval {
  readonly mean: number;
  /** sd over the given seeds; 0 when there is one */
  readonly sd: number;
  readonly seeds: number;
  readonly se: number;
  readonly ci: readonly [number, number];
  readonly df: number;
  readonly seedSe: number;
  readonly userSe: number;
  /** of the user part alone */
  readonly userDf: number;
  /** false when there is one seed and no calibration: the interval then covers users only */
  readonly seedNoiseKnown: boolean;
  /** false when all rows belong to one cluster: the interval then covers seeds only */
  readonly userNoiseKnown: boolean;
}

export interface PairedDifference extends Omit<TwoWayInterval, 'mean' | 'ci'> {
  /** mean over seeds of a - b */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The two parts of an error: what differs between seeds, and what differs between users. */
export interface ErrorParts {
  /** variance of one seed's value (of one pair's difference), and what it was estimated from */
  readonly seedVariance: number;
  readonly seedDf: number;
  readonly seeds: number;
  /** variance of the seed-averaged value over fresh users */
  readonly userVariance: number;
  readonly userDf: number;
  /** bound of the degrees of freedom of both together, default none; see {@link noiseOfDifference} */
  readonly mostDf?: number;
}

export interface TwoWayError {
  readonly se: number;
  readonly df: number;
  readonly seedSe: number;
  readonly userSe: number;
  readonly userDf: number;
}

/** Standard error of both parts together, with degrees of freedom by Satterthwaite (Biometrics 1946) over the two. */
export function twoWayError(parts: ErrorParts): TwoWayError {
  const { seedVariance, seedDf, seeds, userVariance, userDf, mostDf = Number.POSITIVE_INFINITY } = parts;
  const seedPart = seedVariance / seeds;
  const variance = seedPart + userVariance;
  const spread = (seedDf > 0 ? seedPart ** 2 / seedDf : 0) + userVariance ** 2 / userDf;
  const df = Math.min(mostDf, spread > 0 ? Math.max(1, variance ** 2 / spread) : userDf);
  return {
    se: Math.sqrt(variance),
    df,
    seedSe: Math.sqrt(seedPart),
    userSe: Math.sqrt(userVariance),
    userDf,
  };
}

/**
 * Variance of a mean over k seeds of a metric on one set of users, when both seeds and users are samples:
 *   value(seed s, users) = truth + a_s + sum over users of psi_su
 *   V = seedVariance / k + clusterVariance(mean over s of psi_su) - interaction
 * The seed variance and the variance of the averaged influence both contain the seed-user interaction once, so it is
 * subtracted once (as in the two-way cluster-robust variance of Cameron, Gelbach & Miller, JBES 2011).
 */
function twoWay(
  influences: readonly Float64Array[],
  clusters: number,
  seed: Pick<ErrorParts, 'seedVariance' | 'seedDf' | 'mostDf'>,
): TwoWayError {
  const k = influences.length;
  const averaged = new Float64Array(influences[0].length);
  for (const psi of influences) for (let u = 0; u < averaged.length; u += 1) averaged[u] += psi[u] / k;
  let interaction = 0;
  if (k > 1 && clusters > 1) {
    for (const psi of influences) {
      for (let u = 0; u < averaged.length; u += 1) interaction += (psi[u] - averaged[u]) ** 2;
    }
    interaction *= clusters / (clusters - 1) / (k * (k - 1));
  }
  return twoWayError({
    ...seed,
    seeds: k,
    userVariance: Math.max(0, clusterVariance(averaged, clusters) - interaction),
    userDf: clusterDegreesOfFreedom(averaged, clusters),
  });
}

function checkSame(runs: readonly Influence[], what: string): number {
  if (runs.length === 0) throw new AutoModelError('INTERNAL', `${what} needs at least one run`);
  const { clusters, perCluster } = runs[0];
  for (const run of runs) {
    if (run.perCluster.length !== perCluster.length || run.clusters !== clusters) {
      throw new AutoModelError(
        'CONTRACT_MISMATCH',
        `${what} mixes runs that were scored on different users`,
        {
          remedy: 'Score every run on the same rows before comparing.',
          details: { clusters: runs.map((r) => r.clusters) },
        },
      );
    }
  }
  return clusters;
}

/**
 * Mean of a metric over seeds with its two-way interval (seeds and user clusters).
 * @param runs one influence record per seed, all on the same rows
 * @throws CONTRACT_MISMATCH when the runs were scored on different users
 */
export function twoWayInterval(runs: readonly Influence[], options: TwoWayOptions = {}): TwoWayInterval {
  const own = ownNoise(runs.map((run) => run.value));
  const { seedNoise, confidence } = options;
  return intervalOf(runs, seedNoise === undefined ? undefined : believedNoise(own, seedNoise), confidence);
}

/** @param noise of one run's value; undefined: that of the runs themselves */
function intervalOf(
  runs: readonly Influence[],
  noise: (SeedNoise & Partial<DifferenceNoise>) | undefined,
  confidence = 0.95,
): TwoWayInterval {
  const clusters = checkSame(runs, 'An interval');
  const values = runs.map((run) => run.value);
  const own = ownNoise(values);
  const { sd, degreesOfFreedom, mostDf }: SeedNoise & Partial<DifferenceNoise> = noise ?? own;
  const parts = twoWay(
    runs.map((run) => run.perCluster),
    clusters,
    { seedVariance: sd ** 2, seedDf: degreesOfFreedom, mostDf },
  );
  const centre = mean(values);
  const half = studentQuantile(0.5 + confidence / 2, parts.df) * parts.se;
  return {
    ...parts,
    mean: centre,
    sd: own.sd,
    seeds: runs.length,
    ci: [centre - half, centre + half],
    seedNoiseKnown: noise !== undefined || runs.length > 1,
    userNoiseKnown: clusters > 1,
  };
}

/**
 * Difference a - b over paired seeds, both scored on the same users, with its two-way interval. Influences are
 * differenced per user before they are squared, so what both models find hard cancels (for AUC this is the paired test
 * of DeLong et al. 1988, clustered).
 * With pooled seed noise the difference of one pair of runs has sd sqrt(2) times that of one run, see
 * {@link noiseOfDifference}; more where a side's own runs contradict the pooled noise.
 * @param a runs of the candidate, one per seed
 * @param b runs of the ancestor, same seeds in the same order
 * @throws CONTRACT_MISMATCH when seeds or users do not match, GAIN_UNRESOLVABLE when there is only one user
 */
export function pairedDifference(
  a: readonly Influence[],
  b: readonly Influence[],
  options: TwoWayOptions = {},
): PairedDifference {
  if (a.length !== b.length) {
    throw new AutoModelError('CONTRACT_MISMATCH', `${a.length} runs cannot be paired with ${b.length}`, {
      remedy: 'Run both sides with the same seeds.',
    });
  }
  if (checkSame([...a, ...b], 'A paired difference') < 2) {
    // Without this a difference on one user would look certain: its user noise cannot be seen, so it would count as zero.
    throw new AutoModelError(
      'GAIN_UNRESOLVABLE',
      'All evaluated rows belong to one user, so no gain can be resolved',
      {
        remedy: 'Evaluate on rows of several users, or cluster by blocks of rows or time.',
      },
    );
  }
  const runs = a.map((run, s) => ({
    value: run.value - b[s].value,
    perCluster: run.perCluster.map((psi, u) => psi - b[s].perCluster[u]),
    clusters: run.clusters,
  }));
  const { seedNoise, confidence } = options;
  const valuesOf = (side: readonly Influence[]) => ownNoise(side.map((run) => run.value));
  const noise = seedNoise && noiseOfDifference(valuesOf(a), valuesOf(b), seedNoise);
  const { mean: difference, ci, ...rest } = intervalOf(runs, noise, confidence);
  return { ...rest, difference, lower: ci[0], upper: ci[1] };
}
