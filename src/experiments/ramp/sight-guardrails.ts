import type { ExperimentRecord, GuardSighting, MetricDefinition } from '../../schema/index.js';
import { fewestSequentialUnits, type MeasuredMetric } from '../analyse.js';
import { estimatePair, type ArmEstimate } from '../arm-estimate.js';
import { compareMetric, estimandOf, type ArmMeasure } from '../compare-metric.js';
import { defaultTuning } from '../inference.js';

/**
 * Error level of one guardrail of one treatment at one step: half of alpha for the first step, half of what is left for each further one,
 * shared by guardrails and treatments. A harmless change is then rolled back with a chance of at most alpha over the whole ramp,
 * and most of it is spent where few users see the change (docs/decisions/0146).
 */
export function guardLevel({ alpha, metrics, treatments }: ExperimentRecord, step: number): number {
  const guardrails = metrics.filter(({ role }) => role === 'guardrail').length;
  return alpha / 2 ** (step + 1) / Math.max(1, guardrails * treatments.length);
}

/**
 * Both arms, the treatment no less variable than the control; null with too few units. A small sample of a skewed metric that is low by
 * chance also varies little by chance, and would be called harmed far more often than the level allows (docs/decisions/0146). The
 * large control knows better what units vary like where nothing is changed.
 */
function guardedPair(
  definition: MetricDefinition,
  control: ArmMeasure,
  treatment: ArmMeasure,
): readonly [ArmEstimate, ArmEstimate] | null {
  const pair =
    control.kind === 'moments' && treatment.kind === 'moments'
      ? estimatePair(control.moments, treatment.moments, estimandOf(definition))
      : control.kind === 'estimate' && treatment.kind === 'estimate'
        ? { control: control.estimate, treatment: treatment.estimate }
        : undefined;
  if (pair === undefined || Math.min(pair.control.n, pair.treatment.n) < fewestSequentialUnits) return null;
  const variance = Math.max(pair.treatment.variance, pair.control.variance);
  return [pair.control, { ...pair.treatment, variance }];
}

/**
 * One-sided, always-valid reading of every guardrail in one epoch. Below 500 units in an arm nothing is told.
 * @param measured metrics of the epoch by the arms of the record, the control first
 */
export function sightGuardrails(
  record: ExperimentRecord,
  step: number,
  measured: readonly MeasuredMetric[],
): GuardSighting[] {
  const alpha = guardLevel(record, step);
  const tunedFor = record.plannedUnits ?? defaultTuning;
  return measured
    .filter(({ definition }) => definition.role === 'guardrail')
    .flatMap(({ definition, arms }) =>
      record.treatments.map(({ name: variant }, index): GuardSighting => {
        const nothing = { metric: definition.name, variant, lift: null, lossAtMost: null } as const;
        const unknown: GuardSighting = { ...nothing, outcome: 'undecided', worse: false };
        const pair = guardedPair(definition, arms[0], arms[index + 1]);
        if (pair === null) return unknown;
        const [control, treatment] = pair.map((estimate): ArmMeasure => ({ kind: 'estimate', estimate }));
        const { outcome, worse, guardrail, absolute } = compareMetric(
          definition,
          variant,
          control,
          treatment,
          {
            alpha,
            scale: 'absolute',
            rule: { kind: 'always-valid', tunedFor },
            tunedFor,
            prior: null,
          },
        );
        if (guardrail === null || absolute === null) return unknown;
        const base = Math.abs(pair[0].unadjustedMean);
        const towards = definition.direction === 'up' ? 1 : -1;
        return {
          metric: definition.name,
          variant,
          outcome: outcome === 'safe' || outcome === 'harmed' ? outcome : 'undecided',
          worse,
          lift: (towards * absolute.estimate) / base,
          lossAtMost: Math.max(0, -guardrail.bound),
        };
      }),
    );
}
