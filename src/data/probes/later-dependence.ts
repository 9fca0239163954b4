/**
 * Whether a column that is constant per key (item, user, session) was computed with what happened later.
 *
 * An honest fact of a key may well go with its later activity: popular items stay popular. What it cannot know is what is
 * new in the later window. So the later level Y of a key is explained by its level X in an equally long window just before
 * and by the column A: Y = γ X + β A. X is measured with the noise of counting, which alone would give any correlate of X a
 * β above zero; so X is measured twice, on two random halves of its events, and one half is the instrument of the other
 * (errors in variables; Wald 1940, Reiersøl 1941). β then is zero for every column that knows no more than the true X.
 *
 * The same the other way round (X explained by Y and A) tells an aggregate from a trend. An aggregate over both windows has
 * both coefficients of one sign; an age or an upload date, which foretells growth, has them of opposite signs.
 */
export interface KeyLevels {
  /** level in the earlier window, on two halves of its events [keys] */
  readonly before: readonly [Float64Array, Float64Array];
  /** in all that lies before the earlier window */
  readonly past: readonly [Float64Array, Float64Array];
  /** in the later window */
  readonly after: readonly [Float64Array, Float64Array];
  /** block of the jackknife, 0..blocks-1 [keys] */
  readonly blocks: Uint8Array;
}

export interface LaterDependence {
  /** β in sd of the true later level per sd of the column, signed so that the column goes up with the level */
  readonly effect: number;
  /** of the effect, by a jackknife over blocks of keys */
  readonly t: number;
  /** t of the coefficient the other way round, in the same orientation */
  readonly backwardT: number;
  /** rank correlation of the column with the true level of the earlier and of the later window, free of their noise */
  readonly withBefore: number;
  readonly withAfter: number;
}

export const jackknifeBlocks = 50;

/** Sums of one block: n, and means and products of A, X1, X2, Y1, Y2. */
const variables = 7;
const width = 1 + variables + (variables * (variables + 1)) / 2;

/**
 * @param column one value per key, NaN where missing; its ranks are used, so any monotone transform gives the same
 * @returns undefined where the windows hold too little to tell keys apart (reliability of X or Y not above noise)
 */
export function laterDependence(levels: KeyLevels, column: Float64Array): LaterDependence | undefined {
  const ranks = midRanks(column);
  const sums = Array.from({ length: jackknifeBlocks }, () => new Float64Array(width));
  const total = new Float64Array(width);
  const cells = new Float64Array(variables);
  for (let k = 0; k < column.length; k += 1) {
    cells[0] = ranks[k];
    cells[1] = levels.before[0][k];
    cells[2] = levels.before[1][k];
    cells[3] = levels.after[0][k];
    cells[4] = levels.after[1][k];
    cells[5] = levels.past[0][k];
    cells[6] = levels.past[1][k];
    if (cells.some(Number.isNaN)) continue;
    const sum = sums[levels.blocks[k]];
    sum[0] += 1;
    let at = 1 + variables;
    for (let i = 0; i < variables; i += 1) {
      sum[1 + i] += cells[i];
      for (let j = i; j < variables; j += 1) sum[at++] += cells[i] * cells[j];
    }
  }
  for (const sum of sums) for (let s = 0; s < width; s += 1) total[s] += sum[s];
  const whole = coefficients(total);
  if (whole === undefined) return undefined;
  const left: Coefficients[] = [];
  for (const sum of sums) {
    if (sum[0] === 0) continue;
    const without = coefficients(total.map((value, s) => value - sum[s]));
    if (without === undefined) return undefined;
    left.push(without);
  }
  if (left.length < jackknifeBlocks / 2) return undefined;
  const error = (of: (c: Coefficients) => number): number => {
    const mean = left.reduce((sum, c) => sum + of(c), 0) / left.length;
    const spread = left.reduce((sum, c) => sum + (of(c) - mean) ** 2, 0);
    return Math.sqrt(((left.length - 1) / left.length) * spread);
  };
  // Levels that halves of the events do not agree on are noise; so would be everything that follows.
  if (whole.beforeReliability < 4 * error((c) => c.beforeReliability)) return undefined;
  if (whole.afterReliability < 4 * error((c) => c.afterReliability)) return undefined;
  const sign = whole.association < 0 ? -1 : 1;
  return {
    effect: sign * whole.forward,
    t: (sign * whole.forward) / error((c) => c.forward),
    backwardT: (sign * whole.backward) / error((c) => c.backward),
    withBefore: sign * whole.withBefore,
    withAfter: sign * whole.withAfter,
  };
}

interface Coefficients {
  readonly forward: number;
  readonly backward: number;
  /** covariance of the column with the levels */
  readonly association: number;
  readonly withBefore: number;
  readonly withAfter: number;
  readonly beforeReliability: number;
  readonly afterReliability: number;
}

function coefficients(sum: Float64Array): Coefficients | undefined {
  const n = sum[0];
  const index = (i: number, j: number): number => 1 + variables + i * variables - (i * (i - 1)) / 2 + (j - i);
  const cov = (i: number, j: number): number => sum[index(i, j)] / n - (sum[1 + i] / n) * (sum[1 + j] / n);
  const mean = (...pairs: readonly (readonly [number, number])[]): number =>
    pairs.reduce((total, [i, j]) => total + cov(Math.min(i, j), Math.max(i, j)), 0) / pairs.length;
  const aa = cov(0, 0);
  if (!(n >= 100) || !(aa > 0)) return undefined;
  // Of two noisy measurements of one level only products of unlike halves are free of the noise.
  const [ax, ay, aw] = [mean([0, 1], [0, 2]), mean([0, 3], [0, 4]), mean([0, 5], [0, 6])];
  const [xx, yy, ww] = [cov(1, 2), cov(3, 4), cov(5, 6)];
  const [xy, xw, yw] = [mean([1, 4], [2, 3]), mean([1, 6], [2, 5]), mean([3, 6], [4, 5])];
  if (!(xx > 0) || !(yy > 0)) return undefined;
  const forward = firstOf(
    [
      [aa, ax, aw],
      [ax, xx, xw],
      [aw, xw, ww],
    ],
    [ay, xy, yw],
  );
  const backward = firstOf(
    [
      [aa, ay, aw],
      [ay, yy, yw],
      [aw, yw, ww],
    ],
    [ax, xy, xw],
  );
  return {
    forward: (forward * Math.sqrt(aa)) / Math.sqrt(yy),
    backward: (backward * Math.sqrt(aa)) / Math.sqrt(xx),
    association: ax + ay,
    withBefore: ax / Math.sqrt(aa * xx),
    withAfter: ay / Math.sqrt(aa * yy),
    beforeReliability: xx / Math.sqrt(cov(1, 1) * cov(2, 2) || 1),
    afterReliability: yy / Math.sqrt(cov(3, 3) * cov(4, 4) || 1),
  };
}

/** First unknown of three linear equations (Cramer). */
function firstOf(m: readonly (readonly number[])[], v: readonly number[]): number {
  const determinant = (a: readonly number[], b: readonly number[], c: readonly number[]): number =>
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
    a[1] * (b[0] * c[2] - b[2] * c[0]) +
    a[2] * (b[0] * c[1] - b[1] * c[0]);
  const rows = m.map((row, i) => [v[i], row[1], row[2]]);
  return determinant(rows[0], rows[1], rows[2]) / determinant(m[0], m[1], m[2]);
}

/** Mid-ranks scaled to (0, 1); NaN stays NaN. */
export function midRanks(values: Float64Array): Float64Array {
  const order = Array.from(values.keys())
    .filter((k) => !Number.isNaN(values[k]))
    .sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length).fill(Number.NaN);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to += 1;
    for (let k = from; k < to; k += 1) ranks[order[k]] = (from + to) / 2 / order.length;
    from = to;
  }
  return ranks;
}
