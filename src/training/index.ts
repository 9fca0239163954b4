/**
 * training: fits models with ONNX Runtime. The dense part of a model is one ONNX training step that runs in a compute
 * thread; embedding tables lie outside of it in typed arrays with sparse optimisers; checkpoints resume bit for bit;
 * artefacts are what is served.
 */
export {
  defaultBatchSize,
  defaultRecipes,
  type DenseOptimizerName,
  type EmbeddingOptimizerName,
  type L2Mode,
  type LossName,
  type TrainingRecipe,
} from './recipe/recipe.js';
export { recipeSpace, recipeSpaceFor } from './recipe/recipe-space.js';
export { recipeNames, resolveRecipe } from './recipe/resolve-recipe.js';
export type { CheckpointOptions, EpochProgress, Evaluate, TrainOptions } from './loop/train-options.js';
export type { ArtefactExtra, FittedModel, HistoryEntry, TrainTimings } from './loop/fitted-model.js';
export { TopListsBuilder, type Repeats, type TopLists } from './loop/top-lists.js';
export { train } from './loop/train.js';
export { TrainingSteps, type StepTimes } from './loop/training-steps.js';
export type { EngineOptions } from './engines/open-engine.js';
export {
  loadArtefact,
  readsOf,
  type DenseTable,
  type LoadedCtrModel,
  type LoadedModel,
  type LoadedNextItemModel,
  type LoadOptions,
} from './artefact/load-artefact.js';
export type { ThreadHealth } from './compute/inference-thread.js';
export { loadRequestScorer, type LoadedRequestScorer } from './artefact/load-request-scorer.js';
export { isOfRequest } from './artefact/request-parts.js';
export { ArtefactFolder } from './artefact/artefact-folder.js';
export { FORMAT_VERSION } from './artefact/format-version.js';
export { checkGoldenHistories, goldenHistoryFiles } from './artefact/golden-histories.js';
export { npyParts } from './artefact/npy.js';
export { writeArtefact } from './artefact/write-artefact.js';
