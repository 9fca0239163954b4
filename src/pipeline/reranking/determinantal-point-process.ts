import { byScore, type Candidate } from '../candidate.js';
import { cosine, type ItemVectors } from './similarity.js';

export interface DeterminantalPointProcessOptions {
  /** how much quality counts against diversity: q_i = exp(theta x standardised score / 2); 0: diversity alone */
  readonly theta: number;
  readonly vectors: ItemVectors;
  readonly count: number;
}

/** Below this, what an item adds to the volume is rounding. */
const NOTHING_NEW = 1e-10;

/**
 * Greedy maximum a posteriori inference for a determinantal point process (Chen, Zhang and Zhou, NeurIPS 2018, algorithm 1):
 * next comes the item that raises log det of the kernel of the chosen most, L_ij = q_i cos(i, j) q_j. The Cholesky row of
 * every item is kept up to date, so a choice costs O(candidates x (chosen + dim)). When nothing new is left (the vectors span
 * no more), the rest follows by score.
 */
export function determinantalPointProcess(
  candidates: readonly Candidate[],
  { theta, vectors, count }: DeterminantalPointProcessOptions,
): Candidate[] {
  const items = [...candidates].sort(byScore);
  const n = items.length;
  const quality = qualities(items, theta);
  const wanted = Math.min(count, n);
  const rows = Array.from({ length: n }, () => new Float64Array(wanted));
  const gain = Float64Array.from(
    items,
    ({ item }, i) => quality[i] ** 2 * Math.max(0, cosine(vectors, item, item)),
  );
  const isChosen = new Uint8Array(n);
  const chosen: Candidate[] = [];
  while (chosen.length < wanted) {
    let best = -1;
    for (let i = 0; i < n; i += 1) if (isChosen[i] === 0 && (best < 0 || gain[i] > gain[best])) best = i;
    if (gain[best] < NOTHING_NEW) break;
    const k = chosen.length;
    isChosen[best] = 1;
    chosen.push({ ...items[best], parts: { ...items[best].parts, dpp: Math.log(gain[best]) } });
    const pivot = Math.sqrt(gain[best]);
    for (let i = 0; i < n; i += 1) {
      if (isChosen[i] === 1) continue;
      let inner = quality[best] * quality[i] * cosine(vectors, items[best].item, items[i].item);
      for (let j = 0; j < k; j += 1) inner -= rows[best][j] * rows[i][j];
      const entry = inner / pivot;
      rows[i][k] = entry;
      gain[i] = Math.max(0, gain[i] - entry * entry);
    }
  }
  for (let i = 0; i < n && chosen.length < wanted; i += 1) if (isChosen[i] === 0) chosen.push(items[i]);
  return chosen;
}

function qualities(items: readonly Candidate[], theta: number): Float64Array {
  const mean = items.reduce((sum, { score }) => sum + score, 0) / Math.max(1, items.length);
  const variance = items.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / Math.max(1, items.length);
  const sd = variance > 0 ? Math.sqrt(variance) : 1;
  return Float64Array.from(items, ({ score }) => Math.exp((theta * (score - mean)) / sd / 2));
}
