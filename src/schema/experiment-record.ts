import { z } from 'zod';
import { GraphOptimisation, Precision, TableStorage } from './autoperf.js';
import { MetricDefinition } from './experiments.js';

/** The record that is written when an experiment starts: everything that assignment, ramp and verdict go by. */

const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, dashes; at most 64');

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
    instances: z.number().int().min(1).max(64).optional(),
    optimisation: GraphOptimisation.optional(),
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

/**
 * What a change has to show before it is kept. superiority: a success metric is better and guardrails are not lost. non-inferiority: only
 * that nothing is lost, since what it is for (a lower cost, say) is not measured by events.
 */
export const ExperimentAim = z.enum(['superiority', 'non-inferiority']);
export type ExperimentAim = z.infer<typeof ExperimentAim>;

export const ExperimentRecord = z
  .strictObject({
    id: Name,
    hypothesis: z.string().min(1).max(2000),
    aim: ExperimentAim.default('superiority'),
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
    if (record.aim === 'superiority') return;
    if (!record.metrics.some(({ role }) => role === 'guardrail'))
      refuse('metrics', 'non-inferiority is shown by guardrails, and none is named');
    if (record.metrics.some(({ role }) => role === 'success'))
      refuse('metrics', 'non-inferiority asks of nothing to be better: a success metric is out of place');
  });
export type ExperimentRecord = z.infer<typeof ExperimentRecord>;
export type ExperimentRecordInput = z.input<typeof ExperimentRecord>;
