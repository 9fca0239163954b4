import type { EmbeddingOptimizerName } from '../recipe/recipe.js';
import { adagrad } from './adagrad.js';
import { lazyAdam } from './lazy-adam.js';
import { rowwiseAdagrad } from './rowwise-adagrad.js';
import type { SparseOptimizer } from './sparse-optimizer.js';

export const sparseOptimizers: Readonly<Record<EmbeddingOptimizerName, SparseOptimizer>> = {
  adagrad,
  'rowwise-adagrad': rowwiseAdagrad,
  'lazy-adam': lazyAdam,
};
