import type { Allocator } from './proposer.js';
import { ranked } from './trial.js';

/**
 * Shares proposals by smoothed success: the chance weight of a proposer is (1 + successes) / (2 + own trials), where a
 * success is a trial whose value lies in the best quarter of all. Nobody falls below a third of the best weight, so a
 * slow starter is still heard.
 */
export function successShare(): Allocator {
  return {
    name: 'success-share',
    choose(proposers, { history, values, rng }) {
      const order = ranked(history, values);
      const best = new Set(order.slice(0, Math.ceil(order.length / 4)));
      const weights = proposers.map((name) => {
        const own = order.filter((i) => history[i].proposer === name && !history[i].warmup);
        return (1 + own.filter((i) => best.has(i)).length) / (2 + own.length);
      });
      const floor = Math.max(...weights) / 3;
      const shares = weights.map((weight) => Math.max(weight, floor));
      let draw = rng.next() * shares.reduce((sum, share) => sum + share, 0);
      for (let i = 0; i < shares.length; i += 1) {
        draw -= shares[i];
        if (draw < 0) return proposers[i];
      }
      return proposers[proposers.length - 1];
    },
  };
}
