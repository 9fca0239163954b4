import {
  formatCount,
  formatValue,
  type CounterfactualResult,
  type ExperimentChangeResult,
  type ExperimentLook,
  type ExperimentRampResult,
  type ExperimentStartResult,
  type ExperimentStatusResult,
  type ExperimentSummary,
} from '../schema/index.js';
import { formatTable, type Column } from './table.js';
import { printable, type Style } from './text.js';

const right = (title: string): Column => ({ title, align: 'right' });

/** What `experiment start` began, for people. */
export function startLines({ experiment, plan }: ExperimentStartResult, style: Style): string[] {
  const shows =
    plan === null
      ? []
      : [
          plan.purpose === 'margin'
            ? marginLine(plan)
            : plan.detectableLift === null
              ? `${formatCount(plan.units)} users show no lift of ${plan.metric} that it can have.`
              : `${formatCount(plan.units)} users show a lift of ${percent(plan.detectableLift)} of ${plan.metric} with a power of ${percent(plan.power)}.`,
        ];
  return [...summaryLines(experiment, style), ...shows.map(printable)];
}

function marginLine({
  metric,
  units,
  detectableLift,
  power,
}: NonNullable<ExperimentStartResult['plan']>): string {
  const rules = detectableLift === null ? 'no loss' : `a loss of ${percent(-detectableLift)}`;
  return `${formatCount(units)} users rule out ${rules} of ${metric} with a power of ${percent(power)}, where there is none.`;
}

/** What `experiment status` knows, for people. */
export function statusLines(
  { experiments, holds }: ExperimentStatusResult,
  withHolds: boolean,
  style: Style,
): string[] {
  if (experiments.length === 0) return ['No experiment was ever started here.'];
  const lines = experiments.flatMap((experiment, index) => [
    ...(index === 0 ? [] : ['']),
    ...summaryLines(experiment, style),
  ]);
  if (!withHolds) return lines;
  const held =
    holds.length === 0
      ? ['Nothing is held.']
      : formatTable(
          [{ title: 'surface' }, { title: 'parameter' }, { title: 'held by' }],
          holds.map(({ surface, parameter, holders }) => [
            surface,
            parameter,
            holders
              .map(({ experiment, layer, from, to }) => `${experiment} (${layer} ${from}–${to})`)
              .join(', '),
          ]),
          style,
        );
  return [...lines, '', ...held];
}

export function changeLines({ experiment }: ExperimentChangeResult, style: Style): string[] {
  return summaryLines(experiment, style);
}

/** What a look saw and what was done, for people. */
export function rampLines({ experiment, look }: ExperimentRampResult, style: Style): string[] {
  return look === null
    ? summaryLines(experiment, style)
    : [...summaryLines({ ...experiment, lastLook: look }, style)];
}

function summaryLines(experiment: ExperimentSummary, style: Style): string[] {
  const { id, hypothesis, status, outcome, reason, share, step, steps, arms, epochs, lastLook } = experiment;
  const state =
    status === 'running'
      ? style.good(
          `running, ${percent(share)} treated${step === null ? '' : ` (step ${step + 1} of ${steps})`}`,
        )
      : style.strong(`ended: ${outcome ?? ''}`);
  return [
    `${style.strong(printable(id))}: ${state}`,
    printable(`  ${hypothesis}`),
    ...(reason === null ? [] : [printable(`  ${reason}`)]),
    printable(
      `  changes ${experiment.parameters.join(', ')} on ${experiment.surfaces.join(', ')}; layer ${experiment.layer.name} ${experiment.layer.from}–${experiment.layer.to}; epoch ${epochs.length}`,
    ),
    ...formatTable(
      [{ title: 'arm' }, right('share'), right('users in the last look')],
      arms.map(({ variant, share: own, units }) => [
        variant,
        percent(own),
        units === null ? '—' : formatCount(units),
      ]),
      style,
    ),
    ...(lastLook === null ? ['Nobody has looked yet.'] : lookLines(lastLook, style)),
  ];
}

function lookLines({ atMs, guards, verdicts, decision }: ExperimentLook, style: Style): string[] {
  const colour =
    decision.kind === 'roll-back' || decision.kind === 'discard'
      ? style.bad
      : decision.kind === 'advance' || decision.kind === 'keep'
        ? style.good
        : style.strong;
  return [
    `Look of ${new Date(atMs).toISOString()}: ${colour(decision.kind)}`,
    ...decision.reasons.map((one) => printable(`  ${one}`)),
    ...guards.map(({ metric, variant, outcome, lift, lossAtMost }) =>
      printable(
        `  ${metric} of ${variant}: ${outcome}${lift === null ? '' : `, ${percent(lift)}`}${lossAtMost === null ? '' : `, loss at most ${percent(lossAtMost)}`}`,
      ),
    ),
    ...verdicts.map(({ variant, verdict, reasons }) =>
      printable(`  ${variant}: ${verdict} so far (${reasons.join('; ')})`),
    ),
  ];
}

/** What `experiment estimate` answers, for people. */
export function estimateLines(result: CounterfactualResult, style: Style): string[] {
  const { identifiable, reasons, rows, logged, estimates, weights } = result;
  const told = [
    `${formatCount(rows)} decisions; the policy that acted earned ${formatValue(logged.value)} ± ${formatValue(logged.se)}`,
    `weights: mean ${formatValue(weights.mean)}, largest ${formatValue(weights.largest)}, worth ${formatCount(Math.floor(weights.effectiveSampleSize))} rows, ${percent(weights.clippedShare)} cut`,
  ];
  if (!identifiable)
    return [
      style.bad('Not identifiable from this log'),
      ...reasons.map((one) => printable(`  ${one}`)),
      '',
      ...told,
    ];
  return [
    ...formatTable(
      [{ title: 'estimator' }, right('value'), right('standard error'), { title: 'interval' }],
      estimates.map(({ method, value, se, ci }) => [
        method.toUpperCase(),
        formatValue(value),
        formatValue(se),
        `${formatValue(ci[0])} … ${formatValue(ci[1])}`,
      ]),
      style,
    ),
    '',
    ...told,
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(4))} %`;
}
