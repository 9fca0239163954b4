import { build, isActive, valueOf, type Assignment } from './assignment.js';
import type { Parameter, Space } from './parameter.js';
import { fromUnit, toUnit } from './unit.js';

function width(parameter: Parameter): number {
  return (
    (parameter.kind === 'categorical' ? parameter.values.length : 1) + (parameter.when === undefined ? 0 : 1)
  );
}

/** Number of coordinates of {@link encode}. */
export function encodedLength(space: Space): number {
  return Object.values(space).reduce((sum, parameter) => sum + width(parameter), 0);
}

/**
 * A point of the unit cube for surrogates: numbers and orders one coordinate on their own scale, categories one-hot,
 * conditional parameters a further coordinate that tells whether they are active; inactive ones sit at their default.
 * @returns float64 [encodedLength(space)]
 */
export function encode(space: Space, assignment: Assignment): Float64Array {
  const point = new Float64Array(encodedLength(space));
  let at = 0;
  for (const [name, parameter] of Object.entries(space)) {
    const active = isActive(space, assignment, name);
    const value = (active ? valueOf(assignment, name) : undefined) ?? parameter.default;
    if (parameter.kind === 'categorical') {
      point[at + parameter.values.indexOf(value)] = 1;
      at += parameter.values.length;
    } else {
      point[at++] = toUnit(parameter, value);
    }
    if (parameter.when !== undefined) point[at++] = active ? 1 : 0;
  }
  return point;
}

/** The valid assignment nearest to a point: one-hot groups by their largest coordinate. */
export function decode(space: Space, point: Float64Array): Assignment {
  const offsets = new Map<string, number>();
  let at = 0;
  for (const [name, parameter] of Object.entries(space)) {
    offsets.set(name, at);
    at += width(parameter);
  }
  return build(space, (name, parameter) => {
    const offset = offsets.get(name) ?? 0;
    if (parameter.kind !== 'categorical') return fromUnit(parameter, point[offset]);
    let best = 0;
    for (let i = 1; i < parameter.values.length; i += 1)
      if (point[offset + i] > point[offset + best]) best = i;
    return parameter.values[best];
  });
}
