import { AutoModelError } from '../platform/index.js';
import { isActive, valueOf, type Assignment, type Value } from './assignment.js';
import { nearestName } from './nearest-name.js';
import type { Parameter, Space } from './parameter.js';

/** What a parameter accepts, for people: "one of a, b" or "a number in [0.1, 1] (log scale)". */
export function describeAllowed(parameter: Parameter): string {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordered') {
    return `one of ${parameter.values.map(String).join(', ')}`;
  }
  const what = parameter.kind === 'integer' ? 'an integer' : 'a number';
  return `${what} in [${parameter.min}, ${parameter.max}]${parameter.log === true ? ' (log scale)' : ''}`;
}

/** Whether a value lies in the parameter's domain. */
export function accepts(parameter: Parameter, value: unknown): value is Value {
  switch (parameter.kind) {
    case 'categorical':
    case 'ordered':
      return (parameter.values as readonly unknown[]).includes(value);
    case 'integer':
    case 'float':
      return (
        typeof value === 'number' &&
        value >= parameter.min &&
        value <= parameter.max &&
        (parameter.kind === 'float' || Number.isInteger(value))
      );
  }
}

/** A wide log has a switch per field; an error is no place to list thousands. */
const mostNamesShown = 80;

/** @param known every name that would have been taken */
export function unknownParameter(known: readonly string[], name: string): AutoModelError {
  const near = nearestName(name, known);
  const shown = known.slice(0, mostNamesShown).join(', ');
  const more = known.length > mostNamesShown ? ` and ${known.length - mostNamesShown} more` : '';
  const choice = known.length === 0 ? `Leave ${name} out.` : `Choose among ${shown}${more}.`;
  return new AutoModelError('UNKNOWN_HYPERPARAMETER', `There is no hyper-parameter ${JSON.stringify(name)}`, {
    remedy: `${near === undefined ? '' : `Did you mean ${near}? `}${choice}`,
    details: { parameter: name, nearest: near, known },
  });
}

export function badValue(name: string, parameter: Parameter, value: unknown): AutoModelError {
  return new AutoModelError(
    'CONFIG_INVALID',
    `Hyper-parameter ${name} cannot be ${JSON.stringify(value) ?? String(value)}: it must be ${describeAllowed(parameter)}`,
    {
      remedy: `Give ${name} ${describeAllowed(parameter)}.`,
      details: {
        parameter: name,
        value: String(value),
        allowed: describeAllowed(parameter),
        default: parameter.default,
      },
    },
  );
}

/** Says why a parameter that was given has no effect. */
export function inactiveParameter(space: Space, name: string): AutoModelError {
  const condition = space[name].when;
  const reason =
    condition === undefined ? '' : `${condition.parameter} is one of ${condition.in.map(String).join(', ')}`;
  return new AutoModelError(
    'CONFIG_INVALID',
    `Hyper-parameter ${name} has no effect here: it counts only when ${reason}`,
    {
      remedy: `Leave ${name} out, or set ${condition?.parameter ?? name} accordingly.`,
      details: { parameter: name, condition },
    },
  );
}

/**
 * Checks a full assignment: every active parameter has a legal value and nothing else is there.
 * @throws UNKNOWN_HYPERPARAMETER (with the nearest name) or CONFIG_INVALID (with the allowed values)
 */
export function validate(space: Space, assignment: Assignment): void {
  for (const name of Object.keys(assignment)) {
    if (!Object.hasOwn(space, name)) throw unknownParameter(Object.keys(space), name);
  }
  for (const [name, parameter] of Object.entries(space)) {
    const value = valueOf(assignment, name);
    if (isActive(space, assignment, name)) {
      if (!accepts(parameter, value)) throw badValue(name, parameter, value);
    } else if (value !== undefined) {
      throw inactiveParameter(space, name);
    }
  }
}

function invalidSpace(name: string, reason: string): AutoModelError {
  return new AutoModelError('CONFIG_INVALID', `Parameter ${name} of the space is ill-defined: ${reason}`, {
    remedy: 'Mend the definition of the space.',
    details: { parameter: name },
  });
}

/**
 * Checks a space itself: ranges, defaults, and conditions that refer to earlier parameters (so that one pass in order
 * decides everything and no cycle can exist).
 * @throws CONFIG_INVALID naming the parameter
 */
export function checkSpace(space: Space): void {
  const earlier = new Set<string>();
  for (const [name, parameter] of Object.entries(space)) {
    if (parameter.kind === 'categorical' || parameter.kind === 'ordered') {
      if (parameter.values.length === 0) throw invalidSpace(name, 'it has no values');
      if (new Set(parameter.values).size < parameter.values.length)
        throw invalidSpace(name, 'a value is repeated');
      const weights = parameter.kind === 'categorical' ? parameter.weights : undefined;
      if (
        weights !== undefined &&
        !(weights.length === parameter.values.length && weights.every((w) => w > 0))
      )
        throw invalidSpace(name, 'its weights are not one positive number per value');
    } else {
      if (!(parameter.min <= parameter.max))
        throw invalidSpace(name, `min ${parameter.min} > max ${parameter.max}`);
      if (parameter.log === true && !(parameter.min > 0))
        throw invalidSpace(name, 'a log scale needs min > 0');
      if (
        parameter.kind === 'integer' &&
        !(Number.isInteger(parameter.min) && Number.isInteger(parameter.max))
      ) {
        throw invalidSpace(name, 'the bounds of an integer must be integers');
      }
    }
    if (!accepts(parameter, parameter.default)) {
      throw invalidSpace(
        name,
        `its default ${String(parameter.default)} is not ${describeAllowed(parameter)}`,
      );
    }
    const condition = parameter.when;
    if (condition !== undefined) {
      if (!earlier.has(condition.parameter)) {
        throw invalidSpace(
          name,
          `its condition names ${condition.parameter}, which is not an earlier parameter`,
        );
      }
      const wrong = condition.in.find((value) => !accepts(space[condition.parameter], value));
      if (wrong !== undefined) {
        throw invalidSpace(
          name,
          `its condition wants ${String(wrong)}, which ${condition.parameter} never is`,
        );
      }
    }
    earlier.add(name);
  }
}
