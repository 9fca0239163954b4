import type { HyperParameters, ModelDefinition } from '../../graph/index.js';
import type { EncodedDataset } from '../../schema/index.js';
import type { EngineTimings } from '../engines/training-engine.js';
import type { TrainingRecipe } from '../recipe/recipe.js';

/**
 * Larger is better. For ctr and rating `scores` are the logits of the validation rows in order; for next-item they are
 * the mean-tie ranks (1 is best) of the validation targets.
 */
export type Evaluate = (scores: Float32Array) => number;

export interface EpochProgress {
  /** optimisation steps done */
  readonly step: number;
  /** steps of the whole budget */
  readonly totalSteps: number;
  /** epochs done, with fraction */
  readonly epoch: number;
  /** mean training loss since the last report */
  readonly loss: number;
  /** validation metric, when one was just computed */
  readonly metric: number | undefined;
  /** milliseconds since the training began that went into each part of the steps; the parts overlap */
  readonly timings: Readonly<EngineTimings>;
}

export interface CheckpointOptions {
  readonly path: string;
  /** steps between two checkpoints; evaluations also write one. Left out: one is written when a share of the budget is used up */
  readonly everySteps?: number;
  /** milliseconds after which a further step writes one; when it is written changes no bit of the result */
  readonly everyMs?: number;
}

export interface TrainOptions {
  readonly definition: ModelDefinition;
  readonly hyperParameters: HyperParameters;
  readonly recipe: TrainingRecipe;
  readonly dataset: EncodedDataset;
  /** names of the fields that the model may read; all when left out (ctr and rating only) */
  readonly fields?: readonly string[];
  readonly seed: number;
  /**
   * share in (0, 1] of the full budget maxEpochs x rows, in optimisation steps, rounded to whole evaluations; default 1. A
   * checkpoint of a smaller share can be resumed with a larger one
   */
  readonly fidelity?: number;
  /** default: AUC (ctr), minus RMSE (rating), NDCG@10 (next-item) on validation */
  readonly evaluate?: Evaluate;
  /** compute threads; default from the configuration */
  readonly threads?: number;
  readonly onProgress?: (progress: EpochProgress) => void;
  readonly checkpoint?: CheckpointOptions;
  /** continue from the checkpoint when its file exists */
  readonly resume?: boolean;
  /** aborting writes a checkpoint (when one is configured) and ends with INTERRUPTED */
  readonly signal?: AbortSignal;
  /** train for exactly so many epochs and never look at validation: the refit of an accepted recipe */
  readonly fixedEpochs?: number;
  /** `overlapped` (default) and `serial` give the same bits; serial is there to prove it */
  readonly schedule?: 'overlapped' | 'serial';
}
