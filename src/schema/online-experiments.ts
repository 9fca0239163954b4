import { z } from 'zod';
import { Precision, TableStorage } from './autoperf.js';
import { ArmVerdict, MetricDefinition, MetricReading, QualityCheck } from './experiments.js';

/** Words of running experiments: the record that is written when one starts, and what is known of it while it runs. */

const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, dashes; at most 64');
const Share = z.number().min(0).max(1);
const Count = z.number().int().nonnegative();

/** Buckets that units are hashed to: shares are told apart to a hundredth of a percent. */
export const bucketCount = 10_000;

/** What users of an arm get that others do not. */
export const ArmChange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** a version that the server has loaded beside its own */
  z.strictObject({ kind: z.literal('version'), version: z.string().min(1) }),
  z.strictObject({ kind: z.literal('artefact'), artefact: z.string().min(1) }),
  /** a composition of the pipeline, by its file in the project */
  z.strictObject({ kind: z.literal('pipeline'), pipeline: z.string().min(1) }),
  /** the same model computed otherwise, as `plan-serving` says; what is left out stays as it is */
  z.strictObject({
    kind: z.literal('resources'),
    threads: z.number().int().min(1).max(256).optional(),
    precision: Precision.optional(),
    tables: TableStorage.optional(),
    candidates: z.number().int().min(1).max(10_000).optional(),
  }),
  z.strictObject({ kind: z.literal('parameters'), values: z.record(z.string(), z.unknown()) }),
]);
export type ArmChange = z.infer<typeof ArmChange>;

export const ExperimentTreatment = z.strictObject({
  name: Name,
  /** of the treated units, in any unit; the control has all units that are not treated */
  weight: z.number().positive().default(1),
  change: ArmChange,
});
export type ExperimentTreatment = z.infer<typeof ExperimentTreatment>;

/**
 * A metric of the data made of events: each event of the kind counts one, or its value, or the first one of a unit counts one and the
 * others nothing.
 */
export const EventMeasure = z.strictObject({
  /** kind of the events: click, hide, purchase, ... */
  event: z.string().min(1),
  aggregate: z.enum(['count', 'sum', 'any']).default('count'),
  /** only events of this surface: named in the event itself (`more.surface`), or in the server's event of its request */
  surface: z.string().min(1).optional(),
});
export type EventMeasure = z.infer<typeof EventMeasure>;

export const RampStep = z.strictObject({
  /** of the units of the experiment, how many get a treatment */
  share: z.number().gt(0).max(1),
  /** least hours; whole days, so that no hour of the day weighs more */
  hours: z.number().nonnegative().default(24),
  /** least units of each arm */
  units: z.number().int().nonnegative().default(500),
  /** loss of any guardrail, as a share of the control, that must be ruled out before the next step; left out: by the risk budget */
  ruleOut: z.number().positive().lt(1).optional(),
});
export type RampStep = z.infer<typeof RampStep>;

const usualSteps = [0.01, 0.05, 0.1, 0.25, 0.5, 1].map((share) => ({ share, hours: 24, units: 500 }));

export const RampPlan = z.strictObject({
  steps: z.array(RampStep).min(1).default(usualSteps),
  /** largest part of everybody's guardrail metric that may be at stake unseen: next share × loss that is not ruled out */
  riskBudget: z.number().positive().max(1).default(0.02),
});
export type RampPlan = z.infer<typeof RampPlan>;

export const ExperimentRecord = z
  .strictObject({
    id: Name,
    hypothesis: z.string().min(1).max(2000),
    /** what is randomised */
    unit: z.literal('user').default('user'),
    /** a unit is in at most one experiment of a layer; experiments of one layer share its buckets out, from (included) to (not) */
    layer: z
      .strictObject({
        name: Name,
        from: z.number().int().min(0).max(bucketCount).default(0),
        to: z.number().int().min(0).max(bucketCount).default(bucketCount),
      })
      .default({ name: 'default', from: 0, to: bucketCount }),
    /** where it acts, and what it changes there: nobody else may change it for the same users meanwhile */
    holds: z.strictObject({
      surfaces: z.array(z.string().min(1)).min(1).default(['recommend']),
      parameters: z.array(z.string().min(1)).min(1),
    }),
    /** of the hash that assigns; left out: the id */
    seed: z.string().min(1).max(256).optional(),
    control: z.strictObject({ name: Name, change: ArmChange.default({ kind: 'none' }) }).default({
      name: 'control',
      change: { kind: 'none' },
    }),
    treatments: z.array(ExperimentTreatment).min(1),
    /** share of the units that stays on the control even when everybody else is treated */
    holdout: z.number().min(0).max(0.5).default(0),
    /** variant of single units, testers mostly; they are in no analysis */
    overrides: z.record(z.string(), Name).default({}),
    /** metrics of the data by name; a name that is not here counts the events of that kind */
    measures: z.record(z.string(), EventMeasure).default({}),
    metrics: z.array(MetricDefinition).min(1),
    /**
     * measure that every answered request brings at least one of, whatever people do: where one arm's is missing more often, its reports
     * are lost. Not asked where nobody ever reports one; null: there is none
     */
    reported: z.string().min(1).nullable().default('impression'),
    /** member of the requests' context that parts the units; every part is read by itself, to explore and not to decide */
    segment: z.string().min(1).optional(),
    alpha: z.number().gt(0).lt(0.5).default(0.05),
    /** units of all arms at which it ends; null: not planned, then it never ends by itself */
    plannedUnits: z.number().int().positive().nullable().default(null),
    ramp: RampPlan.default({ steps: usualSteps, riskBudget: 0.02 }),
  })
  .superRefine((record, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const names = [record.control.name, ...record.treatments.map(({ name }) => name)];
    if (new Set(names).size < names.length) refuse('treatments', 'two arms have one name');
    if (record.layer.from >= record.layer.to) refuse('layer', 'it ends before it begins');
    const { steps } = record.ramp;
    if (steps.some(({ share }, index) => index > 0 && share <= steps[index - 1].share))
      refuse('ramp', 'every step has a larger share than the one before');
    const stray = Object.values(record.overrides).find((variant) => !names.includes(variant));
    if (stray !== undefined) refuse('overrides', `${stray} is no arm`);
    for (const { name, change } of record.treatments) {
      if (change.kind !== 'parameters') continue;
      const other = Object.keys(change.values).find((key) => !record.holds.parameters.includes(key));
      if (other !== undefined) refuse('treatments', `${name} changes ${other}, which is not held`);
    }
    const metrics = record.metrics.map(({ name }) => name);
    if (new Set(metrics).size < metrics.length) refuse('metrics', 'a metric is defined twice');
  });
export type ExperimentRecord = z.infer<typeof ExperimentRecord>;
export type ExperimentRecordInput = z.input<typeof ExperimentRecord>;

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
  /** smallest relative lift of the first success metric that the planned sample shows at the largest step; null: unknown */
  plan: z
    .object({ metric: z.string(), units: Count, detectableLift: z.number().nullable(), power: Share })
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
