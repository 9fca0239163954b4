import { z } from 'zod';

/** Words of experiments: metric definitions as a person gives them, and what `experiment analyze` and `plan` answer. */

export const Verdict = z.enum(['KEEP', 'EXTEND', 'DISCARD']);
export type Verdict = z.infer<typeof Verdict>;

export const MetricRole = z.enum(['success', 'guardrail', 'watched']);
export type MetricRole = z.infer<typeof MetricRole>;

export const MetricKind = z.enum(['mean', 'proportion', 'ratio', 'retention', 'quantile']);
export type MetricKind = z.infer<typeof MetricKind>;

const name = z.string().min(1);

/**
 * One metric of an experiment. A unit's value is the sum of its rows after exposure. mean: of the units' values; proportion: share
 * of units with a value above zero; ratio: sum of the values over sum of the denominators; retention: share of units with a row in a
 * window of days after exposure; quantile: of all rows, with units as clusters.
 */
export const MetricDefinition = z.strictObject({
  name,
  role: MetricRole,
  kind: MetricKind.default('mean'),
  /** the metric (long and sums form) or column (wide form) of the data; left out: `name` */
  of: name.optional(),
  /** of a ratio: the metric or column below */
  denominator: name.optional(),
  /** which way is better */
  direction: z.enum(['up', 'down']).default('up'),
  /** of a guardrail: the loss that is still no harm, as a share of the control's value */
  margin: z.number().positive().lt(1).optional(),
  /** of a success metric: the least lift worth having, as a share of the control's value */
  minimum: z.number().nonnegative().optional(),
  /** adjust by the unit's own value before its exposure; needs times */
  cuped: z.boolean().default(false),
  /** adjust by another metric or column that the treatment cannot have changed; with times, its rows before exposure */
  covariate: name.optional(),
  /** of a ratio as covariate: its denominator */
  covariateDenominator: name.optional(),
  /** of a quantile: its level */
  quantile: z.number().gt(0).lt(1).optional(),
  /** of retention: days after exposure, from (included) and to (not included) */
  days: z.tuple([z.number().nonnegative(), z.number().positive()]).optional(),
  /** a unit without a value counts as zero, or is left out of this metric */
  missing: z.enum(['zero', 'leave-out']).default('zero'),
});
export type MetricDefinition = z.infer<typeof MetricDefinition>;

const Interval = z.tuple([z.number(), z.number()]);
const Share = z.number().min(0).max(1);

/** A two-sided test of no difference with its interval at 1 − alpha. */
export const TestedDifference = z.object({ p: Share, ci: Interval });

/** Treatment minus control on one scale. */
export const EffectEstimate = z.object({
  estimate: z.number(),
  se: z.number().nonnegative(),
  /** Welch's degrees of freedom */
  df: z.number().positive(),
  /** holds for one look that was planned beforehand */
  fixedHorizon: TestedDifference,
  /** holds at all looks together */
  alwaysValid: TestedDifference,
});
export type EffectEstimate = z.infer<typeof EffectEstimate>;

export const ArmOfMetric = z.object({
  variant: z.string(),
  /** units that the metric is measured on */
  units: z.number().int().nonnegative(),
  /** mean, share, ratio or quantile, not adjusted */
  value: z.number().nullable(),
  /** of one unit */
  sd: z.number().nonnegative().nullable(),
});
export type ArmOfMetric = z.infer<typeof ArmOfMetric>;

/** A relative difference with its standard error. */
const Lift = z.object({ lift: z.number(), se: z.number().nonnegative() });

/**
 * A success metric by days since a unit was exposed, over the units that have reached the late days: whether what was seen at first is
 * still there.
 */
export const NoveltyReading = z.object({
  /** days since exposure from which on is late */
  lateFromDay: z.number().positive(),
  /** of both arms */
  units: z.number().int().nonnegative(),
  /** days since exposure, from (included) to (not included; null: all that come) */
  windows: z.array(
    Lift.extend({ fromDay: z.number().nonnegative(), toDay: z.number().positive().nullable() }),
  ),
  early: Lift,
  /** with its two-sided p */
  late: Lift.extend({ p: Share }),
  /** what the early lift is above the late one, in the direction that is better; one-sided p of this look by itself */
  fade: Lift.extend({ p: Share }),
  /**
   * fades: significantly smaller late at this look, and neither shown to be better late nor to have half of the early lift left. lasts:
   * significantly better late, and either not smaller or with that half left
   */
  outcome: z.enum(['fades', 'lasts', 'undecided']),
});
export type NoveltyReading = z.infer<typeof NoveltyReading>;

/** One treatment against the control on one metric. */
export const MetricComparison = z.object({
  variant: z.string(),
  /** null where it cannot be computed; `note` says why, or why the absolute one was judged where the relative one was asked for */
  absolute: EffectEstimate.nullable(),
  relative: EffectEstimate.nullable(),
  note: z.string().nullable(),
  /** the scale on which the metric was judged; guardrails' margins always on the absolute one */
  judgedOn: z.enum(['relative', 'absolute']),
  /** two-sided, by the chosen inference, before and after correction for multiplicity (success metrics × arms) */
  p: Share.nullable(),
  adjustedP: Share.nullable(),
  outcome: z.enum(['better', 'worse', 'undecided', 'safe', 'harmed']),
  /** significantly worse than the control, whatever a margin allows */
  worse: z.boolean(),
  /** of guardrails: how far the control's value may at most be lost, as a share of it */
  guardrail: z
    .object({
      margin: z.number(),
      /** one-sided bound of the lift at 1 − alpha, turned so that larger is better; safe above −margin */
      bound: z.number(),
      p: Share,
    })
    .nullable(),
  covariate: z
    .object({
      theta: z.number(),
      /** share of the squared standard error that the covariate took away */
      varianceRemoved: z.number(),
    })
    .nullable(),
  /** flat or given normal prior, on the judged scale; chance and risk in the direction that is better */
  bayesian: z
    .object({
      estimate: z.number(),
      ci: Interval,
      chanceToWin: Share,
      risk: z.object({ control: z.number().nonnegative(), treatment: z.number().nonnegative() }),
    })
    .nullable(),
  /** of success metrics with times, from two days on */
  novelty: NoveltyReading.nullable(),
});
export type MetricComparison = z.infer<typeof MetricComparison>;

export const MetricReading = z.object({
  name: z.string(),
  role: MetricRole,
  kind: MetricKind,
  direction: z.enum(['up', 'down']),
  arms: z.array(ArmOfMetric),
  comparisons: z.array(MetricComparison),
});
export type MetricReading = z.infer<typeof MetricReading>;

export const SegmentReading = z.object({
  column: z.string(),
  value: z.string(),
  arms: z.array(z.object({ variant: z.string(), units: z.number().int().nonnegative() })),
  metrics: z.array(MetricReading),
});
export type SegmentReading = z.infer<typeof SegmentReading>;

export const QualityCheck = z.object({
  name: z.enum([
    'sample-ratio',
    'one-variant-per-unit',
    'units-enough',
    'planned-sample',
    'reports',
    'alike-before',
  ]),
  passed: z.boolean(),
  p: Share.nullable(),
  message: z.string(),
});
export type QualityCheck = z.infer<typeof QualityCheck>;

export const ArmVerdict = z.object({ variant: z.string(), verdict: Verdict, reasons: z.array(z.string()) });
export type ArmVerdict = z.infer<typeof ArmVerdict>;

export const ExperimentAnalyzeResult = z.object({
  control: z.string(),
  form: z.enum(['long', 'wide', 'sums', 'event-log']),
  inference: z.enum(['fixed-horizon', 'always-valid']),
  alpha: z.number().gt(0).lt(1),
  /** units at which always-valid intervals are tightest */
  tunedFor: z.number().positive(),
  correction: z.enum(['holm', 'benjamini-hochberg', 'none']),
  arms: z.array(
    z.object({
      variant: z.string(),
      units: z.number().int().nonnegative(),
      /** of all units, by the planned weights */
      expectedShare: Share,
    }),
  ),
  checks: z.array(QualityCheck),
  metrics: z.array(MetricReading),
  verdicts: z.array(ArmVerdict),
  /** read-outs of parts of the units, with p-values corrected over all of them; they explore and decide nothing */
  segments: z.array(SegmentReading),
  /** what the analysis did not use */
  leftOut: z.object({
    /** in more than one variant; their first rows, as "file, row n" */
    unitsInSeveralVariants: z.number().int().nonnegative(),
    examples: z.array(z.string()),
    exposureRowsWithoutUnitOrVariant: z.number().int().nonnegative(),
    metricRowsOfUnexposedUnits: z.number().int().nonnegative(),
    metricRowsBeforeExposure: z.number().int().nonnegative(),
  }),
});
export type ExperimentAnalyzeResult = z.infer<typeof ExperimentAnalyzeResult>;

export const ExperimentPlanResult = z.object({
  purpose: z.enum(['lift', 'margin']),
  inference: z.enum(['fixed-horizon', 'always-valid']),
  /** relative lift that is found, or margin that is held, with the wanted power */
  effect: z.number(),
  /** whether `effect` was given and `units` computed, or the other way round */
  solvedFor: z.enum(['units', 'effect']),
  baseline: z.object({ mean: z.number(), sd: z.number().nonnegative() }),
  /** level of this one test, shared over success metrics and arms */
  alpha: z.number().gt(0).lt(1),
  /** power wanted of the decision, and of each single test so that all of them together reach it */
  power: z.number().gt(0).lt(1),
  powerPerTest: z.number().gt(0).lt(1),
  /** in all arms together */
  units: z.number().int().positive(),
  arms: z.array(z.object({ arm: z.string(), share: Share, units: z.number().int().nonnegative() })),
  /** null without units per day */
  days: z.number().int().positive().nullable(),
  /** the same in whole weeks, so that every weekday counts alike */
  wholeWeeks: z.number().int().positive().nullable(),
});
export type ExperimentPlanResult = z.infer<typeof ExperimentPlanResult>;
