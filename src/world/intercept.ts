/**
 * Intercept at which the mean of link(v + intercept) over a sample of utilities v is `rate`, by bisection in [-20, 20].
 * @param link rising function to [0, 1]
 */
export function interceptFor(rate: number, utilities: Float64Array, link: (v: number) => number): number {
  return riseTo(rate * utilities.length, -20, 20, (intercept) => {
    let sum = 0;
    for (const v of utilities) sum += link(v + intercept);
    return sum;
  });
}

/** Where a rising function reaches `wanted`, by 50 halvings of [low, high]; the nearer end when it does not. */
export function riseTo(wanted: number, low: number, high: number, rising: (x: number) => number): number {
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    if (rising(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
