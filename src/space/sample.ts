import type { Rng } from '../platform/index.js';
import { build, valueOf, type Assignment, type Value } from './assignment.js';
import type { CategoricalParameter, Parameter, Space } from './parameter.js';
import { fromUnit, sizeOf, toUnit } from './unit.js';

/** Parameters that a mutation changes besides the first, on average and at most: a child stays near its parent. */
const FURTHER_CHANGES = 4;

/** A draw on the parameter's own scale: uniform, or by the weights of a categorical. */
export function sampleValue(parameter: Parameter, rng: Rng): Value {
  const position = rng.next();
  if (parameter.kind !== 'categorical' || parameter.weights === undefined)
    return fromUnit(parameter, position);
  let left = position;
  const index = parameter.values.findIndex((value) => (left -= chanceOf(parameter, value)) < 0);
  return parameter.values[index < 0 ? parameter.values.length - 1 : index];
}

/** Chance that a draw of the parameter is this value. */
export function chanceOf(parameter: CategoricalParameter, value: Value): number {
  const { values, weights } = parameter;
  if (weights === undefined) return 1 / values.length;
  return weights[values.indexOf(value)] / weights.reduce((sum, weight) => sum + weight, 0);
}

/** A draw of every active parameter: always valid, always canonical. */
export function sample(space: Space, rng: Rng): Assignment {
  return build(space, (_, parameter) => sampleValue(parameter, rng));
}

/** Another value of the parameter, near the given one; undefined when there is no other. */
function step(parameter: Parameter, value: Value, rng: Rng, strength: number): Value | undefined {
  const size = sizeOf(parameter);
  if (size < 2) return undefined;
  if (parameter.kind === 'categorical') {
    const others = parameter.values.filter((candidate) => candidate !== value);
    return rng.pick(others);
  }
  const from = toUnit(parameter, value);
  // Discrete scales move about one notch at the least, or most draws would stay where they are.
  const reach = Math.max(strength / 2, Number.isFinite(size) ? 1 / size : 0);
  for (let attempt = 0; attempt < 16; attempt += 1) {
    const moved = fromUnit(parameter, reflect(from + rng.normal() * reach));
    if (moved !== value) return moved;
  }
  return rng.pick(nextValues(parameter, value));
}

/** Folds a position back into [0, 1] at the borders, which keeps steps unbiased there. */
function reflect(position: number): number {
  const folded = Math.abs(position) % 2;
  return folded > 1 ? 2 - folded : folded;
}

/**
 * A changed copy: at least one active parameter takes another value. Parameters that become active are sampled.
 * @param strength in (0, 1]: the sd of a numeric step is half of it (in units of the range), and each further parameter
 * changes with this chance, or less in wide spaces, so that about four change at most
 */
export function mutate(space: Space, assignment: Assignment, rng: Rng, strength: number): Assignment {
  const movable = Object.keys(assignment).filter((name) => sizeOf(space[name]) > 1);
  if (movable.length === 0) return assignment;
  const forced = rng.pick(movable);
  const chance = Math.min(strength, FURTHER_CHANGES / movable.length);
  const chosen = new Set(movable.filter((name) => name === forced || rng.next() < chance));
  return build(space, (name, parameter) => {
    const own = valueOf(assignment, name);
    if (own === undefined) return sampleValue(parameter, rng);
    return chosen.has(name) ? (step(parameter, own, rng, strength) ?? own) : own;
  });
}

/** Uniform crossover: each parameter from one parent or the other; what neither has is sampled. */
export function crossover(space: Space, a: Assignment, b: Assignment, rng: Rng): Assignment {
  return build(space, (name, parameter) => {
    const [first, second] = rng.next() < 0.5 ? [a, b] : [b, a];
    return valueOf(first, name) ?? valueOf(second, name) ?? sampleValue(parameter, rng);
  });
}

/**
 * All assignments one small step away: every other category, the next value up and down of an order or an integer, and
 * a tenth of the range up and down for floats. Parameters that become active take their defaults.
 */
export function neighbours(space: Space, assignment: Assignment): readonly Assignment[] {
  const found: Assignment[] = [];
  for (const [name, value] of Object.entries(assignment)) {
    for (const other of nextValues(space[name], value)) {
      found.push(
        build(space, (key, parameter) =>
          key === name ? other : (valueOf(assignment, key) ?? parameter.default),
        ),
      );
    }
  }
  return found;
}

function nextValues(parameter: Parameter, value: Value): readonly Value[] {
  if (parameter.kind === 'categorical') return parameter.values.filter((candidate) => candidate !== value);
  if (parameter.kind === 'ordered') {
    const index = (parameter.values as readonly Value[]).indexOf(value);
    return [index - 1, index + 1]
      .filter((i) => i >= 0 && i < parameter.values.length)
      .map((i) => parameter.values[i]);
  }
  const from = toUnit(parameter, value);
  const candidates = [-0.1, 0.1].map((shift) => {
    const moved = Number(fromUnit(parameter, from + shift));
    if (parameter.kind === 'integer' && moved === value) return Number(value) + Math.sign(shift);
    return moved;
  });
  return candidates.filter((next) => next !== value && next >= parameter.min && next <= parameter.max);
}
