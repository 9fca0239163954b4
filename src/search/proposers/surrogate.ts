import { crossover, encode, mutate, sample, type Assignment } from '../../space/index.js';
import { expectedImprovement } from '../expected-improvement.js';
import type { ProposalContext, Proposer } from '../proposer.js';
import { coordinateGroups } from '../coordinate-groups.js';
import { fitRelevanceProcess, type RelevanceProcess } from '../relevance-process.js';
import { ranked } from '../trial.js';

export interface SurrogateOptions {
  /** scored trials before the first proposal of its own; default 8 */
  readonly leastHistory?: number;
  /** candidates drawn at random, and as many again as children of the leaders; default 32 */
  readonly candidates?: number;
}

/** The fit costs the cube of this. */
const MOST_OBSERVATIONS = 100;
const PARENTS = 6;
/** Candidates whose expected improvement is worked out: those with the best posterior means and some at random. */
const SHORTLIST = 24;
const REFINEMENTS = 48;

/**
 * Gaussian process with expected improvement (Jones et al. 1998), made for noisy scores: the improvement is over the best
 * posterior mean of any tried configuration, never over the best score, and it is that of the noiseless function (the
 * plug-in of Vazquez et al. 2008, section 2). Failed trials count as the worst score; running ones as their own
 * posterior mean (kriging believer, Ginsbourger et al. 2010), so that parallel proposals spread.
 * Candidates are random draws, children of the leaders by mutation and crossover, and small steps from the best of them.
 */
export function surrogate(options: SurrogateOptions = {}): Proposer {
  const { leastHistory = 8, candidates = 32 } = options;
  return {
    name: 'surrogate',
    propose(context) {
      const { space, history, rng } = context;
      const order = ranked(history, context.values);
      if (order.length < leastHistory) return undefined;
      const fitted = fitHistory(context, order);
      const { posterior, leaders, bestMean } = fitted;
      const pool: Assignment[] = [];
      for (let i = 0; i < candidates; i += 1) pool.push(sample(space, rng));
      for (let i = 0; i < candidates; i += 1) {
        const parent = history[leaders[Math.min(rng.integer(leaders.length), rng.integer(leaders.length))]];
        const other = history[rng.pick(leaders)];
        const base =
          i % 4 === 0 ? crossover(space, parent.assignment, other.assignment, rng) : parent.assignment;
        pool.push(mutate(space, base, rng, i % 2 === 0 ? 0.1 : 0.3));
      }
      const points = pool.map((assignment) => encode(space, assignment));
      const means = points.map((point) => posterior.mean(point));
      const byMean = means.map((_, i) => i).sort((a, b) => means[b] - means[a] || a - b);
      let chosen = pool[byMean[0]];
      let most = Number.NEGATIVE_INFINITY;
      const consider = (assignment: Assignment, point: Float64Array): void => {
        const { mean, sd } = posterior.predict(point);
        const gain = expectedImprovement(mean, sd, bestMean);
        if (gain > most) [most, chosen] = [gain, assignment];
      };
      for (const i of byMean.slice(0, SHORTLIST)) consider(pool[i], points[i]);
      for (let i = 0; i < SHORTLIST / 2; i += 1) consider(pool[i], points[i]);
      // Ever smaller steps uphill: what random candidates find is seldom the top of its hill.
      for (let i = 0; i < REFINEMENTS; i += 1) {
        const near = mutate(space, chosen, rng, 0.25 * (1 - i / REFINEMENTS) + 0.02);
        consider(near, encode(space, near));
      }
      return { assignment: chosen, parent: leaders[0] };
    },
  };
}

interface FittedHistory {
  readonly posterior: RelevanceProcess;
  /** trial indices, best posterior mean first */
  readonly leaders: readonly number[];
  readonly bestMean: number;
}

/** The posterior given the best trials and a thinned rest, with failures at the worst and running ones at their mean. */
function fitHistory({ space, history, values }: ProposalContext, order: readonly number[]): FittedHistory {
  const groups = coordinateGroups(space);
  const half = MOST_OBSERVATIONS / 2;
  const rest = order.slice(half);
  const stride = Math.max(1, rest.length / half);
  const kept = [
    ...order.slice(0, half),
    ...Array.from({ length: Math.min(half, rest.length) }, (_, i) => rest[Math.floor(i * stride)]),
  ];
  const failed = history.filter(({ state }) => state === 'failed').slice(-half / 2);
  const worst = values[order[order.length - 1]];
  const top = Math.max(...kept.map((i) => history[i].scores.length));
  const points = [...kept.map((i) => history[i]), ...failed].map(({ assignment }) =>
    encode(space, assignment),
  );
  const observed = [...kept.map((i) => values[i]), ...failed.map(() => worst)];
  // What a short training says of a full one is less certain by as much as the seed's noise at each rung below.
  const noiseFactors = Float64Array.from(points, (_, i) =>
    i < kept.length ? 1 + (top - history[kept[i]].scores.length) : 1,
  );
  let posterior = fitRelevanceProcess(points, observed, { groups, noiseFactors });
  const running = history.filter(({ state, scores }) => state === 'running' && scores.length === 0);
  if (running.length > 0) {
    const pending = running.map(({ assignment }) => encode(space, assignment));
    const believed = pending.map((point) => posterior.mean(point));
    posterior = fitRelevanceProcess([...points, ...pending], [...observed, ...believed], {
      groups,
      noiseFactors: Float64Array.of(...noiseFactors, ...pending.map(() => 1)),
    });
  }
  const { means } = posterior;
  const byMean = kept.map((_, i) => i).sort((a, b) => means[b] - means[a] || kept[a] - kept[b]);
  return {
    posterior,
    leaders: byMean.slice(0, PARENTS).map((i) => kept[i]),
    bestMean: means[byMean[0]],
  };
}
