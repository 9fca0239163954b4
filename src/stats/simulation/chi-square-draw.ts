import type { Rng } from '../../platform/index.js';

/** A chi-square number with df >= 2 degrees of freedom: twice a gamma number (Marsaglia & Tsang, ACM TOMS 2000). */
export function drawChiSquare(rng: Rng, df: number): number {
  const d = df / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - rng.next();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return 2 * d * v;
  }
}
