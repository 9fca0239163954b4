import { z } from 'zod';
import { ExperimentRecord } from './experiment-record.js';
import { ArmVerdict, MetricReading, QualityCheck } from './experiments.js';

/** What is known of experiments while they run, and what commands say of them. */

const Share = z.number().min(0).max(1);
const Count = z.number().int().nonnegative();

/** A guardrail of one treatment as a look of the ramp saw it. */
export const GuardSighting = z.object({
  metric: z.string(),
  variant: z.string(),
  outcome: z.enum(['safe', 'harmed', 'undecided']),
  /** significantly below the control, be it within the margin */
  worse: z.boolean(),
  /** difference from the control, as a share of it, turned so that larger is better; null: cannot be told */
  lift: z.number().nullable(),
  /** no larger loss is compatible with the data, as a share of the control; null: cannot be told */
  lossAtMost: z.number().nullable(),
});
export type GuardSighting = z.infer<typeof GuardSighting>;

export const RampDecision = z.object({
  kind: z.enum(['advance', 'stay', 'hold', 'roll-back', 'keep', 'discard']),
  reasons: z.array(z.string()),
  /** of `advance`: the step that comes, from 0 */
  step: Count.nullable(),
});
export type RampDecision = z.infer<typeof RampDecision>;

/** One look at a running experiment, as its journal keeps it. */
export const ExperimentLook = z.object({
  atMs: Count,
  epoch: Count,
  share: Share,
  arms: z.array(z.object({ variant: z.string(), units: Count })),
  sampleRatioP: Share,
  guards: z.array(GuardSighting),
  verdicts: z.array(ArmVerdict),
  decision: RampDecision,
});
export type ExperimentLook = z.infer<typeof ExperimentLook>;

/** A time during which the allocation stood still. */
export const ExperimentEpoch = z.object({
  share: Share,
  fromMs: Count,
  /** null: goes on */
  toMs: Count.nullable(),
});
export type ExperimentEpoch = z.infer<typeof ExperimentEpoch>;

export const ExperimentOutcome = z.enum(['KEEP', 'DISCARD', 'killed', 'rolled-back']);
export type ExperimentOutcome = z.infer<typeof ExperimentOutcome>;

/** What the events of an experiment add up to. */
export const ExperimentState = z.object({
  record: ExperimentRecord,
  status: z.enum(['running', 'stopped']),
  /** step of the ramp, from 0; null when the share was set by hand to something between */
  step: Count.nullable(),
  epochs: z.array(ExperimentEpoch).min(1),
  looks: z.array(ExperimentLook),
  /** of units whose variant was set after the start, beside those of the record */
  overrides: z.record(z.string(), z.string()),
  ended: z.object({ atMs: Count, outcome: ExperimentOutcome, reason: z.string() }).nullable(),
});
export type ExperimentState = z.infer<typeof ExperimentState>;

/** Events of the experiments' journal by kind, with their payloads. */
export const ExperimentEvents = {
  'experiment-started': z.object({ record: ExperimentRecord }),
  'experiment-allocated': z.object({
    id: z.string(),
    share: Share,
    step: Count.nullable(),
    reason: z.string(),
  }),
  'experiment-looked': z.object({ id: z.string(), look: ExperimentLook }),
  'experiment-overridden': z.object({ id: z.string(), unit: z.string(), variant: z.string().nullable() }),
  'experiment-stopped': z.object({ id: z.string(), outcome: ExperimentOutcome, reason: z.string() }),
} as const;

/** What one experiment looks like in the answers of commands. */
export const ExperimentSummary = z.object({
  id: z.string(),
  hypothesis: z.string(),
  status: z.enum(['running', 'stopped']),
  outcome: ExperimentOutcome.nullable(),
  reason: z.string().nullable(),
  layer: z.object({ name: z.string(), from: Count, to: Count }),
  surfaces: z.array(z.string()),
  parameters: z.array(z.string()),
  /** of the units that get a treatment now */
  share: Share,
  step: Count.nullable(),
  steps: Count,
  arms: z.array(z.object({ variant: z.string(), share: Share, units: Count.nullable() })),
  epochs: z.array(ExperimentEpoch),
  looks: Count,
  lastLook: ExperimentLook.nullable(),
  plannedUnits: z.number().int().positive().nullable(),
});
export type ExperimentSummary = z.infer<typeof ExperimentSummary>;

export const ExperimentStartResult = z.object({
  experiment: ExperimentSummary,
  /** what the planned sample shows on the step where it is judged; null: unknown */
  plan: z
    .object({
      /** the first success metric; under non-inferiority the first guardrail */
      metric: z.string(),
      units: Count,
      /** lift: a change of the metric is found. margin: a loss is ruled out where there is none */
      purpose: z.enum(['lift', 'margin']),
      /** smallest relative lift, or minus the smallest loss that is ruled out; null: none */
      detectableLift: z.number().nullable(),
      power: Share,
    })
    .nullable(),
});
export type ExperimentStartResult = z.infer<typeof ExperimentStartResult>;

export const ExperimentStatusResult = z.object({
  experiments: z.array(ExperimentSummary),
  /** under --holds: who changes what, where, for whom */
  holds: z.array(
    z.object({
      surface: z.string(),
      parameter: z.string(),
      holders: z.array(z.object({ experiment: z.string(), layer: z.string(), from: Count, to: Count })),
    }),
  ),
});
export type ExperimentStatusResult = z.infer<typeof ExperimentStatusResult>;

export const ExperimentChangeResult = z.object({ experiment: ExperimentSummary });
export type ExperimentChangeResult = z.infer<typeof ExperimentChangeResult>;

export const ExperimentRampResult = z.object({
  experiment: ExperimentSummary,
  /** null: the share was set by hand, nothing was looked at */
  look: ExperimentLook.nullable(),
  /** metrics over all epochs together */
  metrics: z.array(MetricReading),
  checks: z.array(QualityCheck),
});
export type ExperimentRampResult = z.infer<typeof ExperimentRampResult>;

/** A value of a policy that did not act, from the log of one that did. */
export const CounterfactualEstimate = z.object({
  method: z.enum(['ips', 'snips', 'dm', 'dr']),
  value: z.number(),
  se: z.number().nonnegative(),
  ci: z.tuple([z.number(), z.number()]),
});
export type CounterfactualEstimate = z.infer<typeof CounterfactualEstimate>;

export const CounterfactualResult = z.object({
  /** whether the log can answer; where it cannot, there are no estimates and the reasons say why */
  identifiable: z.boolean(),
  reasons: z.array(z.string()),
  rows: Count,
  /** units that rows are grouped by for errors; null: rows are taken for independent */
  units: Count.nullable(),
  /** mean reward under the policy that acted */
  logged: z.object({ value: z.number(), se: z.number().nonnegative() }),
  estimates: z.array(CounterfactualEstimate),
  weights: z.object({
    mean: z.number(),
    se: z.number().nonnegative(),
    largest: z.number(),
    effectiveSampleSize: z.number().nonnegative(),
    clip: z.number().positive().nullable(),
    clippedShare: Share,
    /** mean probability that the judged policy puts on actions that the log could not show; null: not known */
    unsupported: Share.nullable(),
  }),
  alpha: z.number().gt(0).lt(1),
});
export type CounterfactualResult = z.infer<typeof CounterfactualResult>;
