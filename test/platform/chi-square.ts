/** Sum over cells of (seen - expected)^2 / expected, all cells equally likely. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/**
 * The value that a chi-square variable with so many degrees of freedom exceeds once in a thousand (tables; above 30 the
 * approximation of Wilson and Hilferty, good to a tenth).
 */
export function oneInThousand(freedom: number): number {
  const tabulated: Readonly<Record<number, number>> = { 5: 20.515, 9: 27.877, 15: 37.697, 23: 49.728 };
  const z = 3.0902;
  const spread = 2 / (9 * freedom);
  return tabulated[freedom] ?? freedom * (1 - spread + z * Math.sqrt(spread)) ** 3;
}

/** How often each of `cells` cells is hit by `draws` draws. */
export function histogram(cells: number, draws: number, draw: (i: number) => number): number[] {
  const counts = Array.from({ length: cells }, () => 0);
  for (let i = 0; i < draws; i += 1) counts[draw(i)] += 1;
  return counts;
}

/** Pearson's correlation of two equally long series. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((s, v) => s + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [top, va, vb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    top += (a[i] - ma) * (b[i] - mb);
    va += (a[i] - ma) ** 2;
    vb += (b[i] - mb) ** 2;
  }
  return top / Math.sqrt(va * vb);
}
