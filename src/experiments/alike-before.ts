import type { MetricDefinition, QualityCheck } from '../schema/index.js';
import type { MeasuredMetric } from './analyse.js';
import { compareMetric, type ArmMeasure, type Judgement } from './compare-metric.js';
import { sampleRatioAlarm } from './sample-ratio.js';
import { signedPercent } from './percent.js';

/** Kinds of metrics that have a past that can be summed up. */
const withPast: readonly MetricDefinition['kind'][] = ['mean', 'proportion', 'ratio'];
/** Below this, asymptotic intervals of skewed values are not to be relied on, least of all at an error level this small. */
const fewestUnits = 500;

/** The metrics' own values before exposure, as metrics: columns of `sourcesOf` with the past last. */
export function pastDefinitions(definitions: readonly MetricDefinition[]): MetricDefinition[] {
  return definitions
    .filter(({ kind }) => withPast.includes(kind))
    .map((definition) => ({
      ...definition,
      role: 'watched',
      kind: definition.kind === 'ratio' ? 'ratio' : 'mean',
      cuped: true,
      covariate: undefined,
      covariateDenominator: undefined,
      margin: undefined,
      minimum: undefined,
      missing: 'zero',
    }));
}

/** Of moments of a metric with its past, the columns of the past. */
function pastOf(measure: ArmMeasure): ArmMeasure {
  if (measure.kind === 'estimate') return measure;
  const { n, means, covariance } = measure.moments;
  const from = means.length / 2;
  return {
    kind: 'moments',
    moments: {
      n,
      means: means.slice(from),
      covariance: covariance.slice(from).map((row) => row.slice(from)),
    },
  };
}

/**
 * Whether the units of the arms were alike before they were first exposed, when nothing of this experiment could have touched them. Where they
 * were not, something else treated one arm: mostly an earlier experiment with the same seed, whose effect people carry over. All metrics share
 * the error level of the split, .001.
 * @param measured `pastDefinitions` over units whose first exposure ever was in one epoch of constant allocation: who comes back
 * after that may be the treatment's doing
 * @returns null with too few units, or no past
 */
export function alikeBefore(
  measured: readonly MeasuredMetric[],
  variants: readonly string[],
  judgement: Judgement,
): QualityCheck | null {
  const pasts = measured.flatMap(({ definition, arms }) => {
    const own = arms.map(pastOf);
    const enough = own.every((arm) => arm.kind === 'moments' && arm.moments.n >= fewestUnits);
    return enough ? [{ definition: { ...definition, cuped: false }, arms: own }] : [];
  });
  const told = pasts.flatMap(({ definition, arms }) =>
    arms.slice(1).flatMap((arm, index) => {
      const { p, relative } = compareMetric(definition, variants[index + 1], arms[0], arm, judgement);
      const lift = relative?.estimate ?? null;
      return p === null ? [] : [{ metric: definition.name, variant: variants[index + 1], p, lift }];
    }),
  );
  if (told.length === 0) return null;
  const p = Math.min(1, told.length * Math.min(...told.map((one) => one.p)));
  const passed = p >= sampleRatioAlarm;
  const unlike = told
    .filter((one) => told.length * one.p < sampleRatioAlarm)
    .map(
      ({ metric, variant, lift }) =>
        `${metric} of ${variant}${lift === null ? '' : ` ${signedPercent(lift)}`}`,
    );
  return {
    name: 'alike-before',
    passed,
    p,
    message: passed
      ? 'the variants were alike before their units were exposed'
      : `the variants differed before their units were exposed (${unlike.join(', ')}): an earlier experiment with the same seed may carry over; assign the units anew, by another seed`,
  };
}
