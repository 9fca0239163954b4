import type { StateArray } from '../checkpoint/checkpoint-file.js';

export interface StepRates {
  readonly dense: number;
  readonly embedding: number;
}

export interface StepResult {
  readonly loss: number;
  readonly observables: Readonly<Record<string, number>>;
}

export interface EngineTimings {
  prepareMs: number;
  computeMs: number;
  updateMs: number;
}

/** One task's way of making optimisation steps. The loop above decides how many, when to evaluate and when to stop. */
export interface TrainingEngine {
  readonly stepsPerEpoch: number;
  /** rows or users of one epoch */
  readonly samplesPerEpoch: number;
  readonly parameterCount: number;
  readonly flopsPerSample: number;
  readonly timings: EngineTimings;
  /**
   * Makes step `step` (from 1). `last` is the last step that may follow, so that nothing beyond it is prepared.
   * @throws BATCH_EMPTY, ID_OUT_OF_RANGE
   */
  step(step: number, rates: StepRates, last: number): Promise<StepResult>;
  /** Finishes what overlaps: afterwards weights and tables are those after the last step. */
  settle(): void;
  /** Scores of the validation split as `Evaluate` takes them. */
  evaluate(): Promise<Float32Array>;
  /** Keeps the present weights as the best; later `restoreBest` brings them back for scoring. */
  keepBest(): Promise<void>;
  restoreBest(): Promise<void>;
  /** Everything that a checkpoint must hold, by name. */
  exportState(): Promise<ReadonlyMap<string, StateArray>>;
  importState(state: ReadonlyMap<string, StateArray>, step: number): Promise<void>;
  close(): Promise<void>;
}
