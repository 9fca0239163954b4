import { FIRST_VALUE_ID } from '../../schema/index.js';
import { CaseScorer, type CaseEvidence, type CaseLog, type SparseEvidence } from './case-scorer.js';
import type { ItemMatrix } from './co-occurrence.js';
import type { FittedNextItemCounting } from './counting-model.js';

/**
 * Which events of a history vote, and how much. `by-age`: the n-th newest counts weights[n - 1]. `mean`: the newest `last`
 * share `weight` equally.
 */
export type Voters =
  | { readonly kind: 'by-age'; readonly weights: readonly number[] }
  | { readonly kind: 'mean'; readonly weight: number; readonly last: number };

/** One table of votes: an event of item i gives its weight times row i. */
export interface VoteTable {
  readonly voters: Voters;
  readonly matrix: ItemMatrix;
  /** [itemCount] what a vote of item i gives the shared vector besides; undefined: nothing */
  readonly backOff: Float32Array | undefined;
}

/**
 * What a next-item model that counts has learned: with h_n the n-th newest event and w its voters' weight,
 *   score(j) = Σ_tables Σ_n w_n M[h_n, j] + shared(j) (sharedWeight + Σ_tables Σ_n w_n backOff[h_n]).
 * In a table with a back-off, a voter that the history is too short for, or whose item is unknown, gives it all of w_n.
 */
export interface Votes {
  /** [itemCount], not negative: popularity in one form or another */
  readonly shared: Float32Array;
  readonly sharedWeight: number;
  readonly tables: readonly VoteTable[];
}

/** The model that the votes are. */
export function fittedVotes(log: CaseLog, votes: Votes): FittedNextItemCounting {
  return new FittedVotes(log, votes);
}

class FittedVotes extends CaseScorer implements FittedNextItemCounting {
  constructor(
    log: CaseLog,
    readonly votes: Votes,
  ) {
    super(log, evidenceOf(votes));
  }
}

function evidenceOf(votes: Votes): CaseEvidence {
  return {
    shared: votes.shared,
    parameters: votes.tables.reduce((sum, { matrix }) => sum + matrix.columns.length, votes.shared.length),
    gather(events, begin, end, evidence) {
      let weight = votes.sharedWeight;
      for (const table of votes.tables) weight += gatherTable(table, events, begin, end, evidence);
      return weight;
    },
  };
}

/** Adds one table's votes; returns what they give the shared vector. */
function gatherTable(
  { voters, matrix, backOff }: VoteTable,
  events: Int32Array,
  begin: number,
  end: number,
  evidence: SparseEvidence,
): number {
  if (voters.kind === 'mean') {
    const from = Math.max(begin, end - voters.last);
    for (let at = from; at < end; at += 1) evidence.addRow(matrix, events[at], voters.weight / (end - from));
    return 0;
  }
  let shared = 0;
  for (let n = 0; n < voters.weights.length; n += 1) {
    const weight = voters.weights[n];
    if (weight === 0) continue;
    const item = end - 1 - n >= begin ? events[end - 1 - n] : 0;
    if (item >= FIRST_VALUE_ID) {
      evidence.addRow(matrix, item, weight);
      if (backOff !== undefined) shared += weight * backOff[item];
    } else if (backOff !== undefined) shared += weight;
  }
  return shared;
}
