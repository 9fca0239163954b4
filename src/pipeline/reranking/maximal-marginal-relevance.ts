import { byScore, type Candidate } from '../candidate.js';
import { cosine, type ItemVectors } from './similarity.js';

export interface MaximalMarginalRelevanceOptions {
  /** weight of relevance against likeness to what was chosen, in [0, 1]; 1: the order stays */
  readonly lambda: number;
  readonly vectors: ItemVectors;
  /** how many to choose */
  readonly count: number;
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): next comes argmax lambda rel(i) - (1 - lambda)
 * max_j cos(i, j) over the chosen j. Relevance is the score brought to [0, 1] among the candidates, so that lambda means the
 * same for logits of any size. O(candidates x count x dim).
 */
export function maximalMarginalRelevance(
  candidates: readonly Candidate[],
  { lambda, vectors, count }: MaximalMarginalRelevanceOptions,
): Candidate[] {
  const left = [...candidates].sort(byScore);
  const most = left[0]?.score ?? 0;
  const least = left.at(-1)?.score ?? 0;
  const relevance = left.map(({ score }) => (most > least ? (score - least) / (most - least) : 1));
  const nearest = new Float64Array(left.length).fill(Number.NEGATIVE_INFINITY);
  const isChosen = new Uint8Array(left.length);
  const chosen: Candidate[] = [];
  while (chosen.length < Math.min(count, left.length)) {
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < left.length; i += 1) {
      if (isChosen[i] === 1) continue;
      const likeness = chosen.length === 0 ? 0 : nearest[i];
      const value = lambda * relevance[i] - (1 - lambda) * likeness;
      if (value > bestValue) [best, bestValue] = [i, value];
    }
    isChosen[best] = 1;
    const likeness = chosen.length === 0 ? 0 : nearest[best];
    chosen.push({ ...left[best], parts: { ...left[best].parts, mmr: -(1 - lambda) * likeness } });
    for (let i = 0; i < left.length; i += 1)
      if (isChosen[i] === 0)
        nearest[i] = Math.max(nearest[i], cosine(vectors, left[i].item, left[best].item));
  }
  return chosen;
}
