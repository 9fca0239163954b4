import type { CustomSeriesRenderItem } from 'echarts';
import type { ReportModel, SearchCurve } from '../../schema/index.js';
import { axis, drawChart, faint, ink, series, shortName } from '../chart.js';
import { nothing, type Html } from '../html.js';
import { axisRange } from './range.js';

/** Best value so far by number of own trials: every proposer from the same start, with the interval as a band. */
export function searchCurveChart({ searchCurves, metric, direction }: ReportModel): Html {
  const curves = searchCurves.filter(({ points }) => points.length > 0);
  if (curves.length === 0) return nothing;
  const last = Math.max(...curves.flatMap(({ points }) => points.map(({ trial }) => trial)));
  const values = curves.flatMap(({ points }) => points.flatMap(({ best, ci }) => [best, ...(ci ?? [])]));
  const range = axisRange(values);
  return drawChart(
    'search-curve',
    `Best ${metric} so far, by number of trials`,
    { width: 900, height: 340 },
    {
      color: [...series],
      grid: { left: 70, right: 24, top: 40, bottom: 48 },
      legend: {
        top: 0,
        right: 24,
        itemGap: 28,
        icon: 'roundRect',
        itemHeight: 4,
        textStyle: { color: ink, fontSize: 13 },
      },
      xAxis: axis({
        type: 'value',
        name: 'trials',
        nameLocation: 'middle',
        nameGap: 30,
        minInterval: 1,
        min: 1,
        max: Math.max(2, last),
      }),
      yAxis: axis({
        type: 'value',
        name: `${metric} (${direction === 'up' ? 'higher' : 'lower'} is better)`,
        nameTextStyle: { color: faint, align: 'left', fontSize: 12 },
        ...range,
      }),
      series: curves.flatMap((curve, index) => {
        const color = series[index % series.length];
        return [band(curve, color, last), line(curve, color, last, index === 0)];
      }),
    },
  );
}

function line(curve: SearchCurve, color: string, last: number, main: boolean): object {
  const points = curve.points.map(({ trial, best }) => [trial, best]);
  const end = points[points.length - 1];
  return {
    type: 'line',
    name: shortName(curve.name),
    step: 'end',
    showSymbol: false,
    data: end[0] < last ? [...points, [last, end[1]]] : points,
    lineStyle: { color, width: main ? 3 : 2, type: main ? 'solid' : [6, 4] },
    itemStyle: { color },
    emphasis: { disabled: true },
  };
}

/** One rectangle per step of the curve, from the interval's lower to its upper end. */
function band({ points }: SearchCurve, color: string, last: number): object {
  const data = points.flatMap(({ trial, ci }, index) =>
    ci === null ? [] : [[trial, points[index + 1]?.trial ?? Math.max(last, trial), ci[0], ci[1]]],
  );
  const renderItem: CustomSeriesRenderItem = (_, api) => {
    const [from, to, low, high] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
    const [x, top] = api.coord([from, high]);
    const [right, bottom] = api.coord([to, low]);
    return {
      type: 'rect',
      shape: { x, y: top, width: right - x, height: bottom - top },
      style: { fill: color, opacity: 0.12 },
    };
  };
  return { type: 'custom', data, renderItem, clip: true, silent: true };
}
