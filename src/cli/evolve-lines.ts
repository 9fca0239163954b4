import {
  formatDifference,
  formatDuration,
  formatShare,
  formatValue,
  type EvolveResult,
} from '../schema/index.js';
import { refusedLines } from './refused-lines.js';
import { formatScores, type LabelledScore } from './scores.js';
import { formatTable } from './table.js';
import { printable, type Style } from './text.js';

interface Shown {
  readonly style: Style;
  shownPath(path: string): string;
}

/** The end of a run for people: verdict, the table floor / baseline / best, how it was found, what was learned. */
export function evolveLines(result: EvolveResult, { style, shownPath }: Shown): string[] {
  const lines = [
    '',
    verdictLine(result, style),
    '',
    ...formatScores(labelledScores(result), result.metric, style),
    '',
  ];
  lines.push(
    ...searchLines(result, style),
    ...gateLines(result, style),
    ...refusedLines(result.refused, style),
  );
  if (result.learned.length > 0) {
    lines.push('', style.strong('Learned'), ...result.learned.map((lesson) => printable(`  ${lesson}`)));
  }
  const { before, thisRun } = result.testOpenings;
  lines.push('', `Openings of the test split: ${thisRun} in this run, ${before} before it.`);
  if (result.refit !== null) {
    lines.push(
      printable(`Artefact, fitted on ${result.refit.fittedOn}: ${shownPath(result.refit.artefactPath)}`),
    );
  }
  if (result.report !== null) lines.push(printable(`Report: ${shownPath(result.report)}`));
  return lines;
}

export function verdictLine(result: EvolveResult, style: Style): string {
  const { outcome, nullRun, baseline, best, improvement } = result;
  if (outcome === 'nothing-better') {
    const why = nullRun ? ', as it must be with shuffled labels' : '';
    return style.strong(
      printable(`Accepted nothing: no candidate was proven better than ${baseline.model}${why}.`),
    );
  }
  const gained =
    improvement === null
      ? ''
      : `: ${improvement.split} ${improvement.metric} ${formatDifference(improvement.difference)} ` +
        `(95 % interval ${formatDifference(improvement.ci[0])} to ${formatDifference(improvement.ci[1])})`;
  return style.strong(printable(`Accepted ${best.model} over ${baseline.model}${gained}.`));
}

function labelledScores(result: EvolveResult): LabelledScore[] {
  const rows: LabelledScore[] = result.floors.map((score) => ({ label: 'floor', score }));
  rows.push({ label: 'baseline', score: result.baseline });
  if (result.outcome === 'accepted') rows.push({ label: 'best', score: result.best });
  if (result.control !== null) rows.push({ label: 'random, full budget', score: result.control });
  return rows;
}

function searchLines({ trials, cost, metric, minimumGain }: EvolveResult, style: Style): string[] {
  const rows = Object.entries(trials.byProposer).map(([name, tally]) => [
    name,
    String(tally.proposed),
    String(tally.scored),
    String(tally.stoppedEarly),
    String(tally.faults),
    tally.best === null ? '—' : formatValue(tally.best),
  ]);
  return [
    ...formatTable(
      [
        { title: 'proposer' },
        { title: 'trials', align: 'right' },
        { title: 'scored', align: 'right' },
        { title: 'stopped early', align: 'right' },
        { title: 'failed', align: 'right' },
        { title: `best ${metric} in screening`, align: 'right' },
      ],
      rows,
      style,
    ),
    style.faint(
      `${trials.proposed} trials, ${formatDuration(cost.seconds)} of training; ` +
        `smallest gain that counts: ${formatValue(minimumGain.value)} (${minimumGain.source})`,
    ),
  ];
}

function gateLines({ gate }: EvolveResult, style: Style): string[] {
  if (gate.length === 0) return [];
  return [
    '',
    style.strong('Looks of the gate'),
    ...formatTable(
      [
        { title: 'look', align: 'right' },
        { title: 'model' },
        { title: 'verdict' },
        { title: 'difference', align: 'right' },
        { title: 'lower', align: 'right' },
        { title: 'alpha', align: 'right' },
        { title: 'power at 1 sd', align: 'right' },
        { title: 'seeds' },
      ],
      gate.map(({ look, model, verdict, difference, lower, alpha, power, ...seeds }) => [
        String(look),
        model,
        verdict,
        formatDifference(difference),
        formatDifference(lower),
        alpha.toPrecision(2),
        formatShare(power),
        seedsText(seeds),
      ]),
      style,
    ),
  ];
}

/** "5", or "3, 1 lost, 1 failed": what was left out on both sides. */
function seedsText({
  seeds,
  lost,
  failed,
}: Pick<EvolveResult['gate'][number], 'seeds' | 'lost' | 'failed'>): string {
  return [seeds, ...(lost > 0 ? [`${lost} lost`] : []), ...(failed > 0 ? [`${failed} failed`] : [])].join(
    ', ',
  );
}
