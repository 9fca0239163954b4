import type { MetricDefinition, NoveltyReading } from '../schema/index.js';
import { mostControlError, type Judgement } from './compare-metric.js';
import type { Difference } from './difference.js';
import { lowerBound, twoSided } from './inference.js';
import type { Moments } from './moments.js';

/** Share of the early lift that has to be shown to be left late, once it was seen to fall. */
const leastLeft = 0.5;

/** A metric in windows of days since its units were exposed, of the units that have reached the last window. */
export interface WindowedMeasure {
  /** days since exposure at which the windows begin; the last one has no end */
  readonly fromDays: readonly number[];
  /** by arm: moments of value and, of a ratio, denominator, window after window */
  readonly arms: readonly Moments[];
}

/**
 * Windows that double: day 0, day 1, days 2-3, 4-7, and so on. The last one begins where half of the elapsed time is over at the
 * latest, so that what is late has been seen as long as what is early. Empty before two days.
 */
export function windowStarts(elapsedDays: number): number[] {
  const starts = [0];
  for (let from = 1; 2 * from <= elapsedDays; from *= 2) starts.push(from);
  return starts.length > 1 ? starts : [];
}

/** Place of a day since exposure among all windows that there can ever be: 0, 1, 2-3, 4-7, ... */
export function windowOf(day: number): number {
  return day < 1 ? 0 : 1 + Math.floor(Math.log2(day));
}

/** One arm over some windows together: a mean or a ratio of means, and its gradient with respect to all columns. */
interface Span {
  readonly value: number;
  readonly gradient: readonly number[];
}

function spanOf({ means }: Moments, width: number, from: number, to: number): Span {
  const inside = (column: number): boolean => column >= from * width && column < to * width;
  const sum = (of: number): number =>
    means.reduce((all, mean, c) => all + (inside(c) && c % width === of ? mean : 0), 0);
  const top = sum(0);
  if (width === 1) return { value: top, gradient: means.map((_, c) => Number(inside(c))) };
  const bottom = sum(1);
  return {
    value: top / bottom,
    gradient: means.map((_, c) => (!inside(c) ? 0 : c % width === 0 ? 1 / bottom : -top / bottom / bottom)),
  };
}

/** gᵀ C g / n */
function squaredError({ n, covariance }: Moments, gradient: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i += 1)
    for (let j = 0; j < gradient.length; j += 1) sum += gradient[i] * covariance[i][j] * gradient[j];
  return Math.max(0, sum / n);
}

/** A weighted sum of relative differences in spans of windows, by the delta method over units: one unit's windows go together. */
function contrast(
  control: Moments,
  treatment: Moments,
  width: number,
  spans: readonly { readonly weight: number; readonly from: number; readonly to: number }[],
): Difference {
  let estimate = 0;
  const gradients = [control, treatment].map(({ means }) => means.map(() => 0));
  for (const { weight, from, to } of spans) {
    const [a, b] = [control, treatment].map((moments) => spanOf(moments, width, from, to));
    const base = Math.abs(a.value);
    estimate += (weight * (b.value - a.value)) / base;
    for (const [c, part] of a.gradient.entries())
      gradients[0][c] -= (weight * b.value * part) / base / a.value;
    for (const [c, part] of b.gradient.entries()) gradients[1][c] += (weight * part) / base;
  }
  const [a, b] = [squaredError(control, gradients[0]), squaredError(treatment, gradients[1])];
  return {
    estimate,
    se: Math.sqrt(a + b),
    df: (a + b) ** 2 / (a ** 2 / (control.n - 1) + b ** 2 / (treatment.n - 1)),
    units: control.n + treatment.n,
  };
}

/**
 * Reads a metric of one treatment by days since exposure. A lift of the first days that is gone later was new and not better
 * (Kohavi, Tang & Xu, Trustworthy Online Controlled Experiments, 2020, on novelty effects): it "fades" when it is significantly smaller late
 * than early, over the same units, unless it is shown to be better late too and to have at least half of the early lift left.
 * @returns null where it cannot be told: an arm without units or of value zero, or a control too uncertain to divide by
 */
export function noveltyOf(
  { kind, direction }: MetricDefinition,
  { fromDays, arms }: WindowedMeasure,
  treatment: number,
  { alpha, rule }: Judgement,
): NoveltyReading | null {
  const [a, b] = [arms[0], arms[treatment]];
  const width = kind === 'ratio' ? 2 : 1;
  const last = fromDays.length - 1;
  if (last < 1 || Math.min(a.n, b.n) < 2) return null;
  const lift = (from: number, to: number): Difference => contrast(a, b, width, [{ weight: 1, from, to }]);
  const known = ({ estimate, se, df }: Difference): boolean => Number.isFinite(estimate) && se > 0 && df > 0;
  const vague = (from: number, to: number): boolean => {
    const { value, gradient } = spanOf(a, width, from, to);
    return !(Math.sqrt(squaredError(a, gradient)) <= mostControlError * Math.abs(value));
  };
  const [early, late] = [lift(0, last), lift(last, last + 1)];
  const weighed = (ofEarly: number, ofLate: number): Difference =>
    contrast(a, b, width, [
      { weight: ofEarly, from: 0, to: last },
      { weight: ofLate, from: last, to: last + 1 },
    ]);
  const fade = weighed(1, -1);
  if (![early, late, fade].every(known) || vague(0, last) || vague(last, last + 1)) return null;
  const towards = direction === 'up' ? 1 : -1;
  const falls = { ...fade, estimate: fade.estimate * towards };
  // Each look by itself: an alarm holds a KEEP back until the next look, and a missed one is kept for good.
  const faded = lowerBound(falls, 0, alpha, { kind: 'fixed-horizon' });
  const { p } = twoSided(late, alpha, rule);
  const better = late.estimate * towards > 0 && p < alpha;
  const rest = weighed(-leastLeft, 1);
  const left = lowerBound({ ...rest, estimate: rest.estimate * towards }, 0, alpha, rule);
  const shown = ({ estimate, se }: Difference): { lift: number; se: number } => ({ lift: estimate, se });
  return {
    lateFromDay: fromDays[last],
    units: a.n + b.n,
    windows: fromDays.flatMap((fromDay, w) => {
      const own = lift(w, w + 1);
      return known(own) ? [{ fromDay, toDay: fromDays[w + 1] ?? null, ...shown(own) }] : [];
    }),
    early: shown(early),
    late: { ...shown(late), p },
    fade: { ...shown(falls), p: faded.p },
    outcome: faded.p < alpha && !(better && left.p < alpha) ? 'fades' : better ? 'lasts' : 'undecided',
  };
}
