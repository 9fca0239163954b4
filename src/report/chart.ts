import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { Html, escapeHtml } from './html.js';

use([CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, SVGRenderer]);

/** Colours are CSS variables of the page, so that one picture serves light and dark. */
export const ink = 'var(--ink)';
export const faint = 'var(--faint)';
export const rule = 'var(--rule)';
export const paper = 'var(--paper)';
export const accent = 'var(--c1)';
export const series = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'] as const;

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Names longer than this are cut in charts; tables beside them show the whole. */
export function shortName(text: string, length = 34): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/**
 * Draws an ECharts option as inline SVG: no script, no style block, no style attribute, so that a page with a strict
 * content security policy shows it. `name` must be unique in the page (letters and dashes); it makes ids unique.
 */
export function drawChart(name: string, title: string, size: ChartSize, option: EChartsCoreOption): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: size.width, height: size.height });
  try {
    chart.setOption({ animation: false, ...option });
    return new Html(embeddable(chart.renderToSVGString(), name, title));
  } finally {
    chart.dispose();
  }
}

/** Takes out what a strict policy forbids and what depends on how many charts this process drew before. */
function embeddable(svg: string, name: string, title: string): string {
  const label = escapeHtml(title);
  return svg
    .replace(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ class="zr[^"]*"/g, '')
    .replace(/ ecmeta_\w+="[^"]*"/g, '')
    .replace(/ pointer-events="[^"]*"/g, '')
    .replace(/ style="([^"]*)"/g, (_, style: string) => presentationAttributes(style))
    .replace(/(id="|url\(#)zr\d+-/g, (_, before: string) => `${before}${name}-`)
    .replace(
      /<svg [^>]*?viewBox="([^"]*)"[^>]*>/,
      // A function, since a label from data may hold "$&", which a replacement text would read as the match.
      (_, box: string) => `<svg viewBox="${box}" role="img" aria-label="${label}"><title>${label}</title>`,
    )
    .replace(/\n+/g, '\n');
}

/** `font-size:12px;font-weight:bold;` as ` font-size="12px" font-weight="bold"`; the font itself is the page's. */
function presentationAttributes(style: string): string {
  return style
    .split(';')
    .map((declaration) => declaration.split(':', 2))
    .filter(([property, value]) => value !== undefined && /^font-(size|weight|style)$/.test(property.trim()))
    .map(([property, value]) => ` ${property.trim()}="${value.trim()}"`)
    .join('');
}

/** Room for names at the left. No font is measured here: eight units a letter is wide enough for any text font. */
export const roomForNames = (names: readonly string[]): number =>
  24 + 8 * Math.max(...names.map(({ length }) => length));

/** A y axis of names, the first on top. */
export const namesAxis = (names: readonly string[]): Record<string, unknown> =>
  axis({
    type: 'category',
    inverse: true,
    data: names,
    splitLine: { show: false },
    axisLabel: { color: ink, fontSize: 13 },
  });

/** Axis look shared by all charts. */
export function axis(option: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    nameTextStyle: { color: faint, fontSize: 12 },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: rule } },
    ...option,
    axisLabel: { color: faint, fontSize: 12, ...(option['axisLabel'] as object | undefined) },
  };
}
