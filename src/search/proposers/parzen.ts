import type { Rng } from '../../platform/index.js';
import {
  build,
  chanceOf,
  fromUnit,
  sampleValue,
  sizeOf,
  toUnit,
  unitCell,
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
  readonly parameter: Parameter;
  /** position of each observation on the unit scale; NaN where it has no value */
  readonly centres: Float64Array;
  readonly bandwidth: number;
  /** adds each component's log density of a value; the last entry is the uniform component */
  addLogDensity(value: Value, logs: Float64Array): void;
}

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Discrete parameters up to this size have their kernels integrated over each value's own stretch. */
const TABLE_SIZE = 128;

/** Mass that a normal kernel puts between two positions. */
function massBetween(centre: number, bandwidth: number, from: number, to: number): number {
  return normalCdf((to - centre) / bandwidth) - normalCdf((from - centre) / bandwidth);
}

function makeAxis(parameter: Parameter, given: readonly (Value | undefined)[], dimensions: number): Axis {
  const n = given.length;
  const centres = Float64Array.from(given, (value) =>
    value === undefined ? Number.NaN : toUnit(parameter, value),
  );
  const scott = 0.2 * Math.max(1, n) ** (-1 / (dimensions + 4));
  const bandwidth = Math.max(scott, 1 / Math.min(100, n + 1), 0.5 / sizeOf(parameter));
  const shared = { parameter, centres, bandwidth };
  return sizeOf(parameter) <= TABLE_SIZE && parameter.kind !== 'float'
    ? { ...shared, addLogDensity: discreteKernels(parameter, given, bandwidth) }
    : { ...shared, addLogDensity: continuousKernels(parameter, centres, bandwidth) };
}

/** Probability of a value under each kernel. Observations repeat, so kernels are worked out once per distinct one. */
function discreteKernels(
  parameter: Parameter,
  given: readonly (Value | undefined)[],
  bandwidth: number,
): Axis['addLogDensity'] {
  const n = given.length;
  const distinct = [...new Set(given)];
  const kernelOf = Int32Array.from(given, (value) => distinct.indexOf(value));
  const smoothing = 1 / (n + 1);
  const rows = new Map<Value, Float64Array>();
  const rowOf = (value: Value): Float64Array => {
    const [from, to] = unitCell(parameter, value) ?? [0, 1];
    const chance = parameter.kind === 'categorical' ? chanceOf(parameter, value) : to - from;
    const uniform = Math.log(chance);
    const row = Float64Array.from(distinct, (own) => {
      if (own === undefined) return uniform;
      if (parameter.kind === 'categorical') {
        const spread = parameter.values.length * smoothing;
        return Math.log(((own === value ? 1 : 0) + spread * chance) / (1 + spread));
      }
      const centre = toUnit(parameter, own);
      // far tails underflow to zero; a floor keeps the logarithm finite
      const inside = massBetween(centre, bandwidth, 0, 1);
      return Math.log(Math.max(massBetween(centre, bandwidth, from, to), 1e-300) / inside);
    });
    return Float64Array.of(...row, uniform);
  };
  return (value, logs) => {
    const row = rows.get(value) ?? rowOf(value);
    rows.set(value, row);
    for (let c = 0; c < n; c += 1) logs[c] += row[kernelOf[c]];
    logs[n] += row[distinct.length];
  };
}

/** Density of a position under each truncated normal; 1 where an observation has no value, as in the uniform one. */
function continuousKernels(
  parameter: Parameter,
  centres: Float64Array,
  bandwidth: number,
): Axis['addLogDensity'] {
  const logHeights = centres.map((centre) =>
    centre === centre
      ? -Math.log(massBetween(centre, bandwidth, 0, 1) * bandwidth * ROOT_TWO_PI)
      : Number.NaN,
  );
  return (value, logs) => {
    const at = toUnit(parameter, value);
    for (let c = 0; c < centres.length; c += 1) {
      const z = (at - centres[c]) / bandwidth;
      if (z === z) logs[c] += logHeights[c] - (z * z) / 2;
    }
  };
}

/**
 * Multivariate Parzen estimate: an equal mixture of one product kernel per observation and one uniform component.
 * Numbers and orders: truncated normals on the unit scale with bandwidth 0.2 n^(-1/(d + 4)), no narrower than
 * 1 / min(100, n + 1) nor than half a notch; categories: the observed one with the rest smoothed by 1 / n. Parameters
 * that an observation lacks (its condition did not hold) are uniform in its component.
 * After Bergstra et al. (NeurIPS 2011) and the multivariate form of Falkner et al. (BOHB, ICML 2018); bandwidths as in
 * Optuna's multivariate TPE sampler.
 *
 * `logDensity` is a probability along discrete parameters and a density on the unit scale along the others.
 */
export function parzenDensity(space: Space, observations: readonly Assignment[]): ParzenDensity {
  const n = observations.length;
  const entries = Object.entries(space);
  const axes = new Map(
    entries.map(([name, parameter]) => [
      name,
      makeAxis(
        parameter,
        observations.map((observation) => valueOf(observation, name)),
        entries.length,
      ),
    ]),
  );

  const drawAlong = (axis: Axis, component: number, own: Value | undefined, rng: Rng): Value => {
    const { parameter, bandwidth } = axis;
    if (own === undefined) return sampleValue(parameter, rng);
    if (parameter.kind === 'categorical') {
      const keeps = 1 / (1 + parameter.values.length / (n + 1));
      return rng.next() < keeps ? own : sampleValue(parameter, rng);
    }
    for (let attempt = 0; attempt < 64; attempt += 1) {
      const at = axis.centres[component] + bandwidth * rng.normal();
      if (at >= 0 && at <= 1) return fromUnit(parameter, at);
    }
    return own;
  };

  return {
    draw(rng) {
      const component = rng.integer(n + 1);
      return build(space, (name, parameter) => {
        const axis = axes.get(name);
        const own = component < n ? valueOf(observations[component], name) : undefined;
        return axis === undefined ? parameter.default : drawAlong(axis, component, own, rng);
      });
    },
    logDensity(assignment) {
      const logs = new Float64Array(n + 1);
      for (const [name, value] of Object.entries(assignment)) axes.get(name)?.addLogDensity(value, logs);
      let most = Number.NEGATIVE_INFINITY;
      for (let c = 0; c <= n; c += 1) if (logs[c] > most) most = logs[c];
      let sum = 0;
      for (let c = 0; c <= n; c += 1) sum += Math.exp(logs[c] - most);
      return most + Math.log(sum / (n + 1));
    },
  };
}
