import { float, integer, readHyperParameters } from '../blocks/hyper-parameters.js';
import { FIRST_VALUE_ID } from '../../schema/index.js';
import { coOccurrence, trainCounts, type ItemMatrix } from './co-occurrence.js';
import type { NextItemCountingModel } from './counting-model.js';
import { fittedVotes, type VoteTable } from './votes.js';

const space = {
  skips: integer([1, 10], 5, 'how many of the newest events vote, each with its own table'),
  decay: float([0.2, 1], 0.8, 'weight of the vote one event further back'),
  backOff: float([0.1, 1000], 20, 'pseudo-counts of the popularity distribution in each transition row', {
    log: true,
  }),
};

/**
 * Mixture of skip transitions: with h_s the event s steps back and C_s(i, j) how often j came exactly s events after i,
 *   score(j) = Σ_s decay^(s-1) (C_s(h_s, j) + backOff p(j)) / (n_s(h_s) + backOff),
 * p the popularity distribution. The back-off term is a multiple of p, so it never has to be spread over all items.
 */
export const skipMarkov: NextItemCountingModel = {
  name: 'skip-markov',
  title: 'Skip-Markov chain',
  source: 'skip-gram smoothing of Markov chains; cf. FOSSIL, arXiv 1609.09152, without its factors',
  task: 'next-item',
  space,
  fit(dataset, hp) {
    const read = readHyperParameters('skip-markov', space, hp);
    const pseudo = read.number('backOff');
    const counts = trainCounts(dataset);
    counts.fill(0, 0, FIRST_VALUE_ID);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const tables = Array.from({ length: read.number('skips') }, (_, s): VoteTable => {
      const after = new Float64Array(s + 2);
      after[s + 1] = 1;
      const matrix = coOccurrence(dataset, { after, before: new Float64Array(0), user: () => 1 });
      const sums = sumRows(matrix);
      divideRows(
        matrix,
        sums.map((sum) => sum + pseudo),
      );
      // The table of skip s hears the event s steps back and no other.
      const weights = [...Array.from({ length: s }, () => 0), read.number('decay') ** s];
      const backOff = Float32Array.from(sums, (sum) => pseudo / (sum + pseudo));
      return { voters: { kind: 'by-age', weights }, matrix, backOff };
    });
    const shared = Float32Array.from(counts, (count) => (total === 0 ? 0 : count / total));
    return fittedVotes(dataset, { shared, sharedWeight: 0, tables });
  },
};

/** In place: M[i, j] /= divisors[i] */
function divideRows({ begins, values }: ItemMatrix, divisors: Float64Array): void {
  for (let i = 0; i < divisors.length; i += 1) {
    for (let n = begins[i]; n < begins[i + 1]; n += 1) values[n] /= divisors[i];
  }
}

function sumRows(matrix: ItemMatrix): Float64Array {
  const sums = new Float64Array(matrix.begins.length - 1);
  for (let i = 0; i < sums.length; i += 1) {
    for (let n = matrix.begins[i]; n < matrix.begins[i + 1]; n += 1) sums[i] += matrix.values[n];
  }
  return sums;
}
