import type { DemoExperiment, DemoOnlineResult } from '../schema/index.js';
import { formatTable, type Column } from './table.js';
import { printable, type Style } from './text.js';

const right = (title: string): Column => ({ title, align: 'right' });
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${(100 * Math.abs(value)).toFixed(1)} %`;

/** What `demo online` found, for people. */
export function onlineDemoLines(result: DemoOnlineResult, report: string, style: Style): string[] {
  const { users, items, log, model, experiments, answerMs, seconds } = result;
  return [
    `${users} people and ${items} videos; ${log.impressions} impressions in ${log.days} days of log, ${(100 * log.clickRate).toFixed(1)} % clicked.`,
    printable(
      `${model.name} has a test AUC of ${model.auc.toFixed(4)} (${model.floor}: ${model.floorAuc.toFixed(4)}) and answers in ${answerMs.toFixed(1)} ms on average.`,
    ),
    ...experiments.flatMap((experiment) => ['', ...experimentLines(experiment, style)]),
    '',
    `${Math.round(seconds)} s. Report: ${report}`,
  ];
}

function experimentLines(experiment: DemoExperiment, style: Style): string[] {
  const { hypothesis, control, treatment, outcome, reasons, days, units, treatedUnits } = experiment;
  const colour = outcome === 'KEEP' ? style.good : style.bad;
  return [
    style.strong(printable(hypothesis)),
    printable(`  control: ${control}; treatment: ${treatment}`),
    ...formatTable(
      [{ title: 'metric' }, { title: 'is' }, right('estimate'), right('always-valid 95 %'), right('truth')],
      experiment.metrics.map(({ name, role, estimate, ci, truth, truthError }) => [
        name,
        role,
        estimate === null ? '—' : signed(estimate),
        ci === null ? '—' : `${signed(ci[0])} … ${signed(ci[1])}`,
        `${signed(truth)} ± ${(100 * truthError).toFixed(1)} %`,
      ]),
      style,
    ),
    colour(
      printable(
        `  ${outcome} after ${days} days, ${treatedUnits} of ${units} people treated: ${reasons.join('; ')}`,
      ),
    ),
  ];
}
