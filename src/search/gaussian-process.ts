import { cholesky, forward, backward, matern } from './covariance.js';

/** A fitted process: posterior mean and sd of the noiseless function at any point. */
export interface GaussianProcess {
  predict(point: Float64Array): { readonly mean: number; readonly sd: number };
  /** sd of the observation noise that the fit assumes */
  readonly noiseSd: number;
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

const LENGTHSCALES = [0.2, 0.4, 0.8, 1.6, 3.2];
/** noise variance over signal variance */
const NOISE_RATIOS = [0.003, 0.03, 0.1, 0.3, 1, 3, 30];
const SIGNAL_FACTORS = [0.03, 0.1, 0.3, 1, 3];

/**
 * Gaussian process with a constant mean, Matern 5/2 kernel and homogeneous noise; lengthscale and variances by maximum
 * marginal likelihood on a small grid (R & W, equation 2.30): no gradient, no failure, the same answer every time.
 * O(n^3) per grid point: meant for a few hundred observations.
 * @param points n points of the unit cube, all of one length
 * @param values n observations
 * @param noiseSd known sd of the noise; estimated when absent
 */
export function fitGaussianProcess(
  points: readonly Float64Array[],
  values: readonly number[],
  noiseSd?: number,
): GaussianProcess {
  const n = points.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const centred = Float64Array.from(values, (value) => value - mean);
  const spread = centred.reduce((sum, value) => sum + value * value, 0) / n;
  if (!(spread > 0)) {
    return { predict: () => ({ mean, sd: noiseSd ?? 0 }), noiseSd: noiseSd ?? 0 };
  }
  const distances = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < i; j += 1) distances[i * n + j] = distance(points[i], points[j]);
  const scale = Math.sqrt(points[0].length / 4);

  interface Fit {
    readonly likelihood: number;
    readonly factor: Float64Array;
    readonly weights: Float64Array;
    readonly lengthscale: number;
    readonly signal: number;
    readonly noise: number;
  }
  let best: Fit | undefined;
  const consider = (lengthscale: number, ratio: number, fixedSignal: number | undefined): void => {
    const factor = new Float64Array(n * n);
    for (let i = 0; i < n; i += 1) {
      for (let j = 0; j < i; j += 1) factor[i * n + j] = matern(distances[i * n + j], lengthscale);
      factor[i * n + i] = 1 + ratio;
    }
    if (!cholesky(factor, n)) return;
    const whitened = forward(factor, n, centred.slice());
    const fit = whitened.reduce((sum, value) => sum + value * value, 0);
    let logDeterminant = 0;
    for (let i = 0; i < n; i += 1) logDeterminant += 2 * Math.log(factor[i * n + i]);
    // With the ratio fixed, the best signal variance has closed form.
    const signal = fixedSignal ?? fit / n;
    const likelihood = -0.5 * (fit / signal + logDeterminant + n * Math.log(signal));
    if (best === undefined || likelihood > best.likelihood) {
      const weights = backward(factor, n, whitened);
      best = { likelihood, factor, weights, lengthscale, signal, noise: signal * ratio };
    }
  };
  for (const base of LENGTHSCALES) {
    if (noiseSd === undefined) {
      for (const ratio of NOISE_RATIOS) consider(base * scale, ratio, undefined);
    } else {
      for (const share of SIGNAL_FACTORS) {
        const signal = Math.max(share * spread, 1e-300);
        consider(base * scale, noiseSd ** 2 / signal + 1e-9, signal);
      }
    }
  }
  if (best === undefined) return { predict: () => ({ mean, sd: Math.sqrt(spread) }), noiseSd: noiseSd ?? 0 };
  const { factor, weights, lengthscale, signal, noise } = best;
  return {
    noiseSd: Math.sqrt(noise),
    predict(point) {
      const covariance = new Float64Array(n);
      let sum = 0;
      for (let i = 0; i < n; i += 1) {
        covariance[i] = matern(distance(points[i], point), lengthscale);
        sum += covariance[i] * weights[i];
      }
      const explained = forward(factor, n, covariance).reduce((total, value) => total + value * value, 0);
      return { mean: mean + sum, sd: Math.sqrt(Math.max(0, signal * (1 - explained))) };
    },
  };
}
