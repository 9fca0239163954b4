import type { DemoExperiment, DemoMetric, DemoOnlineResult } from '../schema/index.js';
import { accent, axis, drawChart, faint, ink, namesAxis, roomForNames } from './chart.js';
import { lyingInterval } from './charts/intervals.js';
import { axisRange } from './charts/range.js';
import { html, type Html } from './html.js';
import { page, section } from './page.js';

const percent = (value: number, digits = 1): string => `${(100 * value).toFixed(digits)} %`;
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`;

/** What `demo online` found, as one HTML document: what each experiment said, beside what was true. */
export function renderOnlineDemo(result: DemoOnlineResult): string {
  const { model, log, users, items, seed, experiments, answerMs } = result;
  return page(
    'AutoModel: served and tested online',
    html`
      <header>
        <p class="faint">A simulated world, seed ${seed}</p>
        <h1>Two changes, tried on people who live on</h1>
        <p class="claim">
          ${experiments.map(({ id, outcome }) => html`<strong>${id}</strong>: ${outcome}. `)}
        </p>
        <dl class="tiles">
          ${tile('People and videos', `${users} · ${items}`, `${log.impressions} impressions in ${log.days} days of log`)}
          ${tile('Clicked', percent(log.clickRate), 'of what was seen before')}
          ${tile(`${model.name}, test AUC`, model.auc.toFixed(4), `${model.floor}: ${model.floorAuc.toFixed(4)}`)}
          ${tile('One answer', `${answerMs.toFixed(1)} ms`, 'recall, ranking and re-ranking, on average')}
        </dl>
      </header>
      ${experiments.map(experimentSection)}
      <footer>
        The truth is what the same people did when everybody was served the one and the other, for as long as
        the experiment ran; ± is its Monte-Carlo standard error. Estimates are over all steps of the ramp,
        with intervals that hold at every look.
      </footer>
    `,
  );
}

const tile = (title: string, value: string, about: string): Html =>
  html`<div>
    <dt>${title}</dt>
    <dd>${value}</dd>
    <p>${about}</p>
  </div>`;

function experimentSection(experiment: DemoExperiment): Html {
  const { hypothesis, control, treatment, outcome, reasons, units, treatedUnits, days } = experiment;
  return section(
    `“${hypothesis}”: ${outcome}`,
    `Control: ${control}. Treatment: ${treatment}. ${days} days; ${treatedUnits} of ${units} people were ever treated.`,
    html`<ul>
      ${reasons.map((reason) => html`<li>${reason}</li>`)}
    </ul>`,
    effectChart(experiment),
    html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th>metric</th>
            <th>is</th>
            <th class="n">estimate</th>
            <th class="n">always-valid 95 %</th>
            <th class="n">truth</th>
          </tr>
        </thead>
        <tbody>
          ${experiment.metrics.map(metricRow)}
        </tbody>
      </table>
    </div>`,
    looksTable(experiment),
  );
}

function metricRow({ name, role, estimate, ci, truth, truthError }: DemoMetric): Html {
  return html`<tr>
    <td>${name}</td>
    <td>${role}</td>
    <td class="n">${estimate === null ? '—' : signed(estimate)}</td>
    <td class="n">${ci === null ? '—' : `${signed(ci[0])} … ${signed(ci[1])}`}</td>
    <td class="n">${signed(truth)} ± ${percent(truthError)}</td>
  </tr>`;
}

function looksTable({ looks }: DemoExperiment): Html {
  return html`<div class="scroll">
    <table>
      <caption>
        Looks of the ramp
      </caption>
      <thead>
        <tr>
          <th class="n">day</th>
          <th class="n">treated share</th>
          <th class="n">control</th>
          <th class="n">treatment</th>
          <th>decision</th>
        </tr>
      </thead>
      <tbody>
        ${looks.map(
          ({ atMs, share, arms, decision }) =>
            html`<tr>
              <td class="n">${(atMs / 86_400_000).toFixed(1)}</td>
              <td class="n">${percent(share, 0)}</td>
              ${arms.map(({ units }) => html`<td class="n">${units}</td>`)}
              <td>${decision.kind}: ${decision.reasons.join('; ')}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Intervals of the estimates with the truth as a ring on each. */
function effectChart({ id, metrics }: DemoExperiment): Html {
  const labels = metrics.map(({ name }) => name);
  const ends = metrics.flatMap(({ ci, truth, truthError }) => [
    ...(ci ?? []),
    truth - 2 * truthError,
    truth + 2 * truthError,
    0,
  ]);
  const shown = (value: number): number => 100 * Math.max(-1, Math.min(4, value));
  const range = axisRange(ends.map(shown));
  const rows = [...metrics.entries()];
  return drawChart(
    `effect-${id.replaceAll(/[^a-z]/gi, '-')}`,
    'Estimated and true effects, percent',
    { width: 900, height: 72 + 34 * metrics.length },
    {
      grid: {
        left: roomForNames(labels),
        right: 24,
        top: 34,
        bottom: 40,
      },
      legend: {
        top: 0,
        left: 0,
        itemWidth: 12,
        itemGap: 24,
        textStyle: { color: ink },
        data: ['estimate', 'truth'],
      },
      xAxis: axis({ type: 'value', ...range, name: '%', nameLocation: 'end' }),
      yAxis: namesAxis(labels),
      series: [
        {
          type: 'custom',
          renderItem: lyingInterval,
          silent: true,
          data: rows.flatMap(([n, { estimate, ci }]) =>
            estimate === null || ci === null
              ? []
              : [{ value: [shown(estimate), n, shown(ci[0]), shown(ci[1])], itemStyle: { color: faint } }],
          ),
        },
        {
          name: 'estimate',
          type: 'scatter',
          symbolSize: 9,
          silent: true,
          itemStyle: { color: faint },
          data: rows.flatMap(([n, { estimate }]) => (estimate === null ? [] : [[shown(estimate), n]])),
        },
        {
          name: 'truth',
          type: 'scatter',
          symbol: 'diamond',
          symbolSize: 12,
          silent: true,
          itemStyle: { color: accent, opacity: 1 },
          data: rows.map(([n, { truth }]) => [shown(truth), n]),
        },
      ],
    },
  );
}
