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

/** Kernel of one observation along one parameter; undefined where the observation has no value: uniform then. */
interface Kernel {
  readonly centre: number;
  readonly bandwidth: number;
  /** 1 / (mass of the normal inside [0, 1]) */
  readonly scale: number;
}

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

function isCategory(parameter: Parameter): boolean {
  return parameter.kind === 'categorical';
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
  const names = Object.keys(space);
  const n = observations.length;
  const scott = 0.2 * Math.max(1, n) ** (-1 / (names.length + 4));
  const narrowest = 1 / Math.min(100, n + 1);
  const smoothing = 1 / (n + 1);
  const kernels = observations.map((observation) => {
    const byName = new Map<string, Kernel>();
    for (const name of names) {
      const value = valueOf(observation, name);
      const parameter = space[name];
      if (value === undefined || isCategory(parameter)) continue;
      const bandwidth = Math.max(scott, narrowest, 0.5 / sizeOf(parameter));
      const centre = toUnit(parameter, value);
      const mass = normalCdf((1 - centre) / bandwidth) - normalCdf(-centre / bandwidth);
      byName.set(name, { centre, bandwidth, scale: 1 / mass });
    }
    return byName;
  });

  const drawValue = (component: number, name: string, parameter: Parameter, rng: Rng): Value => {
    const own = component < n ? valueOf(observations[component], name) : undefined;
    if (own === undefined) return sampleValue(parameter, rng);
    const kernel = kernels[component].get(name);
    if (kernel === undefined) {
      const keeps = 1 / (1 + sizeOf(parameter) * smoothing);
      return rng.next() < keeps ? own : sampleValue(parameter, rng);
    }
    for (let attempt = 0; attempt < 64; attempt += 1) {
      const at = kernel.centre + kernel.bandwidth * rng.normal();
      if (at >= 0 && at <= 1) return fromUnit(parameter, at);
    }
    return own;
  };

  return {
    draw(rng) {
      const component = rng.integer(n + 1);
      return build(space, (name, parameter) => drawValue(component, name, parameter, rng));
    },
    logDensity(assignment) {
      const entries = Object.entries(assignment);
      const positions = entries.map(([name, value]) =>
        isCategory(space[name]) ? 0 : toUnit(space[name], value),
      );
      const logs = new Float64Array(n + 1);
      for (let e = 0; e < entries.length; e += 1) {
        const [name, value] = entries[e];
        const parameter = space[name];
        const size = sizeOf(parameter);
        const category = isCategory(parameter);
        if (category) logs[n] -= Math.log(size);
        for (let c = 0; c < n; c += 1) {
          const own = valueOf(observations[c], name);
          if (own === undefined) {
            if (category) logs[c] -= Math.log(size);
          } else if (category) {
            logs[c] += Math.log(((own === value ? 1 : 0) + smoothing) / (1 + size * smoothing));
          } else {
            const kernel = kernels[c].get(name);
            if (kernel === undefined) continue;
            const z = (positions[e] - kernel.centre) / kernel.bandwidth;
            logs[c] += Math.log(kernel.scale / (kernel.bandwidth * ROOT_TWO_PI)) - (z * z) / 2;
          }
        }
      }
      let most = Number.NEGATIVE_INFINITY;
      for (const log of logs) if (log > most) most = log;
      let sum = 0;
      for (const log of logs) sum += Math.exp(log - most);
      return most + Math.log(sum / (n + 1));
    },
  };
}
