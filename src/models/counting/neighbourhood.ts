import { float, integer, readHyperParameters } from '../blocks/hyper-parameters.js';
import { FIRST_VALUE_ID } from '../../schema/index.js';
import { coOccurrence, keepLargest, trainCounts, type ItemMatrix } from './co-occurrence.js';
import type { NextItemCountingModel } from './counting-model.js';
import { fittedVotes, type VoteTable } from './votes.js';

const space = {
  window: integer([2, 40], 10, 'events on each side that count as neighbours of an event', { log: true }),
  distancePower: float([0.2, 1.5], 0.7, 'a pair d events apart counts d^-power'),
  backward: float([0, 1], 0.5, 'weight of "came before" beside "came after"; 1 forgets the direction'),
  lastItems: integer([2, 40], 10, 'newest events of the user that vote', { log: true }),
  recencyPower: float([0.2, 1.5], 0.8, 'the vote of the n-th newest event counts n^-power'),
  sourcePower: float([0.1, 0.9], 0.5, 'divide by the popularity of the voting item to this power'),
  targetPower: float([0, 0.7], 0.3, 'divide by the popularity of the candidate to this power'),
  shrinkage: float([0.2, 30], 1, 'pseudo-count added to both popularities', { log: true }),
  userPower: float([0, 0.6], 0, 'a user with n events counts n^-power'),
  history: float([0, 1.5], 0, 'weight of the undirected cosine part over the whole history'),
  popularity: float([0, 0.2], 0.001, 'weight of plain popularity; orders items without other evidence'),
};

/** Rows of the cosine part are cut to this many neighbours. */
const cosineNeighbours = 300;
/** The cosine part looks this many events back at most. */
const cosineHistory = 200;

/**
 * Item-to-item neighbourhood with directed transitions (item-based collaborative filtering, Deshpande and Karypis 2004,
 * TOIS 22(1), with ordered pairs as in sequential rules, Ludewig and Jannach, arXiv 1803.09587).
 *
 *   w(i, j)  = Σ_pairs d^-distancePower (1 when j came after i, `backward` when before) n_user^-userPower
 *   s(i, j)  = w(i, j) / ((n_i + shrinkage)^sourcePower (n_j + shrinkage)^targetPower)
 *   score(j) = Σ_n n^-recencyPower s(h_n, j) + history mean_h c(h, j) + popularity n_j / max n,  h_n the n-th newest event
 *
 * and c is the same ratio with all powers one half over whole histories (cosine of the columns).
 */
export const neighbourhood: NextItemCountingModel = {
  name: 'neighbourhood',
  title: 'Item neighbourhood with directed transitions',
  source: 'Deshpande and Karypis, TOIS 2004; sequential rules, arXiv 1803.09587',
  task: 'next-item',
  space,
  fit(dataset, hp) {
    const read = readHyperParameters('neighbourhood', space, hp);
    const counts = trainCounts(dataset);
    counts.fill(0, 0, FIRST_VALUE_ID);
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    const shrinkage = read.number('shrinkage');
    const userPower = read.number('userPower');
    const user = (length: number): number => length ** -userPower;

    const after = Float64Array.from({ length: read.number('window') + 1 }, (_, d) =>
      d === 0 ? 0 : d ** -read.number('distancePower'),
    );
    const before = after.map((weight) => weight * read.number('backward'));
    const directed = coOccurrence(dataset, { after, before, user });
    normalise(directed, counts, shrinkage, read.number('sourcePower'), read.number('targetPower'));

    const recency = Array.from(
      { length: read.number('lastItems') },
      (_, n) => (n + 1) ** -read.number('recencyPower'),
    );
    const tables: VoteTable[] = [
      { voters: { kind: 'by-age', weights: recency }, matrix: directed, backOff: undefined },
    ];
    const historyWeight = read.number('history');
    if (historyWeight > 0) {
      const matrix = wholeHistories(dataset, counts, user, shrinkage);
      tables.push({
        voters: { kind: 'mean', weight: historyWeight, last: cosineHistory },
        matrix,
        backOff: undefined,
      });
    }
    const shared = Float32Array.from(counts, (count) => count / most);
    return fittedVotes(dataset, { shared, sharedWeight: read.number('popularity'), tables });
  },
};

function wholeHistories(
  dataset: Parameters<typeof coOccurrence>[0],
  counts: Float64Array,
  user: (length: number) => number,
  shrinkage: number,
): ItemMatrix {
  let longest = 0;
  for (let u = 0; u < dataset.userCount; u += 1) {
    longest = Math.max(longest, dataset.trainEnds[u] - dataset.offsets[u]);
  }
  const all = new Float64Array(longest + 1).fill(1);
  const matrix = coOccurrence(dataset, { after: all, before: all, user });
  normalise(matrix, counts, shrinkage, 0.5, 0.5);
  return keepLargest(matrix, cosineNeighbours);
}

/** In place: M[i, j] /= (n_i + shrinkage)^sourcePower (n_j + shrinkage)^targetPower */
function normalise(
  matrix: ItemMatrix,
  counts: Float64Array,
  shrinkage: number,
  sourcePower: number,
  targetPower: number,
): void {
  const source = counts.map((count) => (count + shrinkage) ** -sourcePower);
  const target = counts.map((count) => (count + shrinkage) ** -targetPower);
  for (let i = 0; i < source.length; i += 1) {
    for (let n = matrix.begins[i]; n < matrix.begins[i + 1]; n += 1) {
      matrix.values[n] *= source[i] * target[matrix.columns[n]];
    }
  }
}
