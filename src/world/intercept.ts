/**
 * Intercept at which the mean of link(v + intercept) over a sample of utilities v is `rate`, by bisection in [-20, 20].
 * @param link rising function to [0, 1]
 */
export function interceptFor(rate: number, utilities: Float64Array, link: (v: number) => number): number {
  let low = -20;
  let high = 20;
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    let sum = 0;
    for (const v of utilities) sum += link(v + middle);
    if (sum < rate * utilities.length) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
