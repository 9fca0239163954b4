import { formatValue, type ReportModel } from '../../schema/index.js';
import { html, nothing, type Html } from '../html.js';
import { lastIncumbent, lineageOf } from '../lineage.js';

/** The parts of a report that are words: how the best came about, lessons, refused columns, warnings. */

export function wayToTheBest({ trials }: ReportModel): Html {
  const end = lastIncumbent(trials);
  if (end === undefined) return nothing;
  return html`<ol class="way">
    ${lineageOf(trials, end).map(
      ({ trial, changes }, index) =>
        html`<li>
          <strong>trial ${trial.trial}</strong> <span class="faint">${trial.proposer}</span>
          ${trial.value === null ? '' : formatValue(trial.value)}
          ${
            index === 0
              ? html`<details>
                  <summary>starts from ${trial.model}</summary>
                  <ul>
                    ${changes.map(({ parameter, to }) => html`<li>${parameter} = ${to}</li>`)}
                  </ul>
                </details>`
              : html`<ul>
                  ${changes.map(({ parameter, from, to }) => html`<li>${parameter}: ${from ?? 'absent'} → ${to ?? 'absent'}</li>`)}
                </ul>`
          }
        </li>`,
    )}
  </ol>`;
}

export function lessons({ learned }: ReportModel): Html {
  if (learned.length === 0) return html`<p>Nothing that would hold beyond this run.</p>`;
  return html`<ul>
    ${learned.map((lesson) => html`<li>${lesson}</li>`)}
  </ul>`;
}

export function refusedColumns({ refused }: ReportModel): Html {
  if (refused.length === 0) return html`<p>No column had to be refused.</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>column</th>
          <th>as</th>
          <th>because</th>
        </tr>
      </thead>
      <tbody>
        ${refused.map(
          ({ table, column, role, reason }) =>
            html`<tr>
              <td><code>${table}.${column}</code></td>
              <td>${role}</td>
              <td>${reason}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function warningList({ warnings }: ReportModel): Html {
  if (warnings.length === 0) return html`<p>None.</p>`;
  return html`<ul>
    ${warnings.map(({ code, message }) => html`<li><code>${code}</code> ${message}</li>`)}
  </ul>`;
}
