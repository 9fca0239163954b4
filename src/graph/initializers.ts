import { Rng } from '../platform/index.js';
import type { Shape } from './dims.js';

/** How a parameter starts. Fans are the last two dimensions: [.., in, out]; of a vector both are its length. */
export type Initializer =
  | { readonly kind: 'glorot-uniform' }
  | { readonly kind: 'he' }
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly limit: number }
  | { readonly kind: 'constant'; readonly value: number };

/** Uniform in +-sqrt(6 / (in + out)) (Glorot and Bengio 2010, eq. 16). */
export const glorotUniform = (): Initializer => ({ kind: 'glorot-uniform' });
/** Normal with standard deviation sqrt(2 / in) (He et al. 2015, eq. 10). */
export const heNormal = (): Initializer => ({ kind: 'he' });
export const normal = (std: number): Initializer => ({ kind: 'normal', std });
export const uniform = (limit: number): Initializer => ({ kind: 'uniform', limit });
export const zeros = (): Initializer => ({ kind: 'constant', value: 0 });
export const ones = (): Initializer => ({ kind: 'constant', value: 1 });
export const filled = (value: number): Initializer => ({ kind: 'constant', value });

/** Writes initial values into `out`: a function of (seed, parameter name) and of nothing else. */
export function initialize(
  out: Float32Array,
  shape: Shape,
  initializer: Initializer,
  seed: number,
  name: string,
): void {
  if (initializer.kind === 'constant') {
    out.fill(initializer.value);
    return;
  }
  const rng = new Rng([seed, 'parameter', name]);
  const fanOut = Number(shape.at(-1) ?? 1);
  const fanIn = Number(shape.at(-2) ?? fanOut);
  if (initializer.kind === 'normal' || initializer.kind === 'he') {
    const std = initializer.kind === 'he' ? Math.sqrt(2 / fanIn) : initializer.std;
    for (let i = 0; i < out.length; i += 1) out[i] = std * rng.normal();
    return;
  }
  const limit = initializer.kind === 'uniform' ? initializer.limit : Math.sqrt(6 / (fanIn + fanOut));
  for (let i = 0; i < out.length; i += 1) out[i] = limit * (2 * rng.next() - 1);
}
