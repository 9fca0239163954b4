import { z } from 'zod';

/** What `calibrate` says: the noise of a project, or of the simulated gate. Gains are oriented so that larger is better. */

const Interval = z.tuple([z.number(), z.number()]);

/** A configuration that was run over seeds. */
export const CalibratedModel = z.object({
  model: z.string(),
  role: z.enum(['baseline', 'deep']),
  runs: z.number().int().nonnegative(),
  /** seeds lost to the infrastructure, and seeds on which the model itself failed: left out, never zeros */
  lost: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  secondsPerRun: z.number().nonnegative().nullable(),
});
export type CalibratedModel = z.infer<typeof CalibratedModel>;

/** Spread of one run's score on the gate's users. */
export const RunNoise = z.object({
  model: z.string(),
  mean: z.number(),
  /** sd of one run: root of seed part squared plus user part squared */
  sd: z.number().nonnegative(),
  seedSd: z.number().nonnegative(),
  userSe: z.number().nonnegative(),
});
export type RunNoise = z.infer<typeof RunNoise>;

/**
 * How often the gate accepts copies of one configuration over disjoint seeds, where there is nothing to accept. The pairs
 * share runs, so the interval counts only as many of them as are disjoint.
 */
export const FalseAccepts = z.object({
  /** one-look: the whole error budget on one look; first-look: what the first look of a run spends */
  level: z.enum(['one-look', 'first-look']),
  alpha: z.number().positive(),
  pairs: z.number().int().positive(),
  disjointPairs: z.number().int().positive(),
  accepted: z.number().int().nonnegative(),
  rate: z.number().min(0).max(1),
  ci: Interval,
});
export type FalseAccepts = z.infer<typeof FalseAccepts>;

/** The gain that so many paired seeds find with the wanted power. */
export const ResolvableGain = z.object({
  seeds: z.number().int().positive(),
  gain: z.number().nonnegative(),
});
export type ResolvableGain = z.infer<typeof ResolvableGain>;

export const MetricCalibration = z.object({
  metric: z.string(),
  /** the one that models are chosen by */
  primary: z.boolean(),
  models: z.array(RunNoise),
  /** seed sd of one run, pooled over the models */
  pooled: z.object({
    sd: z.number().nonnegative(),
    degreesOfFreedom: z.number().int().positive(),
    ci: Interval,
    /** the models differ in noise; the gate then takes the larger */
    drifted: z.boolean(),
  }),
  /** error of deep minus baseline from users alone, on the gate's users; null when one of them never ran */
  difference: z.object({ userSe: z.number().nonnegative(), userDf: z.number().positive() }).nullable(),
  /** empty when there were too few runs for one pair */
  falseAccepts: z.array(FalseAccepts),
  /** by number of seeds; empty when the difference is not known */
  resolvable: z.array(ResolvableGain),
  /** what no number of seeds gets below, since the users stay the same */
  userLimit: z.number().nonnegative().nullable(),
  /** what the minutes that are left would pay for; null without minutes */
  affordable: ResolvableGain.nullable(),
  /** of the gain that was asked about; `seeds` null: no number of seeds resolves it */
  wanted: z
    .object({
      gain: z.number().positive(),
      seeds: z.number().int().positive().nullable(),
      reason: z.string(),
    })
    .nullable(),
});
export type MetricCalibration = z.infer<typeof MetricCalibration>;

export const MeasuredCalibration = z.object({
  kind: z.literal('measured'),
  contractHash: z.string(),
  metric: z.string(),
  /** one-sided level of the gate's first look and the power, to which all gains are told */
  alpha: z.number().positive(),
  power: z.number().positive(),
  /** paired seeds of one look of evolve's gate */
  gateSeeds: z.number().int(),
  models: z.array(CalibratedModel),
  metrics: z.array(MetricCalibration),
  cost: z.object({ seconds: z.number().nonnegative(), trainings: z.number().int().nonnegative() }),
});
export type MeasuredCalibration = z.infer<typeof MeasuredCalibration>;

const Share = z.object({ rate: z.number().min(0).max(1), ci: Interval });

/** Runs of the gate in a world whose truth is known. Scores are in sds of one run over seeds. */
export const SimulatedWorld = z.object({
  name: z.string(),
  userSe: z.number(),
  userDf: z.number(),
  kinship: z.number(),
  /** a share of the candidates with a larger seed sd than the calibrated one; absent where there are none */
  unstable: z.object({ share: z.number(), sd: z.number() }).optional(),
  looksPerRun: z.number(),
  /** runs without any gain that accepted something, by how they decide */
  falseAccepts: z.array(
    Share.extend({
      decides: z.enum(['gate', 'gate-default-minimum', 'looks-unpaid', 'every-candidate', 'same-users']),
      control: z.boolean(),
      runs: z.number().int(),
    }),
  ),
  /** one mutation of each run has the gain, its descendants inherit it */
  planted: z.array(
    z.object({
      gainInSd: z.number(),
      decides: z.enum(['gate', 'gate-default-minimum']),
      /** a run accepts a candidate that has the gain */
      found: Share,
      /** a run accepts something no better than its ancestor */
      falseAccepts: Share,
      /** the first look accepts a candidate that has the gain, and what the gate says of that chance on average */
      firstLook: Share,
      toldPower: z.number().min(0).max(1),
    }),
  ),
  /** reported score of the final choice minus the truth, mean and its standard error */
  reported: z.array(
    z.object({
      report: z.enum(['best-screening', 'race', 'fresh-seeds-and-users']),
      meanError: z.number(),
      se: z.number().nonnegative(),
    }),
  ),
});
export type SimulatedWorld = z.infer<typeof SimulatedWorld>;

export const SimulatedGate = z.object({
  kind: z.literal('simulated'),
  runs: z.number().int().positive(),
  candidates: z.number().int().positive(),
  seed: z.number().int(),
  plan: z.object({
    maxLooks: z.number().int(),
    alpha: z.number(),
    gateSeeds: z.number().int(),
    contenders: z.number().int(),
    calibrationSeeds: z.number().int(),
    finalSeeds: z.number().int(),
  }),
  worlds: z.array(SimulatedWorld),
  /** the largest share of runs that the gate may accept falsely in any world, and whether it was kept */
  target: z.number(),
  kept: z.boolean(),
  seconds: z.number().nonnegative(),
});
export type SimulatedGate = z.infer<typeof SimulatedGate>;

export const CalibrateResult = z.discriminatedUnion('kind', [MeasuredCalibration, SimulatedGate]);
export type CalibrateResult = z.infer<typeof CalibrateResult>;
