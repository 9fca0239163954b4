import { formatShare, type ParameterEffect, type ReportModel } from '../../schema/index.js';
import { accent, axis, drawChart, shortName } from '../chart.js';
import { html, type Html } from '../html.js';
import { standingInterval } from './intervals.js';
import { axisRange, type AxisRange } from './range.js';

const shown = 9;

/** One small picture per parameter, the most important first, all on one scale so that heights compare. */
export function effectCharts({ effects, metric }: ReportModel): Html[] {
  const chosen = effects
    .filter(({ points }) => points.length > 1)
    .toSorted((a, b) => b.importance - a.importance)
    .slice(0, shown);
  const range = axisRange(
    chosen.flatMap(({ points }) => points.flatMap(({ mean, ci }) => [mean, ...(ci ?? [])])),
  );
  return chosen.map(
    (effect, index) =>
      html`<figure class="effect">
        <figcaption>
          <strong>${effect.parameter}</strong>
          <span class="faint">explains ${formatShare(effect.importance)} of the variance</span>
        </figcaption>
        ${effectChart(effect, `effect-${index}`, metric, range)}
      </figure>`,
  );
}

function effectChart(effect: ParameterEffect, name: string, metric: string, range: AxisRange): Html {
  const ordered =
    effect.points.every(({ value }) => typeof value === 'number') && effect.scale !== 'categorical';
  const points = ordered
    ? effect.points.toSorted((a, b) => Number(a.value) - Number(b.value))
    : effect.points;
  // On a log scale the values stand evenly and say their value: a decade axis would leave two labels in this width.
  const measured = ordered && effect.scale === 'linear';
  const place = (index: number): number => (measured ? Number(points[index].value) : index);
  const intervals = points.flatMap(({ mean, ci }, index) =>
    ci === null ? [] : [[place(index), mean, ci[0], ci[1]]],
  );
  return drawChart(
    name,
    `${metric} by ${effect.parameter}`,
    { width: 320, height: 190 },
    {
      color: [accent],
      grid: { left: 58, right: 14, top: 12, bottom: 30 },
      xAxis: measured
        ? axis({
            type: 'value',
            scale: true,
            splitNumber: 3,
            splitLine: { show: false },
            axisLabel: { hideOverlap: true, formatter: shortNumber },
          })
        : axis({
            type: 'category',
            data: points.map(({ value }) =>
              typeof value === 'number' ? shortNumber(value) : shortName(String(value), 12),
            ),
            splitLine: { show: false },
            axisLabel: { hideOverlap: true },
          }),
      yAxis: axis({ type: 'value', ...range }),
      series: [
        {
          type: 'custom',
          renderItem: standingInterval,
          data: intervals,
          silent: true,
          itemStyle: { color: accent },
        },
        {
          type: ordered ? 'line' : 'scatter',
          symbol: 'circle',
          symbolSize: 7,
          data: points.map(({ mean }, index) => [place(index), mean]),
          lineStyle: { color: accent, width: 2 },
          itemStyle: { color: accent },
          emphasis: { disabled: true },
        },
      ],
    },
  );
}

function shortNumber(value: number): string {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(1).replace('.0e', 'e')
    : String(Number(value.toPrecision(3)));
}
