import {
  formatDifference,
  formatDuration,
  formatSpread,
  formatValue,
  scoreColumns,
  type ReportModel,
} from '../../schema/index.js';
import { html, nothing, type Html } from '../html.js';

/** Top of the page: what came out, in one sentence and four numbers. */
export function summary(model: ReportModel): Html {
  return html`<header>
    <p class="faint">
      AutoModel report · ${model.project} · run ${model.runId} ·
      ${model.generatedAt.slice(0, 16).replace('T', ' ')}
    </p>
    <h1>${headline(model)}</h1>
    ${claim(model)}
    <dl class="tiles">
      ${tiles(model).map(
        ([name, value, note]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
            <p>${note}</p>
          </div>`,
      )}
    </dl>
  </header>`;
}

function headline({ outcome, scores, nullRun }: ReportModel): string {
  const name = (role: 'best' | 'baseline'): string =>
    scores.find((score) => score.role === role)?.model ?? role;
  if (outcome === 'accepted') return `${name('best')} is proven better than ${name('baseline')}`;
  if (outcome === 'unfinished') return 'This run is not finished';
  return nullRun
    ? 'Nothing was accepted, as it must be with shuffled labels'
    : `Nothing was proven better than ${name('baseline')}`;
}

function claim({ improvement, outcome, minimumGain, gate }: ReportModel): Html {
  if (improvement !== null) {
    const { split, metric, difference, ci } = improvement;
    return html`<p class="claim">
      ${split} ${metric} improves by <strong>${formatDifference(difference)}</strong>, 95 % interval
      ${formatDifference(ci[0])} to ${formatDifference(ci[1])}, over seeds and users together.
    </p>`;
  }
  if (outcome !== 'nothing-better') return nothing;
  const looked =
    gate.length === 0
      ? 'No candidate earned a look of the gate.'
      : `Put to the gate on fresh users and fresh seeds: ${gate.length === 1 ? 'one candidate' : `${gate.length} candidates`}.`;
  const limit = minimumGain === null ? '' : ` A gain had to exceed ${formatValue(minimumGain.value)}.`;
  return html`<p class="claim">
    ${looked}${limit} That is a result too: it bounds what this budget can find here.
  </p>`;
}

function tiles(model: ReportModel): [string, string, string][] {
  const { scores, trials, budget, testOpenings, metric } = model;
  const split = scoreColumns(scores, metric)?.split;
  const leader = scores.find(({ role }) => role === 'best') ?? scores.find(({ role }) => role === 'baseline');
  const value = split === undefined ? undefined : leader?.metrics[split]?.[metric];
  const faults = trials.filter(({ status }) => status === 'fault').length;
  const stopped = trials.filter(({ status }) => status === 'stopped-early').length;
  const openings = testOpenings.before + testOpenings.thisRun;
  return [
    [
      `${split ?? ''} ${metric}`,
      value === undefined ? '—' : formatValue(value.mean),
      value === undefined ? '' : formatSpread(value),
    ],
    ['trials', String(trials.length), `${stopped} stopped early, ${faults} failed`],
    ['time', formatDuration(budget.elapsedSeconds), `${formatDuration(budget.costSeconds)} of training`],
    [
      'test openings',
      String(openings),
      `${testOpenings.thisRun} in this run, ${testOpenings.before} before it`,
    ],
  ];
}
