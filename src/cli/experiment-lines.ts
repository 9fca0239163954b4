import {
  formatCount,
  formatValue,
  type ExperimentAnalyzeResult,
  type ExperimentPlanResult,
  type MetricComparison,
  type MetricReading,
} from '../schema/index.js';
import { formatTable, type Column } from './table.js';
import { printable, type Style } from './text.js';

const right = (title: string): Column => ({ title, align: 'right' });

/** What `experiment analyze` found, for people: traffic and checks, one table, the verdicts with their reasons. */
export function analysisLines(result: ExperimentAnalyzeResult, style: Style): string[] {
  const { arms, checks, metrics, verdicts, alpha, inference } = result;
  const level = `${trimmed(100 * (1 - alpha))} %`;
  return [
    ...formatTable(
      [{ title: 'variant' }, right('units'), right('planned share')],
      arms.map(({ variant, units, expectedShare }) => [
        variant,
        formatCount(units),
        percent(expectedShare, 1),
      ]),
      style,
    ),
    '',
    ...checks.map(({ passed, message, p }) =>
      printable(`${passed ? '✓' : '✗'} ${message}${p === null ? '' : ` (p ${probability(p)})`}`),
    ),
    '',
    style.strong(
      inference === 'fixed-horizon'
        ? `Differences with ${level} intervals for one planned look`
        : `Differences with ${level} intervals that hold at every look`,
    ),
    ...formatTable(
      [
        { title: 'metric' },
        { title: 'role' },
        { title: 'variant' },
        right('control'),
        right('variant'),
        right('difference'),
        { title: 'interval' },
        right('p'),
        right('adjusted'),
        { title: 'reads' },
      ],
      metrics.flatMap((metric) => metric.comparisons.map((one) => comparisonCells(metric, one, result))),
      style,
    ),
    '',
    ...verdicts.flatMap(({ variant, verdict, reasons }) => {
      const colour = verdict === 'KEEP' ? style.good : verdict === 'DISCARD' ? style.bad : style.strong;
      return [
        `${printable(variant)}: ${colour(verdict)}`,
        ...reasons.map((reason) => printable(`  ${reason}`)),
      ];
    }),
    ...noveltyLines(result, style),
    ...segmentLines(result, style),
  ];
}

/** Lifts of success metrics by days since exposure, where there are days enough. */
function noveltyLines({ metrics }: ExperimentAnalyzeResult, style: Style): string[] {
  const read = metrics.flatMap(({ name, comparisons }) =>
    comparisons.flatMap(({ variant, novelty }) => (novelty === null ? [] : [{ name, variant, novelty }])),
  );
  if (read.length === 0) return [];
  const lift = (one: { readonly lift: number; readonly se: number }): string =>
    `${signed(percent(one.lift, 2))} ± ${percent(one.se, 2)}`;
  return [
    '',
    style.strong('By days since exposure, of the units that have been there longest; ± one standard error'),
    ...formatTable(
      [{ title: 'metric' }, { title: 'variant' }, { title: 'days' }, right('difference'), { title: 'reads' }],
      read.flatMap(({ name, variant, novelty }) =>
        novelty.windows.map((window) => [
          name,
          variant,
          window.toDay === null
            ? `${window.fromDay} on`
            : window.toDay - window.fromDay === 1
              ? String(window.fromDay)
              : `${window.fromDay}–${window.toDay - 1}`,
          lift(window),
          window.toDay === null
            ? `${novelty.outcome}; ${lift(novelty.fade)} less than before (p ${probability(novelty.fade.p)})`
            : '',
        ]),
      ),
      style,
    ),
  ];
}

function segmentLines(result: ExperimentAnalyzeResult, style: Style): string[] {
  const { segments, control } = result;
  if (segments.length === 0) return [];
  return [
    '',
    style.strong(
      `By ${printable(segments[0].column)}; adjusted for all of them, to explore and not to decide`,
    ),
    ...formatTable(
      [
        { title: 'segment' },
        { title: 'metric' },
        { title: 'variant' },
        right('units'),
        right('difference'),
        { title: 'interval' },
        right('p'),
        right('adjusted'),
        { title: 'reads' },
      ],
      segments.flatMap(({ value, arms, metrics }) =>
        metrics.flatMap((metric) =>
          metric.comparisons.map((one) => {
            const [name, , variant, , , difference, interval, p, adjusted] = comparisonCells(
              metric,
              one,
              result,
            );
            const units = arms
              .filter((arm) => arm.variant === control || arm.variant === variant)
              .reduce((sum, arm) => sum + arm.units, 0);
            return [value, name, variant, formatCount(units), difference, interval, p, adjusted, one.outcome];
          }),
        ),
      ),
      style,
    ),
  ];
}

function comparisonCells(
  metric: MetricReading,
  comparison: MetricComparison,
  { control, inference }: ExperimentAnalyzeResult,
): string[] {
  const valueIn = (variant: string): string => {
    const value = metric.arms.find((arm) => arm.variant === variant)?.value;
    return value === null || value === undefined ? '—' : formatValue(value);
  };
  const judged = comparison.judgedOn === 'relative' ? comparison.relative : comparison.absolute;
  const shown = (value: number): string =>
    comparison.judgedOn === 'relative' ? signed(percent(value, 2)) : signed(formatValue(value));
  const ci =
    judged === null
      ? undefined
      : inference === 'fixed-horizon'
        ? judged.fixedHorizon.ci
        : judged.alwaysValid.ci;
  return [
    metric.name,
    metric.role,
    comparison.variant,
    valueIn(control),
    valueIn(comparison.variant),
    judged === null ? '—' : shown(judged.estimate),
    ci === undefined ? (comparison.note ?? '—') : `${shown(ci[0])} … ${shown(ci[1])}`,
    comparison.p === null ? '—' : probability(comparison.p),
    comparison.adjustedP === null ? '' : probability(comparison.adjustedP),
    reads(metric, comparison),
  ];
}

function reads(
  { role }: MetricReading,
  { outcome, worse, guardrail, bayesian, covariate, absolute, note }: MetricComparison,
): string {
  const parts: string[] = [
    role === 'watched' ? (worse ? 'worse' : 'watched') : outcome,
    ...(role === 'guardrail' && worse && outcome !== 'harmed' ? ['worse'] : []),
    ...(guardrail === null
      ? []
      : [
          `loss at most ${percent(Math.max(0, -guardrail.bound), 2)} of ${percent(guardrail.margin, 2)} allowed`,
        ]),
    ...(bayesian === null || guardrail !== null ? [] : [`chance to win ${percent(bayesian.chanceToWin, 1)}`]),
    ...(note !== null && absolute !== null ? ['plain difference'] : []),
    ...(covariate === null ? [] : [`CUPED −${percent(Math.max(0, covariate.varianceRemoved), 0)} variance`]),
  ];
  return parts.join(', ');
}

/** What `experiment plan` answers, for people. */
export function planLines(result: ExperimentPlanResult, style: Style): string[] {
  const { purpose, effect, units, arms, alpha, power, powerPerTest, days, wholeWeeks, inference } = result;
  const what =
    purpose === 'margin'
      ? `rule out a loss of ${percent(effect, 2)}`
      : `find a lift of ${signed(percent(effect, 2))}`;
  return [
    style.strong(`${formatCount(units)} units ${what}`),
    ...formatTable(
      [{ title: 'arm' }, right('share'), right('units')],
      arms.map(({ arm, share, units: own }) => [arm, percent(share, 1), formatCount(own)]),
      style,
    ),
    '',
    `Error level of this test ${trimmed(alpha)}, power ${percent(powerPerTest, 1)} (of the whole decision ${percent(power, 1)}), ${
      inference === 'fixed-horizon' ? 'for one look at the end' : 'for as many looks as you like'
    }.`,
    ...(days === null || wholeWeeks === null
      ? []
      : [`${days} days of traffic; run ${wholeWeeks} days, so that every weekday counts alike.`]),
  ];
}

function percent(share: number, decimals: number): string {
  return `${(100 * share).toFixed(decimals)} %`;
}

function signed(text: string): string {
  return text.startsWith('-') ? `−${text.slice(1)}` : `+${text}`;
}

function probability(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(6)));
}
