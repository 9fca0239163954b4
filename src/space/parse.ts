import { AutoModelError } from '../platform/index.js';
import { complete, isActive, toAssignment, type Assignment, type Value } from './assignment.js';
import type { Parameter, Space } from './parameter.js';
import { accepts, badValue, inactiveParameter, unknownParameter } from './validate.js';

function parseValue(name: string, parameter: Parameter, text: string): Value {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordered') {
    const value = parameter.values.find((candidate) => String(candidate) === text);
    // "1e-3" for a value 0.001: equal numbers in another spelling are the same choice
    const number = text.trim() === '' ? Number.NaN : Number(text);
    const same =
      value ?? parameter.values.find((candidate) => typeof candidate === 'number' && candidate === number);
    if (same === undefined) throw badValue(name, parameter, text);
    return same;
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!accepts(parameter, value)) throw badValue(name, parameter, text);
  return value;
}

/**
 * Values that are spelled like a choice and are of another type (36 for "36", as a command line or JSON has it) become that choice;
 * everything else stays as it is, for `validate` to judge.
 */
export function asChoices(space: Space, assignment: Assignment): Assignment {
  const choiceOf = (name: string, value: Value): Value => {
    const parameter = Object.hasOwn(space, name) ? space[name] : undefined;
    if (parameter?.kind !== 'categorical' && parameter?.kind !== 'ordered') return value;
    if (accepts(parameter, value)) return value;
    return parameter.values.find((candidate) => String(candidate) === String(value)) ?? value;
  };
  return toAssignment(
    new Map(Object.entries(assignment).map(([name, value]) => [name, choiceOf(name, value)])),
  );
}

/**
 * Reads "name=value" pairs as people type them (`--hp dropout=0.2`); the rest takes its defaults.
 * @returns a full, valid, canonical assignment
 * @throws CONFIG_INVALID (no "=", bad value, named twice, without effect) or UNKNOWN_HYPERPARAMETER (with nearest name)
 */
export function parseAssignment(space: Space, pairs: readonly string[]): Assignment {
  const given = new Map<string, Value>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new AutoModelError('CONFIG_INVALID', `${JSON.stringify(pair)} is not of the form name=value`, {
        remedy: `Write for example ${Object.keys(space)[0] ?? 'name'}=${String(Object.values(space)[0]?.default ?? 'value')}.`,
        details: { given: pair },
      });
    }
    const name = pair.slice(0, equals).trim();
    if (!Object.hasOwn(space, name)) throw unknownParameter(Object.keys(space), name);
    if (given.has(name)) {
      throw new AutoModelError('CONFIG_INVALID', `Hyper-parameter ${name} is given twice`, {
        remedy: 'Give each hyper-parameter once.',
        details: { parameter: name },
      });
    }
    given.set(name, parseValue(name, space[name], pair.slice(equals + 1)));
  }
  const assignment = complete(space, toAssignment(given));
  for (const name of given.keys())
    if (!isActive(space, assignment, name)) throw inactiveParameter(space, name);
  return assignment;
}
