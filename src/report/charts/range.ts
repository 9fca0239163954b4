/** Ends and step of a value axis. */
export interface AxisRange {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

/**
 * A range around values whose ends and ticks are multiples of 1, 2 or 5 times a power of ten, with `ticks` steps or a
 * few less. A single value gets room on both sides.
 */
export function axisRange(values: readonly number[], ticks = 6): AxisRange {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { min: 0, max: 1, interval: 0.2 };
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  // Differences in the last digits of a double are no spread to draw.
  const size = Math.max(Math.abs(low), Math.abs(high));
  const span = high - low > size * 1e-6 ? (high - low) * 1.06 : Math.max(size * 0.02, 1e-6);
  const middle = (low + high) / 2;
  const rough = span / ticks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const interval =
    [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * (1 - 1e-9)) ?? 10 * power;
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(interval) + 1e-9)));
  const exact = (value: number): number => Number(value.toFixed(digits));
  return {
    min: exact(Math.floor((middle - span / 2) / interval + 1e-9) * interval),
    max: exact(Math.ceil((middle + span / 2) / interval - 1e-9) * interval),
    interval: exact(interval),
  };
}
