import type { MetricSummary } from './metrics.js';

/** How numbers are written for people, the same in every face. */

/** A metric value: four decimals, five below a thousandth, one from a thousand. */
export function formatValue(value: number): string {
  return Number.isFinite(value) ? value.toFixed(decimalsOf(value)) : String(value);
}

function decimalsOf(value: number): number {
  const size = Math.abs(value);
  return size >= 1000 ? 1 : size > 0 && size < 0.001 ? 5 : 4;
}

/** "0.7321 ± 0.0008 [0.7301, 0.7342]": mean, sd over seeds (left out for one seed) and the 95 % interval. */
export function formatSummary(summary: MetricSummary): string {
  return `${formatValue(summary.mean)} ${formatSpread(summary)}`;
}

/** What stands behind a mean, in the mean's decimals: "± 0.0008 [0.7301, 0.7342]". */
export function formatSpread({ mean, sd, n, ci }: MetricSummary): string {
  const decimals = decimalsOf(mean);
  const spread = n > 1 ? `± ${sd.toFixed(decimals)} ` : '';
  return `${spread}[${ci[0].toFixed(decimals)}, ${ci[1].toFixed(decimals)}]`;
}

export function formatInterval(ci: readonly [number, number]): string {
  return `[${formatValue(ci[0])}, ${formatValue(ci[1])}]`;
}

/** With its sign: "+0.0042". */
export function formatDifference(value: number): string {
  return `${value < 0 ? '−' : '+'}${formatValue(Math.abs(value))}`;
}

/** "0.4 s", "42 s", "3 min 05 s", "2 h 07 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '—';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Thousands apart: "1,436,609". */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** "63 %", "0.4 %". */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}
