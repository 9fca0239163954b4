import { normalCdf } from '../stats/index.js';

/** E max(0, f - level) for f ~ N(mean, sd^2) (Jones et al. 1998, equation 15). */
export function expectedImprovement(mean: number, sd: number, level: number): number {
  const gain = mean - level;
  if (!(sd > 0)) return Math.max(0, gain);
  const z = gain / sd;
  return Math.max(0, gain * normalCdf(z) + (sd * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI));
}
