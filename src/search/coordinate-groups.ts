import { encodedLength, type Space } from '../space/index.js';

/** Coordinates of each parameter in the encoding, in order. */
export function coordinateGroups(space: Space): readonly number[] {
  return Object.entries(space).map(([name, parameter]) => encodedLength({ [name]: parameter }));
}
