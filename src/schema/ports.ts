import type { Assignment, TrialOutcome, TrialRequest } from './trial.js';

/** Scores candidates of one request. Implemented by loaded artefacts. */
export interface Ranker {
  /** logits or scores, one per row, in the order of the rows */
  score(rows: readonly Readonly<Record<string, unknown>>[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Runs trials somewhere else than the engine's own thread: worker processes here, an existing engine beyond. */
export interface TrialExecutor {
  /** Runs one trial; resolves with its outcome (faults included). Rejects only when the executor itself is closed. */
  run(request: TrialRequest, options?: TrialRunOptions): Promise<TrialOutcome>;
  /** How many trials it runs at once. */
  readonly concurrency: number;
  /** Kills what runs, the whole process tree, and frees everything. */
  close(): Promise<void>;
}

export interface TrialRunOptions {
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: TrialProgress) => void;
  readonly signal?: AbortSignal;
}

export interface TrialProgress {
  /** share of this trial's own work that is done, 0..1 */
  readonly done: number;
  readonly message: string;
}

/**
 * What `search` may know of a trial: an assignment in, one noisy number out (larger is better), with its cost.
 * `search` never sees a model.
 */
export interface TrialFunction {
  evaluate(assignment: Assignment, fidelity: number, seed: number): Promise<TrialEvaluation>;
}

export type TrialEvaluation =
  | {
      readonly kind: 'score';
      readonly value: number;
      /** measured, so for people to read: no decision may hang on it */
      readonly costSeconds: number;
      /** what the evaluation took, in any unit; the same whenever and wherever it is repeated, so decisions may hang on it */
      readonly work: number;
    }
  | { readonly kind: 'fault'; readonly code: string; readonly infrastructure: boolean };
