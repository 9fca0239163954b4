import { uniformAt } from '../platform/index.js';

/** What a policy may know when a request comes: nothing hidden. */
export interface PolicyRequest {
  /** index of the user */
  readonly user: number;
  /** Unix seconds */
  readonly second: number;
  /** candidate item indices: the first `candidateCount` entries, all different */
  readonly candidates: Int32Array;
  readonly candidateCount: number;
  /** key of the request's own random numbers; positions use counters 0 .. slate - 1 */
  readonly randomKey: number;
}

/** Counts of what the log has shown so far, by item index. */
export interface ItemFeedback {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
}

/** Chooses what is shown. Later policies wrap a pipeline or a server; the world cannot tell. */
export interface Policy {
  readonly id: number;
  readonly modelVersion: number;
  /** Called before each day with everything that was reported until then. */
  learn(feedback: ItemFeedback): void;
  /**
   * Writes the slate, best position first, and the probability with which each item was chosen for its position given
   * the positions above it. Returns the number of positions filled.
   */
  choose(request: PolicyRequest, slate: Int32Array, propensities: Float64Array): number;
}

export interface PopularityPolicyOptions {
  readonly items: number;
  /** share of positions that are filled uniformly at random */
  readonly exploration: number;
  /** exponent on the smoothed click rate; 0 is uniform */
  readonly greed?: number;
  /** click rate that an item without impressions is credited with */
  readonly priorRate: number;
}

/** Impressions at which an item's own rate counts as much as the prior. */
const priorImpressions = 30;

/**
 * The served policy of a fresh log: items are drawn one after another, without putting back, in proportion to
 * (smoothed click rate)^greed (Plackett-Luce), each with the chance `exploration` uniformly. So popularity feeds itself, and
 * every propensity is exact.
 */
export function popularityPolicy(options: PopularityPolicyOptions): Policy {
  const greed = options.greed ?? 4;
  const weights = new Float64Array(options.items).fill(1);
  let pool = new Int32Array(0);
  return {
    id: 1,
    modelVersion: 1,
    learn({ impressions, clicks }) {
      for (let i = 0; i < weights.length; i += 1) {
        const rate = (clicks[i] + priorImpressions * options.priorRate) / (impressions[i] + priorImpressions);
        weights[i] = (rate / options.priorRate) ** greed;
      }
    },
    choose(request, slate, propensities) {
      if (pool.length < request.candidateCount) pool = new Int32Array(request.candidateCount);
      for (let n = 0; n < request.candidateCount; n += 1) pool[n] = request.candidates[n];
      let left = request.candidateCount;
      const positions = Math.min(slate.length, left);
      for (let position = 0; position < positions; position += 1) {
        // Summed anew: subtracting what was taken would leave rounding in the last propensities.
        let total = 0;
        for (let n = 0; n < left; n += 1) total += weights[pool[n]];
        const draw = uniformAt(request.randomKey, position);
        let at = 0;
        if (draw < options.exploration) {
          at = Math.min(left - 1, Math.floor((draw / options.exploration) * left));
        } else {
          let rest = ((draw - options.exploration) / (1 - options.exploration)) * total;
          for (; at < left - 1 && rest >= weights[pool[at]]; at += 1) rest -= weights[pool[at]];
        }
        const item = pool[at];
        slate[position] = item;
        propensities[position] =
          ((1 - options.exploration) * weights[item]) / total + options.exploration / left;
        left -= 1;
        pool[at] = pool[left];
      }
      return positions;
    },
  };
}
