import type { Rng } from '../platform/index.js';
import { encode, hashAssignment, validate, type Assignment, type Space } from '../space/index.js';

/** The only configurations that a search may try: a table of results, a set of models that exist already. */
export interface Pool {
  /** the configuration nearest to a proposal that was not proposed before; undefined when all were */
  nearest(assignment: Assignment, seen: ReadonlySet<string>): Assignment | undefined;
  pick(rng: Rng, seen: ReadonlySet<string>): Assignment | undefined;
}

/**
 * Nearest by Euclidean distance of the encoded points; the earlier one on ties.
 * @throws CONFIG_INVALID, UNKNOWN_HYPERPARAMETER for a member that is not in the space
 */
export function createPool(space: Space, members: readonly Assignment[]): Pool {
  for (const member of members) validate(space, member);
  const hashes = members.map((member) => hashAssignment(space, member));
  const points = members.map((member) => encode(space, member));
  return {
    nearest(assignment, seen) {
      const point = encode(space, assignment);
      let best: Assignment | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < members.length; i += 1) {
        if (seen.has(hashes[i])) continue;
        let sum = 0;
        for (let k = 0; k < point.length && sum < least; k += 1) sum += (points[i][k] - point[k]) ** 2;
        if (sum < least) [least, best] = [sum, members[i]];
      }
      return best;
    },
    pick(rng, seen) {
      const left = members.filter((_, i) => !seen.has(hashes[i]));
      return left.length === 0 ? undefined : rng.pick(left);
    },
  };
}
