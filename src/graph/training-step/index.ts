export {
  buildApplyGraph,
  buildGradientGraph,
  buildTrainingStep,
  type ApplyOptions,
  type ClipOptions,
  type TrainingStepOptions,
} from './build.js';
export type { BackwardOptions } from './backward.js';
export {
  initialParameters,
  layoutOf,
  parameterViews,
  type ParameterLayout,
  type ParameterSlot,
} from './layout.js';
export { optimizerStates, type OptimizerSpec, type OptimizerState } from './optimizer.js';
export type { EmbeddingGradient, StepInput, StepOutput, StepState, TrainingStepGraph } from './step-graph.js';
