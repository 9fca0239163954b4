import type { EffectEstimate, MetricComparison, MetricDefinition } from '../schema/index.js';
import { estimatePair, type ArmEstimate, type Estimand } from './arm-estimate.js';
import { differenceOf, type Difference, type Scale } from './difference.js';
import { lowerBound, posteriorOf, twoSided, type InferenceRule, type NormalPrior } from './inference.js';
import type { Moments } from './moments.js';

/** How differences are judged; the same for all metrics of one analysis. */
export interface Judgement {
  readonly alpha: number;
  readonly scale: Scale;
  readonly rule: InferenceRule;
  /** always-valid intervals are tightest there, also where they only stand beside the others */
  readonly tunedFor: number;
  /** null: flat */
  readonly prior: NormalPrior | null;
}

/** What one arm's units gave for a metric: moments of its columns, or an estimate that is no mean of any (quantiles). */
export type ArmMeasure =
  | { readonly kind: 'moments'; readonly moments: Moments }
  | { readonly kind: 'estimate'; readonly estimate: ArmEstimate };

/** Columns of the moments in the order in which the definition names them. */
export function estimandOf({
  kind,
  denominator,
  covariate,
  covariateDenominator,
  cuped,
}: MetricDefinition): Estimand {
  let next = 1;
  const column = (there: boolean): number | undefined => (there ? next++ : undefined);
  const ratio = kind === 'ratio' && denominator !== undefined;
  return {
    kind: kind === 'ratio' ? 'ratio' : kind === 'proportion' || kind === 'retention' ? 'proportion' : 'mean',
    denominator: column(ratio),
    covariate: column(cuped || covariate !== undefined),
    covariateDenominator: column((cuped && ratio) || covariateDenominator !== undefined),
  };
}

interface Pair {
  readonly control: ArmEstimate;
  readonly treatment: ArmEstimate;
  readonly covariate: MetricComparison['covariate'];
}

function pairOf(definition: MetricDefinition, a: ArmMeasure, b: ArmMeasure): Pair | undefined {
  if (a.kind === 'estimate' || b.kind === 'estimate')
    return a.kind === 'estimate' && b.kind === 'estimate'
      ? { control: a.estimate, treatment: b.estimate, covariate: null }
      : undefined;
  const estimand = estimandOf(definition);
  const { control, treatment, theta } = estimatePair(a.moments, b.moments, estimand);
  if (theta === null) return { control, treatment, covariate: null };
  const plain = estimatePair(a.moments, b.moments, { ...estimand, covariate: undefined });
  const left =
    differenceOf(control, treatment, 'absolute').se ** 2 /
    differenceOf(plain.control, plain.treatment, 'absolute').se ** 2;
  return { control, treatment, covariate: { theta, varianceRemoved: 1 - left } };
}

/** One arm by itself, not adjusted. */
export function valueOf(definition: MetricDefinition, measure: ArmMeasure): ArmEstimate {
  if (measure.kind === 'estimate') return measure.estimate;
  const { denominator, kind } = estimandOf(definition);
  return estimatePair(measure.moments, measure.moments, { kind, denominator }).control;
}

/**
 * Relative standard error of the control up to which a relative difference is tested. The delta method takes the control for
 * nearly known; beyond this it rejects too often, and so at the first of many looks (docs/experiments.md has the figures). "No
 * difference" is the same on both scales, so the absolute one stands in.
 */
export const mostControlError = 0.1;

/**
 * The scale on which a difference is judged where the given one is asked for. How uncertain a control of this size is, is read off
 * both arms together: read off the control alone it would choose the scale that happens to reject.
 */
export function judgedScale(control: ArmEstimate, treatment: ArmEstimate, scale: Scale): Scale {
  const n = control.n + treatment.n;
  const mean = (control.n * control.unadjustedMean + treatment.n * treatment.unadjustedMean) / n;
  const variance = (control.n * control.variance + treatment.n * treatment.variance) / n;
  const error = Math.sqrt(variance / control.n) / Math.abs(mean);
  return scale === 'relative' && error <= mostControlError ? 'relative' : 'absolute';
}

/** Why a difference cannot be tested; undefined: it can. */
function obstacle({ estimate, se, df }: Difference, control: ArmEstimate, scale: Scale): string | undefined {
  if (scale === 'relative' && control.unadjustedMean === 0)
    return 'the control’s value is zero, so nothing can be relative to it';
  if (!Number.isFinite(estimate)) return 'the denominator is zero';
  if (!(se > 0) || !Number.isFinite(se) || !(df > 0)) return 'the values do not vary enough to tell an error';
  return undefined;
}

/** Everything that is said of one treatment on one metric, before p-values are corrected for multiplicity. */
export function compareMetric(
  definition: MetricDefinition,
  variant: string,
  controlMeasure: ArmMeasure,
  treatmentMeasure: ArmMeasure,
  judgement: Judgement,
): MetricComparison {
  const untested: MetricComparison = {
    variant,
    absolute: null,
    relative: null,
    note: 'there are too few units',
    judgedOn: judgement.scale,
    p: null,
    adjustedP: null,
    outcome: 'undecided',
    worse: false,
    guardrail: null,
    covariate: null,
    bayesian: null,
    novelty: null,
  };
  const pair = pairOf(definition, controlMeasure, treatmentMeasure);
  if (pair === undefined) return untested;
  const { control, treatment, covariate } = pair;
  const absolute = differenceOf(control, treatment, 'absolute');
  const relative = differenceOf(control, treatment, 'relative');
  const notAbsolute = obstacle(absolute, control, 'absolute');
  if (notAbsolute !== undefined) return { ...untested, note: notAbsolute };
  const notRelative = obstacle(relative, control, 'relative');
  const judgedOn = notRelative === undefined ? judgedScale(control, treatment, judgement.scale) : 'absolute';
  const tooVague =
    judgedOn === judgement.scale
      ? null
      : 'the control’s value is too uncertain to divide by, so the plain difference is judged';
  const judged = judgedOn === 'relative' ? relative : absolute;
  const { p } = twoSided(judged, judgement.alpha, judgement.rule);
  const towards = definition.direction === 'up' ? 1 : -1;
  const guarded =
    definition.role === 'guardrail' && definition.margin !== undefined
      ? guard(absolute, towards, definition.margin, Math.abs(control.unadjustedMean), judgement)
      : undefined;
  return {
    variant,
    absolute: effectOf(absolute, judgement),
    relative: notRelative === undefined ? effectOf(relative, judgement) : null,
    note: notRelative ?? tooVague,
    judgedOn,
    p,
    adjustedP: null,
    outcome: guarded?.outcome ?? 'undecided',
    worse: judged.estimate * towards < 0 && p < judgement.alpha,
    guardrail: guarded?.shown ?? null,
    covariate,
    bayesian: bayesianOf(judged, towards, judgement),
    novelty: null,
  };
}

function effectOf(difference: Difference, { alpha, tunedFor }: Judgement): EffectEstimate {
  const shown = (rule: InferenceRule): EffectEstimate['fixedHorizon'] => {
    const { p, ci } = twoSided(difference, alpha, rule);
    return { p, ci: [ci[0], ci[1]] };
  };
  const { estimate, se, df } = difference;
  return {
    estimate,
    se,
    df,
    fixedHorizon: shown({ kind: 'fixed-horizon' }),
    alwaysValid: shown({ kind: 'always-valid', tunedFor }),
  };
}

/**
 * Non-inferiority: of "up is good" the null value is −margin · mA, taken as known; safe when the lower one-sided bound is above
 * it, harmed when the upper one is below. A control of zero has no margin: then nothing is shown.
 */
function guard(
  absolute: Difference,
  towards: number,
  margin: number,
  base: number,
  { alpha, rule }: Judgement,
): { outcome: MetricComparison['outcome']; shown: MetricComparison['guardrail'] } {
  if (base === 0) return { outcome: 'undecided', shown: null };
  const allowed = margin * base;
  const gain = { ...absolute, estimate: absolute.estimate * towards };
  const { bound, p } = lowerBound(gain, -allowed, alpha, rule);
  const upper = -lowerBound({ ...gain, estimate: -gain.estimate }, allowed, alpha, rule).bound;
  return {
    outcome: bound > -allowed ? 'safe' : upper < -allowed ? 'harmed' : 'undecided',
    shown: { margin, bound: bound / base, p },
  };
}

function bayesianOf(
  difference: Difference,
  towards: number,
  { alpha, prior }: Judgement,
): MetricComparison['bayesian'] {
  const { estimate, ci, chanceAbove, risk } = posteriorOf(difference, alpha, prior);
  const up = towards > 0;
  return {
    estimate,
    ci: [ci[0], ci[1]],
    chanceToWin: up ? chanceAbove : 1 - chanceAbove,
    risk: up ? risk : { control: risk.treatment, treatment: risk.control },
  };
}
