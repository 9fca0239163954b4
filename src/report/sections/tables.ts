import {
  formatCount,
  formatDifference,
  formatDuration,
  formatInterval,
  formatShare,
  formatSummary,
  formatValue,
  scoreColumns,
  type Assignment,
  type MetricSummary,
  type ReportModel,
  type ReportTrial,
} from '../../schema/index.js';
import { html, nothing, type Html } from '../html.js';
import { lastIncumbent } from '../lineage.js';

/** The tables of a report. Numeric cells carry class "n" (right-aligned, tabular figures). */

const leaders = 20;

export function scoresTable({ scores, metric }: ReportModel): Html {
  const shown = scoreColumns(scores, metric);
  if (shown === undefined) return nothing;
  const { split } = shown;
  const names = shown.metrics.slice(0, 4);
  return html`<div class="scroll">
    <table>
      <caption>
        ${split} split; ${metric}: mean ± sd over seeds [95 % interval]; other metrics: means
      </caption>
      <thead>
        <tr>
          <th>model</th>
          <th>is</th>
          ${names.map((name) => html`<th class="n">${name}</th>`)}
          <th class="n">seeds</th>
          <th class="n">training</th>
        </tr>
      </thead>
      <tbody>
        ${scores.map((score) => {
          const summaries = names.map((name) => score.metrics[split]?.[name]);
          return html`<tr class="${score.role}">
            <td>${score.model}</td>
            <td>${score.role}</td>
            ${summaries.map(
              (summary, index) => html`<td class="n">${summaryText(summary, index === 0)}</td>`,
            )}
            <td class="n">${summaries.find((summary) => summary !== undefined)?.n ?? '—'}</td>
            <td class="n">${formatDuration(score.cost.seconds)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

export function gateTable({ gate }: ReportModel): Html {
  if (gate.length === 0) return html`<p>No candidate was sent to the gate.</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th class="n">look</th>
          <th>candidate</th>
          <th>verdict</th>
          <th class="n">difference</th>
          <th class="n">interval</th>
          <th class="n">alpha spent</th>
          <th class="n">power at 1 sd</th>
        </tr>
      </thead>
      <tbody>
        ${gate.map(
          (look) =>
            html`<tr>
              <td class="n">${look.look}</td>
              <td>${look.model} <span class="faint">trial ${look.trial}</span></td>
              <td><span class="verdict ${look.verdict}">${look.verdict}</span></td>
              <td class="n">${formatDifference(look.difference)}</td>
              <td class="n">${formatInterval([look.lower, look.upper])}</td>
              <td class="n">${look.alpha.toPrecision(2)}</td>
              <td class="n">${formatShare(look.power)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function leaderboard({ trials, direction }: ReportModel): Html {
  const sign = direction === 'up' ? 1 : -1;
  // A stopped trial saw less training, so it stands behind every trial that was trained in full.
  const ranked = trials
    .filter((trial): trial is ReportTrial & { value: number } => trial.value !== null)
    .toSorted((a, b) => Number(b.fidelity) - Number(a.fidelity) || sign * (b.value - a.value))
    .slice(0, leaders);
  const leader = lastIncumbent(trials);
  if (ranked.length === 0) return html`<p>No trial was scored.</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th class="n">#</th>
          <th class="n">trial</th>
          <th>model</th>
          <th class="n">value [95 % interval]</th>
          <th class="n">training</th>
          <th>proposer</th>
          <th>settings</th>
        </tr>
      </thead>
      <tbody>
        ${ranked.map(
          (trial, index) =>
            html`<tr${trial === leader ? html` class="best"` : nothing}><td class="n">${index + 1}</td><td class="n">${trial.trial}</td><td>${trial.model}</td><td class="n">${formatValue(trial.value)}${trial.ci === null ? '' : ` ${formatInterval(trial.ci)}`}</td><td class="n">${formatShare(trial.fidelity)}, ${formatDuration(trial.costSeconds)}</td><td>${trial.proposer}</td><td class="settings">${settings(trial.assignment)}</td></tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function proposersTable({ proposers }: ReportModel): Html {
  const rows = Object.entries(proposers);
  if (rows.length === 0) return nothing;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>proposer</th>
          <th class="n">trials</th>
          <th class="n">scored</th>
          <th class="n">stopped early</th>
          <th class="n">failed</th>
          <th class="n">best in screening</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, tally]) =>
            html`<tr>
              <td>${name}</td>
              <td class="n">${tally.proposed}</td>
              <td class="n">${tally.scored}</td>
              <td class="n">${tally.stoppedEarly}</td>
              <td class="n">${tally.faults}</td>
              <td class="n">${tally.best === null ? '—' : formatValue(tally.best)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function contractTable({ contract, budget, engineVersion, refit, minimumGain }: ReportModel): Html {
  const budgets = [
    budget.trials === null ? '' : `${budget.trials} trials`,
    budget.minutes === null ? '' : `${budget.minutes} minutes`,
  ].filter((part) => part !== '');
  const rows: [string, string | Html][] = [
    ['task', contract.task],
    ['label', contract.label],
    ['split', contract.split],
    [
      'rows',
      `${formatCount(contract.rows.train)} train, ${formatCount(contract.rows.validation)} validation, ${formatCount(contract.rows.test)} test`,
    ],
    ['candidates', contract.candidateSet === 'all-items' ? 'all items (full ranking)' : 'impressions'],
    ['duplicate rows', contract.duplicates],
    ['intervals cluster by', contract.clusterBy],
    ['contract', html`<code>${contract.hash}</code>`],
    [
      'budget',
      `${budgets.join(', ')}; seed ${budget.seed}; ${budget.workers === 1 ? 'one worker' : `${budget.workers} workers`}`,
    ],
    ['spent', `${formatDuration(budget.elapsedSeconds)}, ${formatDuration(budget.costSeconds)} of training`],
    [
      'smallest gain that counts',
      minimumGain === null ? '—' : `${formatValue(minimumGain.value)} (${minimumGain.source})`,
    ],
    [
      'artefact',
      refit === null ? 'none kept' : html`<code>${refit.artefact}</code>, fitted on ${refit.fittedOn}`,
    ],
    ['engine', `automodel ${engineVersion}`],
  ];
  return html`<div class="scroll">
    <table class="facts">
      <tbody>
        ${rows.map(
          ([name, value]) =>
            html`<tr>
              <th>${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A few settings stand in the row; more fold away. */
function settings(assignment: Assignment): Html {
  const pairs = Object.entries(assignment).map(([name, value]) => html`<div>${name}=${value}</div>`);
  if (pairs.length <= 3) return html`${pairs}`;
  return html`<details>
    <summary>${pairs.length} settings</summary>
    ${pairs}
  </details>`;
}

function summaryText(summary: MetricSummary | undefined, whole: boolean): string {
  if (summary === undefined) return '—';
  return whole ? formatSummary(summary) : formatValue(summary.mean);
}
