import type { Assignment } from '../../space/index.js';
import type { Proposer } from '../proposer.js';
import { ranked } from '../trial.js';
import { parzenDensity } from './parzen.js';

export interface TreeParzenOptions {
  /** scored trials before the first proposal of its own; default 8 */
  readonly leastHistory?: number;
  /** share of the trials that count as good; default 0.15 */
  readonly goodShare?: number;
  /** draws from the good density, of which the one with the best ratio is proposed; default 24 */
  readonly candidates?: number;
}

/**
 * Tree-structured Parzen estimator, multivariate (Bergstra et al., NeurIPS 2011, section 4; the conditional space is
 * handled by activity): split the trials into good and bad, draw from the density of the good and propose the draw that
 * maximises good(x) / bad(x). Failed and still running trials count as bad: the first keep the search away from
 * configurations that break, the second spread parallel proposals.
 */
export function treeParzen(options: TreeParzenOptions = {}): Proposer {
  const { leastHistory = 8, goodShare = 0.15, candidates = 24 } = options;
  return {
    name: 'tpe',
    propose({ space, history, values, rng }) {
      const order = ranked(history, values);
      if (order.length < leastHistory) return undefined;
      const goodCount = Math.max(2, Math.ceil(goodShare * order.length));
      const good = order.slice(0, goodCount);
      const inGood = new Set(good);
      const bad = history.filter((trial) => !inGood.has(trial.index) && trial.state !== 'excluded');
      const goodDensity = parzenDensity(
        space,
        good.map((i) => history[i].assignment),
      );
      const badDensity = parzenDensity(
        space,
        bad.map((trial) => trial.assignment),
      );
      let best: Assignment | undefined;
      let bestRatio = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < candidates; i += 1) {
        const draw = goodDensity.draw(rng);
        const ratio = goodDensity.logDensity(draw) - badDensity.logDensity(draw);
        if (ratio > bestRatio) [best, bestRatio] = [draw, ratio];
      }
      return best === undefined ? undefined : { assignment: best, parent: good[0] };
    },
  };
}
