import { backward, cholesky, forward, matern } from './covariance.js';

/** A fitted process over a space: posterior of the noiseless function. */
export interface RelevanceProcess {
  /** posterior mean alone: cheap */
  mean(point: Float64Array): number;
  predict(point: Float64Array): { readonly mean: number; readonly sd: number };
  /** posterior means at the observations, in their order */
  readonly means: Float64Array;
  /** sd of the observation noise that the fit assumes */
  readonly noiseSd: number;
  /** weight of each group of coordinates in the squared distance */
  readonly weights: Float64Array;
}

export interface RelevanceOptions {
  /** how many leading coordinates belong to each group (parameter), in order; their sum is the points' length */
  readonly groups: readonly number[];
  /** factor on the noise variance of each observation; 1 when left out */
  readonly noiseFactors?: Float64Array;
  /** least noise sd, in units of the spread of the values; default 0.05 */
  readonly leastNoise?: number;
}

/** Hyper-parameters are fitted on so many observations at most; the posterior uses all. */
const MOST_FOR_LIKELIHOOD = 44;
const LENGTHSCALES = [0.25, 0.5, 1, 2];
const NOISE_RATIOS = [0.01, 0.1, 0.4, 1.5];
const WEIGHTS = [0.05, 4];
/** A weight is changed for a gain in log likelihood above this: a small log must not find relevance in noise. */
const LEAST_GAIN = 0.7;

interface Hyper {
  readonly weights: Float64Array;
  lengthscale: number;
  ratio: number;
}

/** Squared distance per group between all pairs i > j: [pairs, groups]. */
function groupDistances(points: readonly Float64Array[], groups: readonly number[]): Float64Array {
  const n = points.length;
  const out = new Float64Array(((n * (n - 1)) / 2) * groups.length);
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) {
      let from = 0;
      for (const width of groups) {
        let sum = 0;
        for (let k = from; k < from + width; k += 1) sum += (points[i][k] - points[j][k]) ** 2;
        out[at++] = sum;
        from += width;
      }
    }
  }
  return out;
}

/** Correlations of all pairs i > j: [pairs]. */
function correlationsOf(squared: Float64Array, lengthscale: number, out: Float64Array): Float64Array {
  for (let p = 0; p < squared.length; p += 1) out[p] = matern(Math.sqrt(squared[p]), lengthscale);
  return out;
}

/** Log marginal likelihood with the signal variance in closed form (R & W, equation 2.30). */
function likelihood(
  correlations: Float64Array,
  centred: Float64Array,
  factors: Float64Array,
  ratio: number,
): number {
  const n = centred.length;
  const a = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) a[i * n + j] = correlations[at++];
    a[i * n + i] = 1 + ratio * factors[i];
  }
  if (!cholesky(a, n)) return Number.NEGATIVE_INFINITY;
  const whitened = forward(a, n, centred.slice());
  let fit = 0;
  let logDeterminant = 0;
  for (let i = 0; i < n; i += 1) {
    fit += whitened[i] ** 2;
    logDeterminant += Math.log(a[i * n + i]);
  }
  return -0.5 * n * Math.log(Math.max(fit / n, 1e-300)) - logDeterminant;
}

/** Coordinate ascent over a small grid: scale and noise first, then each group's weight, then scale and noise again. */
function fitHyper(
  points: readonly Float64Array[],
  centred: Float64Array,
  factors: Float64Array,
  groups: readonly number[],
): Hyper {
  const byGroup = groupDistances(points, groups);
  const G = groups.length;
  const pairs = byGroup.length / G;
  const weights = new Float64Array(G).fill(1);
  const squared = new Float64Array(pairs);
  const varies = new Uint8Array(G);
  for (let p = 0; p < pairs; p += 1) {
    for (let g = 0; g < G; g += 1) {
      squared[p] += byGroup[p * G + g];
      if (byGroup[p * G + g] > 0) varies[g] = 1;
    }
  }
  const active = varies.reduce((sum, bit) => sum + bit, 0);
  const unit = Math.sqrt(Math.max(1, active) / 4);
  let [lengthscale, ratio] = [unit, NOISE_RATIOS[1]];
  let best = Number.NEGATIVE_INFINITY;
  const correlations = new Float64Array(pairs);
  const searchScale = (): void => {
    for (const base of LENGTHSCALES) {
      correlationsOf(squared, base * unit, correlations);
      for (const candidate of NOISE_RATIOS) {
        const value = likelihood(correlations, centred, factors, candidate);
        if (value > best) [best, lengthscale, ratio] = [value, base * unit, candidate];
      }
    }
  };
  searchScale();
  const trialSquared = new Float64Array(pairs);
  for (let g = 0; g < G; g += 1) {
    if (varies[g] === 0) continue;
    let chosen = 1;
    let reached = best + LEAST_GAIN;
    for (const weight of WEIGHTS) {
      for (let p = 0; p < pairs; p += 1) trialSquared[p] = squared[p] + (weight - 1) * byGroup[p * G + g];
      const value = likelihood(
        correlationsOf(trialSquared, lengthscale, correlations),
        centred,
        factors,
        ratio,
      );
      if (value > reached) [reached, chosen] = [value, weight];
    }
    if (chosen === 1) continue;
    best = reached;
    weights[g] = chosen;
    for (let p = 0; p < pairs; p += 1) squared[p] += (chosen - 1) * byGroup[p * G + g];
  }
  if (weights.some((weight) => weight !== 1)) searchScale();
  return { weights, lengthscale, ratio };
}

/** Observations to fit hyper-parameters on: evenly through the ranking, the best included. */
function spreadOut(values: ArrayLike<number>, most: number): readonly number[] {
  const order = Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => values[b] - values[a] || a - b,
  );
  if (order.length <= most) return order;
  return Array.from({ length: most }, (_, i) => order[Math.floor((i * order.length) / most)]);
}

/**
 * Gaussian process whose kernel weighs each parameter of a space: Matern 5/2 on the root of the weighted sum of squared
 * distances (automatic relevance determination, Rasmussen & Williams, Gaussian Processes for Machine Learning, equation
 * 5.2), constant mean, noise with a known factor per observation. Hyper-parameters by marginal likelihood on a small
 * grid, so that the same observations give the same answer, and on a sample of the observations, so that it stays quick.
 * @param points n >= 1 points of one length
 * @param values n observations
 */
export function fitRelevanceProcess(
  points: readonly Float64Array[],
  values: ArrayLike<number>,
  { groups, noiseFactors, leastNoise = 0.05 }: RelevanceOptions,
): RelevanceProcess {
  const n = points.length;
  const factors = noiseFactors ?? new Float64Array(n).fill(1);
  let mean = 0;
  for (let i = 0; i < n; i += 1) mean += values[i] / n;
  let spread = 0;
  for (let i = 0; i < n; i += 1) spread += (values[i] - mean) ** 2 / n;
  if (!(spread > 0)) {
    const weights = new Float64Array(groups.length).fill(1);
    const means = new Float64Array(n).fill(mean);
    return { mean: () => mean, predict: () => ({ mean, sd: 0 }), means, noiseSd: 0, weights };
  }
  const centred = Float64Array.from(values, (value) => value - mean);
  const sampled = spreadOut(values, MOST_FOR_LIKELIHOOD);
  const { weights, lengthscale, ratio } = fitHyper(
    sampled.map((i) => points[i]),
    Float64Array.from(sampled, (i) => centred[i]),
    Float64Array.from(sampled, (i) => factors[i]),
    groups,
  );

  // The weights go into the coordinates once, so that every later distance is a plain one.
  const D = points[0].length;
  const scales = new Float64Array(D);
  let filled = 0;
  groups.forEach((width, g) => {
    scales.fill(Math.sqrt(weights[g]), filled, filled + width);
    filled += width;
  });
  const scaled = points.map((point) => point.map((value, k) => value * scales[k]));
  const correlations = (point: Float64Array, upTo: number, out: Float64Array): void => {
    for (let i = 0; i < upTo; i += 1) {
      const other = scaled[i];
      let sum = 0;
      for (let k = 0; k < D; k += 1) sum += (other[k] - point[k]) * (other[k] - point[k]);
      out[i] = matern(Math.sqrt(sum), lengthscale);
    }
  };
  const noiseRatio = Math.max(ratio, leastNoise ** 2);
  const a = new Float64Array(n * n);
  const row = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    correlations(scaled[i], i, row);
    a.set(row.subarray(0, i), i * n);
    a[i * n + i] = 1 + noiseRatio * factors[i];
  }
  // With noise on the diagonal the matrix is positive definite; rounding could only break it for absurd inputs.
  if (!cholesky(a, n)) throw new RangeError('the covariance of the observations is not positive definite');
  const whitened = forward(a, n, centred.slice());
  const signal = whitened.reduce((sum, value) => sum + value * value, 0) / n;
  const alpha = backward(a, n, whitened);
  const meanFrom = (k: Float64Array): number => {
    let sum = mean;
    for (let i = 0; i < n; i += 1) sum += k[i] * alpha[i];
    return sum;
  };
  const at = new Float64Array(D);
  const correlationsWith = (point: Float64Array, out: Float64Array): Float64Array => {
    for (let k = 0; k < D; k += 1) at[k] = point[k] * scales[k];
    correlations(at, n, out);
    return out;
  };
  return {
    weights,
    noiseSd: Math.sqrt(signal * noiseRatio),
    // K alpha = values - noise alpha: the posterior means without another kernel
    means: Float64Array.from(alpha, (weight, i) => values[i] - noiseRatio * factors[i] * weight),
    mean: (point) => meanFrom(correlationsWith(point, row)),
    predict(point) {
      const k = correlationsWith(point, row);
      const value = meanFrom(k);
      const explained = forward(a, n, k).reduce((total, part) => total + part * part, 0);
      return { mean: value, sd: Math.sqrt(Math.max(0, signal * (1 - explained))) };
    },
  };
}
