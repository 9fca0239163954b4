import { adjustPValues, type Correction } from '../stats/index.js';
import type {
  ArmVerdict,
  ExperimentAim,
  MetricComparison,
  MetricDefinition,
  MetricReading,
  NoveltyReading,
  QualityCheck,
} from '../schema/index.js';
import { alikeBefore } from './alike-before.js';
import { compareMetric, valueOf, type ArmMeasure, type Judgement } from './compare-metric.js';
import { noveltyOf, type WindowedMeasure } from './novelty.js';
import { sampleRatio, sampleRatioAlarm, sequentialSampleRatio } from './sample-ratio.js';
import { judgeArm } from './verdict.js';
import { percent } from './percent.js';

export interface ExperimentArm {
  readonly variant: string;
  readonly units: number;
  /** planned share of all units, in any unit; zero: the arm was to get none */
  readonly weight: number;
}

/** A metric with what each arm gave, in the order of the arms. */
export interface MeasuredMetric {
  readonly definition: MetricDefinition;
  readonly arms: readonly ArmMeasure[];
  /** by days since exposure; undefined: not known, or too early to tell */
  readonly windows?: WindowedMeasure;
}

/** The units of one segment, with the metrics that all arms have enough units of. */
export interface SegmentData {
  readonly value: string;
  readonly arms: readonly ExperimentArm[];
  readonly metrics: readonly MeasuredMetric[];
}

export interface ExperimentData {
  /** the control first */
  readonly arms: readonly ExperimentArm[];
  readonly metrics: readonly MeasuredMetric[];
  readonly segments: readonly SegmentData[];
  /** where the planned shares changed on the way: the split of each part of the time; undefined: one for all */
  readonly splits?: readonly QualityCheck[];
  /** what reading the data has found wrong or right with them */
  readonly checks: readonly QualityCheck[];
  /** the metrics' past, before their units were exposed; undefined: not known, or already checked */
  readonly pasts?: readonly MeasuredMetric[];
}

export interface AnalysisRules extends Judgement {
  readonly correction: Correction;
  /** units of all arms that were planned; null: unknown, then the sample never counts as ended */
  readonly plannedUnits: number | null;
  /** default superiority */
  readonly aim?: ExperimentAim;
}

export interface Analysis {
  readonly checks: readonly QualityCheck[];
  readonly metrics: readonly MetricReading[];
  readonly verdicts: readonly ArmVerdict[];
  /** in the order of the data's segments */
  readonly segments: readonly (readonly MetricReading[])[];
}

/** Always-valid intervals are asymptotic: they are tried from so many units an arm on (docs/experiments.md). */
export const fewestSequentialUnits = 500;

/** Compares every treatment with the control on every metric, corrects for multiplicity, and judges each treatment. */
export function analyseExperiment(data: ExperimentData, rules: AnalysisRules): Analysis {
  const checks = [
    ...(data.splits ?? [ratioCheck(data.arms, rules)]),
    ...data.checks,
    ...pastCheck(data, rules),
    ...enoughCheck(data.arms, rules),
    ...planCheck(data.arms, rules),
  ];
  const metrics = corrected(
    data.metrics.map((metric) => readingOf(metric, data.arms, rules)),
    data.metrics.map(({ definition }) => definition),
    rules,
  );
  const total = data.arms.reduce((sum, { units }) => sum + units, 0);
  const planReached = rules.plannedUnits !== null && total >= rules.plannedUnits;
  const definitions = new Map(data.metrics.map(({ definition }) => [definition.name, definition]));
  const verdicts = data.arms.slice(1).map(({ variant }, index) => {
    const own = metrics.map((metric) => ({ ...metric, comparison: metric.comparisons[index] }));
    return judgeArm({
      variant,
      aim: rules.aim,
      checks,
      planReached,
      success: own
        .filter(({ role }) => role === 'success')
        .map(({ name, direction, comparison }) => ({
          metric: name,
          outcome:
            comparison.outcome === 'better' || comparison.outcome === 'worse'
              ? comparison.outcome
              : 'undecided',
          ...againstMinimum(
            comparison,
            direction === 'up' ? 1 : -1,
            definitions.get(name)?.minimum ?? 0,
            rules,
          ),
          ...(comparison.novelty?.outcome === 'fades' ? { fades: fadingOf(comparison.novelty) } : {}),
        })),
      guardrails: own
        .filter(({ role }) => role === 'guardrail')
        .map(({ name, comparison: { outcome, worse } }) => ({
          metric: name,
          outcome: outcome === 'safe' || outcome === 'harmed' ? outcome : 'undecided',
          worse,
        })),
      watchedWorse: own
        .filter(({ role, comparison }) => role === 'watched' && comparison.worse)
        .map(({ name }) => name),
    });
  });
  return { checks, metrics, verdicts, segments: segmentReadings(data, rules) };
}

function fadingOf({ early, late, lateFromDay }: NoveltyReading): string {
  return `${percent(early.lift)} up to day ${lateFromDay} after exposure, ${percent(late.lift)} from then on`;
}

/** A minimum lift is relative; where only the absolute difference is known it cannot be compared with one above zero. */
function againstMinimum(
  { relative, absolute, note }: MetricComparison,
  towards: number,
  minimum: number,
  { rule }: AnalysisRules,
): { aboveMinimum: boolean; ruledOut: boolean } {
  if (minimum === 0 || relative === null)
    return { aboveMinimum: minimum === 0 && (absolute?.estimate ?? 0) * towards > 0, ruledOut: false };
  const { ci } = rule.kind === 'fixed-horizon' ? relative.fixedHorizon : relative.alwaysValid;
  return {
    aboveMinimum: relative.estimate * towards > minimum,
    // with a note, the relative interval is not to be relied on
    ruledOut: note === null && Math.max(ci[0] * towards, ci[1] * towards) < minimum,
  };
}

function readingOf(
  { definition, arms: measures, windows }: MeasuredMetric,
  arms: readonly ExperimentArm[],
  rules: AnalysisRules,
): MetricReading {
  const { name, role, kind, direction } = definition;
  return {
    name,
    role,
    kind,
    direction,
    arms: measures.map((measure, index) => {
      const { n, mean, variance } = valueOf(definition, measure);
      const known = Number.isFinite(mean) && Number.isFinite(variance);
      return {
        variant: arms[index].variant,
        units: n,
        value: known ? mean : null,
        sd: known ? Math.sqrt(variance) : null,
      };
    }),
    comparisons: measures.slice(1).map((measure, index) => ({
      ...compareMetric(definition, arms[index + 1].variant, measures[0], measure, rules),
      novelty:
        role === 'success' && windows !== undefined ? noveltyOf(definition, windows, index + 1, rules) : null,
    })),
  };
}

/**
 * One family of tests: success metrics × arms × segments. A chance find among many segments is the rule and not the exception.
 * Where units are planned, always-valid intervals are tuned for an even share of them; how large a segment really is must not choose
 * it, since that would be tuning by the data.
 */
function segmentReadings({ segments, arms }: ExperimentData, rules: AnalysisRules): MetricReading[][] {
  const all = segments.flatMap(({ metrics }) => metrics);
  const tunedFor =
    rules.plannedUnits === null ? rules.tunedFor : rules.tunedFor / Math.max(1, segments.length);
  const own = {
    ...rules,
    tunedFor,
    rule: rules.rule.kind === 'always-valid' ? { ...rules.rule, tunedFor } : rules.rule,
  };
  const readings = corrected(
    all.map((metric) => readingOf(metric, arms, own)),
    all.map(({ definition }) => definition),
    own,
  );
  let next = 0;
  return segments.map(({ metrics }) => metrics.map(() => readings[next++]));
}

/** Success metrics × arms share one error level; what guards is never corrected (arXiv 2402.11609). */
function corrected(
  readings: readonly MetricReading[],
  definitions: readonly MetricDefinition[],
  { correction, alpha }: AnalysisRules,
): MetricReading[] {
  const tested = readings.flatMap(({ role, comparisons }) => (role === 'success' ? comparisons : []));
  const values = tested.flatMap(({ p }) => (p === null ? [] : [p]));
  const adjusted = adjustPValues(values, correction);
  let next = 0;
  return readings.map((reading, index) => {
    if (reading.role !== 'success') return reading;
    const towards = definitions[index].direction === 'up' ? 1 : -1;
    const comparisons = reading.comparisons.map((comparison): MetricComparison => {
      if (comparison.p === null) return comparison;
      const adjustedP = adjusted[next++];
      const judged = comparison.judgedOn === 'relative' ? comparison.relative : comparison.absolute;
      const outcome =
        adjustedP >= alpha ? 'undecided' : (judged?.estimate ?? 0) * towards > 0 ? 'better' : 'worse';
      return { ...comparison, adjustedP, outcome };
    });
    return { ...reading, comparisons };
  });
}

/** Whether units fell into the arms by their weights. */
export function ratioCheck(
  arms: readonly ExperimentArm[],
  { rule }: Pick<AnalysisRules, 'rule'>,
): QualityCheck {
  const counts = arms.map(({ units }) => units);
  const weights = arms.map(({ weight }) => weight);
  const { p } =
    rule.kind === 'fixed-horizon' ? sampleRatio(counts, weights) : sequentialSampleRatio(counts, weights);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const weightOfAll = weights.reduce((sum, weight) => sum + weight, 0);
  const passed = p >= sampleRatioAlarm;
  const seen = arms
    .map(
      ({ variant, units, weight }) =>
        `${variant} ${percent(units / total)} of units, planned ${percent(weight / weightOfAll)}`,
    )
    .join('; ');
  return {
    name: 'sample-ratio',
    passed,
    p,
    message: passed
      ? 'units fell into the variants as planned'
      : `the split is not the planned one (${seen}); assignment or logging loses units of one variant`,
  };
}

function pastCheck({ pasts = [], arms }: ExperimentData, rules: AnalysisRules): QualityCheck[] {
  const variants = arms.map(({ variant }) => variant);
  const check = alikeBefore(pasts, variants, { ...rules, scale: 'relative' });
  return check === null ? [] : [check];
}

function enoughCheck(arms: readonly ExperimentArm[], { rule }: AnalysisRules): QualityCheck[] {
  if (rule.kind === 'fixed-horizon') return [];
  const small = arms.filter(({ units, weight }) => weight > 0 && units < fewestSequentialUnits);
  return [
    {
      name: 'units-enough',
      passed: small.length === 0,
      p: null,
      message:
        small.length === 0
          ? `every variant has the ${fewestSequentialUnits} units from which always-valid intervals hold`
          : `fewer than the ${fewestSequentialUnits} units from which always-valid intervals hold in ${small
              .map(({ variant }) => variant)
              .join(', ')}`,
    },
  ];
}

/** A fixed-horizon test holds for the sample that was planned: a look before it is one look too many. */
function planCheck(arms: readonly ExperimentArm[], { rule, plannedUnits }: AnalysisRules): QualityCheck[] {
  if (rule.kind !== 'fixed-horizon' || plannedUnits === null) return [];
  const total = arms.reduce((sum, { units }) => sum + units, 0);
  const passed = total >= plannedUnits;
  return [
    {
      name: 'planned-sample',
      passed,
      p: null,
      message: passed
        ? `the ${plannedUnits} units that were planned are there`
        : `${total} of ${plannedUnits} planned units are there, and a test for one look holds for the planned sample only; wait, or judge with --sequential`,
    },
  ];
}
