import { scoreColumns, type MetricSummary, type ReportModel, type ReportScore } from '../../schema/index.js';
import { accent, axis, drawChart, faint, ink, namesAxis, roomForNames, shortName } from '../chart.js';
import { nothing, type Html } from '../html.js';
import { lyingInterval } from './intervals.js';
import { axisRange } from './range.js';

/** Floors, baseline, best and control as points with their 95 % intervals. */
export function scoresChart({ scores, metric }: ReportModel): Html {
  const split = scoreColumns(scores, metric)?.split;
  if (split === undefined) return nothing;
  const rows = scores.flatMap((score) => {
    const summary = score.metrics[split]?.[metric];
    return summary === undefined ? [] : [{ score, summary }];
  });
  if (rows.length === 0) return nothing;
  const range = axisRange(rows.flatMap(({ summary }) => [summary.mean, ...summary.ci]));
  const labels = rows.map(({ score }) => `${shortName(score.model, 26)} · ${score.role}`);
  return drawChart(
    'scores',
    `${split} ${metric} with 95 % intervals`,
    { width: 900, height: 56 + 34 * rows.length },
    {
      grid: {
        left: roomForNames(labels),
        right: 24,
        top: 12,
        bottom: 40,
      },
      xAxis: axis({ type: 'value', ...range }),
      yAxis: namesAxis(labels),
      series: [
        {
          type: 'custom',
          renderItem: lyingInterval,
          silent: true,
          data: rows.map(({ score, summary }, index) => ({
            value: intervalDatum(summary, index),
            itemStyle: { color: colourOf(score) },
          })),
        },
        {
          type: 'scatter',
          symbolSize: 11,
          silent: true,
          data: rows.map(({ score, summary }, index) => ({
            value: [summary.mean, index],
            itemStyle: { color: colourOf(score), opacity: 1 },
          })),
        },
      ],
    },
  );
}

function intervalDatum(summary: MetricSummary, index: number): number[] {
  return [summary.mean, index, summary.ci[0], summary.ci[1]];
}

function colourOf({ role }: ReportScore): string {
  return role === 'best' ? accent : role === 'baseline' ? ink : faint;
}
