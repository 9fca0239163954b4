import { isActive, toAssignment, type Assignment, type Value } from './assignment.js';
import type { Parameter, Space } from './parameter.js';
import { sizeOf } from './unit.js';

function valuesOf(parameter: Parameter): readonly Value[] {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordered') return parameter.values;
  if (parameter.kind === 'float') return [parameter.min];
  return Array.from({ length: parameter.max - parameter.min + 1 }, (_, i) => parameter.min + i);
}

/**
 * Every assignment of a finite space, in order, one by one. Stop reading whenever enough have been seen.
 * Floats count as their minimum: ask {@link cardinality} first.
 */
export function* enumerate(space: Space): Generator<Assignment> {
  const names = Object.keys(space);
  function* from(at: number, values: readonly (readonly [string, Value])[]): Generator<Assignment> {
    if (at === names.length) {
      yield toAssignment(values);
      return;
    }
    const name = names[at];
    if (!isActive(space, toAssignment(values), name)) {
      yield* from(at + 1, values);
      return;
    }
    for (const value of valuesOf(space[name])) yield* from(at + 1, [...values, [name, value]]);
  }
  yield* from(0, []);
}

/** Number of distinct assignments; Infinity when an active float exists. Conditions are respected. */
export function cardinality(space: Space): number {
  const children = new Map<string, string[]>();
  for (const [name, { when }] of Object.entries(space)) {
    if (when !== undefined) children.set(when.parameter, [...(children.get(when.parameter) ?? []), name]);
  }
  // Conditions form a forest, so the count is a product over roots of a sum over each root's values.
  const count = (name: string): number => {
    const below = children.get(name) ?? [];
    const parameter = space[name];
    if (below.length === 0) return sizeOf(parameter);
    if (!Number.isFinite(sizeOf(parameter))) return Number.POSITIVE_INFINITY;
    let sum = 0;
    for (const value of valuesOf(parameter)) {
      sum += below
        .filter((child) => space[child].when?.in.includes(value))
        .reduce((product, child) => product * count(child), 1);
    }
    return sum;
  };
  return Object.keys(space)
    .filter((name) => space[name].when === undefined)
    .reduce((product, name) => product * count(name), 1);
}
