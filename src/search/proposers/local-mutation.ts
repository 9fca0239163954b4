import { mutate } from '../../space/index.js';
import type { Proposer } from '../proposer.js';
import { ranked } from '../trial.js';

const LEAST_HISTORY = 8;
const STRENGTHS = [0.2, 0.4] as const;

/**
 * Changes one or a few parameters of a good trial. The parent is drawn from the best few rather than being the best:
 * under noise the observed best is often a lucky one, and a single lineage would follow its luck.
 */
export function localMutation(): Proposer {
  return {
    name: 'mutation',
    propose({ space, history, values, rng }) {
      const order = ranked(history, values);
      if (order.length < LEAST_HISTORY) return undefined;
      const few = Math.min(order.length, Math.max(3, Math.ceil(order.length / 10)));
      // the better of two draws: the best parent is chosen most often, the last of the few seldom
      const parent = order[Math.min(rng.integer(few), rng.integer(few))];
      return { assignment: mutate(space, history[parent].assignment, rng, rng.pick(STRENGTHS)), parent };
    },
  };
}
