import type { Rng } from '../../platform/index.js';
import {
  build,
  fromUnit,
  sampleValue,
  sizeOf,
  toUnit,
  valueOf,
  type Assignment,
  type Parameter,
  type Space,
  type Value,
} from '../../space/index.js';
import { normalCdf } from '../../stats/index.js';

/** A density over a space that can be drawn from. */
export interface ParzenDensity {
  draw(rng: Rng): Assignment;
  logDensity(assignment: Assignment): number;
}

/** All observations along one parameter, in arrays: this is the inner loop of every proposal. */
interface Axis {
  readonly name: string;
  readonly parameter: Parameter;
  /** where each observation lies: unit position, or index of the category; NaN where it has no value */
  readonly centres: Float64Array;
  /** undefined for categories */
  readonly bandwidth: number | undefined;
  /** log of the kernel's height per observation (0 where it has no value: uniform) */
  readonly logHeights: Float64Array;
}

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

function makeAxis(
  name: string,
  parameter: Parameter,
  observations: readonly Assignment[],
  dimensions: number,
): Axis {
  const n = observations.length;
  const centres = new Float64Array(n).fill(Number.NaN);
  const logHeights = new Float64Array(n);
  if (parameter.kind === 'categorical') {
    observations.forEach((observation, c) => {
      const value = valueOf(observation, name);
      if (value !== undefined) centres[c] = parameter.values.indexOf(value);
    });
    return { name, parameter, centres, bandwidth: undefined, logHeights };
  }
  const scott = 0.2 * Math.max(1, n) ** (-1 / (dimensions + 4));
  const bandwidth = Math.max(scott, 1 / Math.min(100, n + 1), 0.5 / sizeOf(parameter));
  observations.forEach((observation, c) => {
    const value = valueOf(observation, name);
    if (value === undefined) return;
    const centre = toUnit(parameter, value);
    centres[c] = centre;
    // the part of the normal outside [0, 1] is cut off and the rest scaled up
    const inside = normalCdf((1 - centre) / bandwidth) - normalCdf(-centre / bandwidth);
    logHeights[c] = -Math.log(inside * bandwidth * ROOT_TWO_PI);
  });
  return { name, parameter, centres, bandwidth, logHeights };
}

/**
 * Multivariate Parzen estimate: an equal mixture of one product kernel per observation and one uniform component.
 * Numbers and orders: truncated normals on the unit scale with bandwidth 0.2 n^(-1/(d + 4)), no narrower than
 * 1 / min(100, n + 1) nor than half a notch; categories: the observed one with the rest smoothed by 1 / n. Parameters
 * that an observation lacks (its condition did not hold) are uniform in its component.
 * After Bergstra et al. (NeurIPS 2011) and the multivariate form of Falkner et al. (BOHB, ICML 2018); bandwidths as in
 * Optuna's multivariate TPE sampler.
 */
export function parzenDensity(space: Space, observations: readonly Assignment[]): ParzenDensity {
  const n = observations.length;
  const smoothing = 1 / (n + 1);
  const names = Object.keys(space);
  const axes = new Map(names.map((name) => [name, makeAxis(name, space[name], observations, names.length)]));

  const drawAlong = (axis: Axis, component: number, rng: Rng): Value => {
    const { parameter, bandwidth } = axis;
    const centre = component < n ? axis.centres[component] : Number.NaN;
    if (centre !== centre) return sampleValue(parameter, rng);
    if (parameter.kind === 'categorical') {
      const keeps = 1 / (1 + parameter.values.length * smoothing);
      return rng.next() < keeps ? parameter.values[centre] : sampleValue(parameter, rng);
    }
    for (let attempt = 0; attempt < 64; attempt += 1) {
      const at = centre + (bandwidth ?? 0) * rng.normal();
      if (at >= 0 && at <= 1) return fromUnit(parameter, at);
    }
    return fromUnit(parameter, centre);
  };

  /** Adds each component's log density along one axis; the last entry is the uniform component. */
  const addAlong = (axis: Axis, value: Value, logs: Float64Array): void => {
    const { parameter, bandwidth, centres, logHeights } = axis;
    if (parameter.kind === 'categorical') {
      const size = parameter.values.length;
      const at = parameter.values.indexOf(value);
      const same = Math.log((1 + smoothing) / (1 + size * smoothing));
      const other = Math.log(smoothing / (1 + size * smoothing));
      const absent = -Math.log(size);
      for (let c = 0; c < n; c += 1)
        logs[c] += centres[c] === at ? same : centres[c] === centres[c] ? other : absent;
      logs[n] += absent;
      return;
    }
    const at = toUnit(parameter, value);
    const scale = 1 / (bandwidth ?? 1);
    for (let c = 0; c < n; c += 1) {
      const z = (at - centres[c]) * scale;
      if (z === z) logs[c] += logHeights[c] - (z * z) / 2;
    }
  };

  return {
    draw(rng) {
      const component = rng.integer(n + 1);
      return build(space, (name, parameter) => {
        const axis = axes.get(name);
        return axis === undefined ? parameter.default : drawAlong(axis, component, rng);
      });
    },
    logDensity(assignment) {
      const logs = new Float64Array(n + 1);
      for (const [name, value] of Object.entries(assignment)) {
        const axis = axes.get(name);
        if (axis !== undefined) addAlong(axis, value, logs);
      }
      let most = Number.NEGATIVE_INFINITY;
      for (let c = 0; c <= n; c += 1) if (logs[c] > most) most = logs[c];
      let sum = 0;
      for (let c = 0; c <= n; c += 1) sum += Math.exp(logs[c] - most);
      return most + Math.log(sum / (n + 1));
    },
  };
}
