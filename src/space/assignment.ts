import { canonicalJson, sha256 } from '../platform/index.js';
import type { Parameter, Space } from './parameter.js';

export type Value = string | number | boolean;

/** Parameter name → value. A canonical assignment holds exactly the active parameters, in the order of the space. */
export type Assignment = Readonly<Record<string, Value>>;

/** Own members only: names are hostile ("__proto__", "constructor"). */
export function valueOf(assignment: Assignment, name: string): Value | undefined {
  return Object.hasOwn(assignment, name) ? assignment[name] : undefined;
}

/** Builds a record whose members are all own ones, whatever their names. */
export function toAssignment(entries: Iterable<readonly [string, Value]>): Assignment {
  return Object.fromEntries(entries);
}

/**
 * Whether a parameter has a say: it has no condition, or its condition's parameter is itself active and has one of the
 * values.
 */
export function isActive(space: Space, assignment: Assignment, name: string): boolean {
  const condition = space[name].when;
  if (condition === undefined) return true;
  const value = valueOf(assignment, condition.parameter);
  return (
    value !== undefined && condition.in.includes(value) && isActive(space, assignment, condition.parameter)
  );
}

/** Names of the active parameters, in the order of the space. */
export function activeNames(space: Space, assignment: Assignment): readonly string[] {
  return Object.keys(space).filter((name) => isActive(space, assignment, name));
}

/**
 * Walks the space in order and asks for a value of every parameter that is active given the values so far: the one way
 * in which assignments are made, so that they are always canonical.
 */
export function build(
  space: Space,
  choose: (name: string, parameter: Parameter, soFar: Assignment) => Value,
): Assignment {
  const made: Record<string, Value> = {};
  for (const [name, parameter] of Object.entries(space)) {
    if (parameter.when !== undefined && !isActive(space, made, name)) continue;
    const value = choose(name, parameter, made);
    // plain assignment to "__proto__" would not make a member
    if (name === '__proto__')
      Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true });
    else made[name] = value;
  }
  return made;
}

/** The default of every active parameter. */
export function defaults(space: Space): Assignment {
  return build(space, (_, parameter) => parameter.default);
}

/** Fills what is missing with defaults and drops what is inactive. */
export function complete(space: Space, partial: Assignment): Assignment {
  return build(space, (name, parameter) => valueOf(partial, name) ?? parameter.default);
}

/** The canonical form: inactive parameters dropped, the rest in the order of the space. Nothing is filled in. */
export function activeOnly(space: Space, assignment: Assignment): Assignment {
  const values: [string, Value][] = [];
  for (const name of activeNames(space, assignment)) {
    const value = valueOf(assignment, name);
    if (value !== undefined) values.push([name, value]);
  }
  return toAssignment(values);
}

/** Hash of the canonical form: the same for any order of keys and any leftover inactive values. 16 hex digits. */
export function hashAssignment(space: Space, assignment: Assignment): string {
  return sha256(canonicalJson(activeOnly(space, assignment))).slice(0, 16);
}
