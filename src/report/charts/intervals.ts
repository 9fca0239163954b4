import type { CustomSeriesRenderItem } from 'echarts';

/** A point with its interval, lying: value on the x axis, position on the y axis. Data: [mean, position, low, high]. */
export const lyingInterval: CustomSeriesRenderItem = (_, api) => {
  const [, position, low, high] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
  const [left, y] = api.coord([low, position]);
  const [right] = api.coord([high, position]);
  return bar(left, y, right, y, String(api.visual('color')));
};

/** The same, standing: position on the x axis. Data: [position, mean, low, high]. */
export const standingInterval: CustomSeriesRenderItem = (_, api) => {
  const [position, , low, high] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
  const [x, bottom] = api.coord([position, low]);
  const [, top] = api.coord([position, high]);
  return bar(x, bottom, x, top, String(api.visual('color')));
};

function bar(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
): ReturnType<CustomSeriesRenderItem> {
  return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 2, opacity: 0.75 } };
}
