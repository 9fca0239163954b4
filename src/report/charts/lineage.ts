import type { CustomSeriesRenderItem } from 'echarts';
import type { ReportModel, ReportTrial } from '../../schema/index.js';
import { axis, drawChart, faint, ink, paper, series, shortName } from '../chart.js';
import { nothing, type Html } from '../html.js';
import { axisRange } from './range.js';

/**
 * The lineage tree laid out in time: every scored trial at (order of proposal, value), a line from each parent to its
 * child. Large ringed points became the incumbent; small ones were stopped early.
 */
export function lineageChart({ trials, metric }: ReportModel): Html {
  const scored = trials.filter((trial) => trial.value !== null);
  if (scored.length === 0) return nothing;
  const byNumber = new Map(scored.map((trial) => [trial.trial, trial]));
  const edges = scored.flatMap((child) =>
    child.parents.flatMap((parent) => {
      const from = byNumber.get(parent);
      return from === undefined ? [] : [[from.trial, from.value ?? 0, child.trial, child.value ?? 0]];
    }),
  );
  const range = axisRange(scored.map(({ value }) => value ?? 0));
  const proposers = [...new Set(scored.map(({ proposer }) => proposer))];
  return drawChart(
    'lineage',
    `Lineage: ${metric} of every trial in the order of proposals`,
    { width: 900, height: 380 },
    {
      grid: { left: 70, right: 24, top: 40, bottom: 48 },
      legend: { top: 0, right: 24, itemGap: 28, textStyle: { color: ink, fontSize: 13 } },
      xAxis: axis({
        type: 'value',
        name: 'trial',
        nameLocation: 'middle',
        nameGap: 30,
        minInterval: 1,
        min: 0,
        max: 'dataMax',
      }),
      yAxis: axis({ type: 'value', ...range }),
      series: [
        { type: 'custom', renderItem: edge, data: edges, silent: true, clip: true, z: 1 },
        ...proposers.map((proposer, index) => ({
          type: 'scatter',
          name: shortName(proposer),
          z: 3,
          itemStyle: { color: series[index % series.length] },
          data: scored.filter((trial) => trial.proposer === proposer).map((trial) => point(trial, index)),
        })),
      ],
    },
  );
}

const edge: CustomSeriesRenderItem = (_, api) => {
  const [fromTrial, fromValue, toTrial, toValue] = [0, 1, 2, 3].map((dimension) =>
    Number(api.value(dimension)),
  );
  const [x1, y1] = api.coord([fromTrial, fromValue]);
  const [x2, y2] = api.coord([toTrial, toValue]);
  return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: faint, lineWidth: 1, opacity: 0.4 } };
};

function point(trial: ReportTrial, proposer: number): object {
  const color = series[proposer % series.length];
  if (trial.incumbent) {
    return {
      value: [trial.trial, trial.value],
      symbolSize: 15,
      itemStyle: { color, opacity: 1, borderColor: ink, borderWidth: 2 },
    };
  }
  const stopped = trial.status === 'stopped-early';
  return {
    value: [trial.trial, trial.value],
    symbolSize: stopped ? 6 : 9,
    itemStyle: stopped
      ? { color: paper, borderColor: color, borderWidth: 1.5, opacity: 1 }
      : { color, opacity: 0.9 },
  };
}
