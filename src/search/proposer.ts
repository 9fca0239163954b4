import type { Rng } from '../platform/index.js';
import type { Assignment, Space } from '../space/index.js';
import type { Trial } from './trial.js';

/** What a proposer may know: a space and what came of earlier trials. It never sees a model or a wall clock. */
export interface ProposalContext {
  readonly space: Space;
  /** all trials so far, running ones included */
  readonly history: readonly Trial[];
  /** projected value per trial of `history`, NaN where unknown; larger is better */
  readonly values: Float64Array;
  /** the only source of chance: a function of (seed, trial index) */
  readonly rng: Rng;
  /** index that the new trial will have */
  readonly index: number;
}

export interface Proposal {
  readonly assignment: Assignment;
  /** trial that it was derived from */
  readonly parent?: number;
}

/** Makes new configurations. Must be a function of its context alone. */
export interface Proposer {
  readonly name: string;
  /** undefined: too little history for an idea of its own */
  propose(context: ProposalContext): Proposal | undefined;
}

/**
 * Chooses which proposer makes the next trial, among all but the random control (whose share is fixed). Must be a
 * function of its arguments alone.
 */
export interface Allocator {
  readonly name: string;
  choose(proposers: readonly string[], context: ProposalContext): string;
}
