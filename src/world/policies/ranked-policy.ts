import { AutoModelError, uniformAt } from '../../platform/index.js';
import type { LivePolicy, LiveRequest } from './live-policy.js';

/** What an item is worth showing to who asks; higher is better. Pure. */
export type Score = (request: LiveRequest, item: number) => number;

export interface RankedPolicyOptions {
  readonly id: number;
  readonly modelVersion?: number;
  /** rankings, one of which is drawn per request in proportion to its weight */
  readonly rankings: readonly { readonly weight: number; readonly score: Score }[];
  /** chance of each position to be filled uniformly from what is left */
  readonly exploration?: number;
}

/** Counter of the draw of a ranking; positions have the counters below. */
const rankingDraw = 1_000;

/**
 * Shows the best candidates of one ranking, with epsilon exploration. Propensities are exact, also of a mixture: what was shown
 * above tells how likely each ranking is to be the one in use, and the chance of an item is the mean of what they would do.
 * @throws CONFIG_INVALID for weights or an exploration outside their range
 */
export function rankedPolicy(options: RankedPolicyOptions): LivePolicy {
  const { rankings, exploration = 0 } = options;
  const total = rankings.reduce((sum, { weight }) => sum + weight, 0);
  if (
    !(exploration >= 0 && exploration <= 1) ||
    !(total > 0) ||
    rankings.some(({ weight }) => !(weight >= 0))
  )
    throw new AutoModelError(
      'CONFIG_INVALID',
      'A ranked policy needs an exploration in [0, 1] and weights of zero or more, one of them positive',
      { details: { exploration, weights: rankings.map(({ weight }) => weight) } },
    );
  const used = rankings.filter(({ weight }) => weight > 0);
  const weights = used.map(({ weight }) => weight / total);
  const best = new Int32Array(used.length);
  const belief = new Float64Array(used.length);
  const likelihood = new Float64Array(used.length);
  let pool = new Int32Array(0);
  let scores: readonly Float64Array[] = [];

  const drawRanking = (uniform: number): number => {
    let sum = 0;
    for (let r = 0; r < weights.length - 1; r += 1) {
      sum += weights[r];
      if (uniform < sum) return r;
    }
    return weights.length - 1;
  };

  return {
    id: options.id,
    modelVersion: options.modelVersion ?? 1,
    learn: () => undefined,
    choose(request, slate, propensities) {
      let left = request.candidateCount;
      if (pool.length < left) {
        pool = new Int32Array(left);
        scores = used.map(() => new Float64Array(left));
      }
      for (let n = 0; n < left; n += 1) {
        pool[n] = request.candidates[n];
        for (let r = 0; r < used.length; r += 1) scores[r][n] = used[r].score(request, pool[n]);
      }
      const inUse = used.length === 1 ? 0 : drawRanking(uniformAt(request.randomKey, rankingDraw));
      belief.set(weights);
      const positions = Math.min(slate.length, left);
      for (let position = 0; position < positions; position += 1) {
        for (let r = 0; r < used.length; r += 1) best[r] = highest(scores[r], left);
        const draw = exploration === 0 ? 1 : uniformAt(request.randomKey, position);
        const at = draw < exploration ? Math.floor((draw / exploration) * left) : best[inUse];
        let chance = 0;
        let believed = 0;
        for (let r = 0; r < used.length; r += 1) {
          likelihood[r] = exploration / left + (at === best[r] ? 1 - exploration : 0);
          chance += belief[r] * likelihood[r];
          believed += belief[r];
          belief[r] *= likelihood[r];
        }
        slate[position] = pool[at];
        propensities[position] = Math.min(1, chance / believed);
        left -= 1;
        pool[at] = pool[left];
        for (let r = 0; r < used.length; r += 1) scores[r][at] = scores[r][left];
      }
      return positions;
    },
  };
}

/** Index of the highest of the first `count` values; the first of equal ones. */
function highest(values: Float64Array, count: number): number {
  let at = 0;
  for (let n = 1; n < count; n += 1) if (values[n] > values[at]) at = n;
  return at;
}
