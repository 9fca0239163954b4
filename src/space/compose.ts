import { AutoModelError } from '../platform/index.js';
import { toAssignment, type Assignment, type Value } from './assignment.js';
import type { Condition, Parameter, Space } from './parameter.js';

function toSpace(entries: readonly (readonly [string, Parameter])[]): Space {
  const names = new Set<string>();
  for (const [name] of entries) {
    if (names.has(name)) {
      throw new AutoModelError('CONFIG_INVALID', `Two parameters of the joined space are called ${name}`, {
        remedy: 'Give each part its own prefix.',
        details: { parameter: name },
      });
    }
    names.add(name);
  }
  return Object.fromEntries(entries);
}

/** Renames every parameter to "<name>.<parameter>", conditions included. */
export function prefix(name: string, space: Space): Space {
  return toSpace(
    Object.entries(space).map(([key, parameter]) => [
      `${name}.${key}`,
      parameter.when === undefined
        ? parameter
        : { ...parameter, when: { ...parameter.when, parameter: `${name}.${parameter.when.parameter}` } },
    ]),
  );
}

/** One space out of several, in order. @throws CONFIG_INVALID when a name occurs twice */
export function join(...spaces: readonly Space[]): Space {
  return toSpace(spaces.flatMap((space) => Object.entries(space)));
}

/** One space with dotted names: merge({ model: a, recipe: b }) has "model.x" and "recipe.y". */
export function merge(parts: Readonly<Record<string, Space>>): Space {
  return join(...Object.entries(parts).map(([name, space]) => prefix(name, space)));
}

/**
 * Makes a whole space depend on another parameter (a model's own hyper-parameters on the choice of the model).
 * Parameters that already depend on one of the same space follow through it: activity is inherited.
 */
export function conditional(space: Space, condition: Condition): Space {
  return toSpace(
    Object.entries(space).map(([name, parameter]) => [
      name,
      parameter.when === undefined ? { ...parameter, when: condition } : parameter,
    ]),
  );
}

/** The part of an assignment under a prefix, with the prefix taken off: the inverse of {@link prefix}. */
export function under(name: string, assignment: Assignment): Assignment {
  const start = `${name}.`;
  return toAssignment(
    Object.entries(assignment)
      .filter(([key]) => key.startsWith(start))
      .map(([key, value]): [string, Value] => [key.slice(start.length), value]),
  );
}
