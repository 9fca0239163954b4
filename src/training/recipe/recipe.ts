import type { Task } from '../../schema/index.js';

/** Loss of a task: the labels decide for ctr (bce) and rating (mse); next-item tasks choose. */
export type LossName = 'bce' | 'mse' | 'softmax' | 'sampled-softmax' | 'bpr';

export type DenseOptimizerName = 'sgd' | 'adagrad' | 'adam' | 'adamw';

export type EmbeddingOptimizerName = 'adagrad' | 'rowwise-adagrad' | 'lazy-adam';

/**
 * How L2 reaches embedding rows. `touched`: the rows of a batch get the gradient l2 * w, others nothing. `dense-equivalent`:
 * every row that was ever trained is also pulled at the steps that do not touch it; see tables/dense-pull.ts.
 */
export type L2Mode = 'touched' | 'dense-equivalent';

/** Everything that decides how a model is trained, apart from the model, the data and the seed. */
export interface TrainingRecipe {
  readonly loss: LossName;
  readonly optimizer: DenseOptimizerName;
  /** of the dense parameters; the plateau schedule multiplies it */
  readonly learningRate: number;
  /** rows (ctr, rating) or users (next-item) of one optimisation step */
  readonly batchSize: number;
  readonly maxEpochs: number;
  /** evaluations without a new best before training stops */
  readonly patience: number;
  /** evaluations without a new best before the learning rates are multiplied by `decayFactor` */
  readonly decayPatience: number;
  readonly decayFactor: number;
  /**
   * largest global norm of the dense gradient; 0 switches clipping off. Embedding rows are not clipped: their optimisers
   * make steps that do not depend on the scale of a gradient.
   */
  readonly clipNorm: number;
  readonly embeddingOptimizer: EmbeddingOptimizerName;
  readonly embeddingLearningRate: number;
  /** strength lambda of lambda/2 * |w|^2 per embedding row */
  readonly embeddingL2: number;
  readonly l2Mode: L2Mode;
  /** of dense parameters that decay: decoupled with adamw, else lambda * w in the gradient */
  readonly weightDecay: number;
  /** shared negatives per step of the sampled losses */
  readonly negatives: number;
  /** may be below 1: 0.5 evaluates after every second epoch */
  readonly evaluationsPerEpoch: number;
  /** newest events of a user that a next-item model sees */
  readonly maxLength: number;
}

const common = {
  optimizer: 'adam',
  learningRate: 1e-3,
  decayFactor: 0.1,
  clipNorm: 10,
  embeddingOptimizer: 'lazy-adam',
  embeddingLearningRate: 1e-3,
  embeddingL2: 0,
  l2Mode: 'touched',
  weightDecay: 0,
  negatives: 512,
  evaluationsPerEpoch: 1,
  maxLength: 50,
} as const;

// Small logs overfit within the second epoch, so validation is looked at twice in each. Adagrad suits rows that are met
// between once and ten thousand times better than Adam does: docs/decisions/0043.
const pointwise = {
  ...common,
  embeddingOptimizer: 'adagrad',
  embeddingLearningRate: 0.02,
  batchSize: 1024,
  maxEpochs: 10,
  patience: 4,
  decayPatience: 2,
  evaluationsPerEpoch: 2,
} as const;

/**
 * The recipe of the field: Adam, learning rate x0.1 on a plateau, early stop on the validation metric, restore the best,
 * gradient clip (the settings of FuxiCTR, Zhu et al. 2021, for ctr; of SASRec, Kang and McAuley 2018, for next-item).
 * Embedding rows of ctr and rating models are trained by Adagrad, as in DLRM (Naumov et al. 2019, arXiv 1906.00091).
 */
export const defaultRecipes: Readonly<Record<Task, TrainingRecipe>> = {
  ctr: { ...pointwise, loss: 'bce' },
  rating: { ...pointwise, loss: 'mse' },
  'next-item': {
    ...common,
    loss: 'softmax',
    batchSize: 128,
    maxEpochs: 200,
    patience: 10,
    decayPatience: 5,
  },
};

/** Steps that an epoch should have at least; fewer and ten epochs are over before the embeddings have moved. */
const stepsPerEpoch = 256;

/**
 * Rows of one step for a training split of so many rows: the power of two nearest below rows / 256, within 128 and the
 * task's default.
 */
export function defaultBatchSize(task: Task, rows: number): number {
  const most = defaultRecipes[task].batchSize;
  if (task === 'next-item') return most;
  const wanted = 2 ** Math.floor(Math.log2(Math.max(1, rows / stepsPerEpoch)));
  return Math.min(most, Math.max(128, wanted));
}
