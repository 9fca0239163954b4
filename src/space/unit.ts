import type { Value } from './assignment.js';
import type { Parameter } from './parameter.js';

/**
 * Numbers keep six significant digits: enough for any hyper-parameter, short to read, and equal values compare equal
 * after a journey through text.
 */
export function roundSignificant(value: number): number {
  return Number(value.toPrecision(6));
}

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

/** Number of distinct values; Infinity for floats. */
export function sizeOf(parameter: Parameter): number {
  switch (parameter.kind) {
    case 'categorical':
    case 'ordered':
      return parameter.values.length;
    case 'integer':
      return parameter.max - parameter.min + 1;
    case 'float':
      return parameter.min === parameter.max ? 1 : Number.POSITIVE_INFINITY;
  }
}

/** Ends of the stretch that maps to [0, 1]; integers own half a unit on both sides, so every value has equal room. */
function ends(parameter: Extract<Parameter, { min: number }>): readonly [number, number] {
  const margin = parameter.kind === 'integer' ? 0.5 : 0;
  const low = parameter.min - margin;
  const high = parameter.max + margin;
  return parameter.log === true ? [Math.log(low), Math.log(high)] : [low, high];
}

/** Position of a legal value in [0, 1] on the parameter's own scale; categories by the middle of their slot. */
export function toUnit(parameter: Parameter, value: Value): number {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordered') {
    const index = (parameter.values as readonly Value[]).indexOf(value);
    return (index + 0.5) / parameter.values.length;
  }
  const [low, high] = ends(parameter);
  if (high === low) return 0.5;
  return clamp(
    ((parameter.log === true ? Math.log(Number(value)) : Number(value)) - low) / (high - low),
    0,
    1,
  );
}

/** The legal value nearest to a position in [0, 1]. */
export function fromUnit(parameter: Parameter, position: number): Value {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordered') {
    const count = parameter.values.length;
    return parameter.values[clamp(Math.floor(position * count), 0, count - 1)];
  }
  const [low, high] = ends(parameter);
  const at = low + clamp(position, 0, 1) * (high - low);
  const value = parameter.log === true ? Math.exp(at) : at;
  return clamp(
    parameter.kind === 'integer' ? Math.round(value) : roundSignificant(value),
    parameter.min,
    parameter.max,
  );
}

/**
 * The stretch of [0, 1] whose positions become this value: what chance a uniform draw gives it. Floats own no stretch.
 * @returns [from, to], or undefined for a float
 */
export function unitCell(parameter: Parameter, value: Value): readonly [number, number] | undefined {
  if (parameter.kind === 'float') return undefined;
  if (parameter.kind === 'integer') {
    const [low, high] = ends(parameter);
    const edge = (at: number): number => ((parameter.log === true ? Math.log(at) : at) - low) / (high - low);
    return [edge(Number(value) - 0.5), edge(Number(value) + 0.5)];
  }
  const index = (parameter.values as readonly Value[]).indexOf(value);
  return [index / parameter.values.length, (index + 1) / parameter.values.length];
}
