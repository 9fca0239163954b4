import { mul } from '../functions/index.js';
import { Graph } from '../graph.js';
import type { Node } from '../node.js';
import { backward, type Backward, type BackwardOptions } from './backward.js';
import { clipScale, squaredNorm } from './clip.js';
import type { ParameterLayout } from './layout.js';
import { applyOptimizer, optimizerStates, type OptimizerSpec } from './optimizer.js';
import { finishStep, type TrainingStepGraph } from './step-graph.js';

export interface ClipOptions {
  /** largest L2 norm of the gradient over all dense parameters; no clipping when undefined */
  readonly clipNorm?: number;
  /**
   * count the gradients of the embedding rows in the norm and scale them by the same factor (false). The norm is over
   * rows as they occur in the batch, before the rows of equal ids are summed.
   */
  readonly clipEmbeddings?: boolean;
}

export interface TrainingStepOptions extends BackwardOptions, ClipOptions {
  readonly optimizer: OptimizerSpec;
}

/**
 * Forward, backward, clip and update in one graph. Inputs: those of the model, `parameters` [flatSize] and the optimiser
 * states of the same size, `learning_rate`, `step` (float32, from 1), `loss_scale` (multiplies the gradients, not the
 * reported loss), `state:<name>`. Outputs: `loss`, observables, `gradient_norm` (before clipping; only with clipNorm),
 * `grad:<embedding input>`, `parameters_out`, `<optimiser state>_out`, `state_out:<name>`. The buffers of parameters and
 * optimiser states may be input and output of one run.
 */
export function buildTrainingStep(model: Graph, options: TrainingStepOptions): TrainingStepGraph {
  const pass = backward(model, options);
  const { graph, layout, parameters, gradient } = pass;
  const scale = clipping(pass, options);
  nameEmbeddingGradients(pass, options.clipEmbeddings ? scale : undefined);
  if (parameters && gradient) update(graph, layout, parameters, gradient, scale, options.optimizer);
  return finishStep({
    ...pass,
    seed: model.seed,
    optimizerStates: parameters ? optimizerStates(options.optimizer) : [],
  });
}

/**
 * Forward and backward only, for accumulation over several chunks: `gradient_accumulator` in,
 * `gradient_accumulator_out` = it + loss_scale * gradient out. Embedding gradients come out per chunk, with
 * `embedding_squared_norm`, which `buildApplyGraph` takes summed over the chunks when embeddings are clipped too.
 */
export function buildGradientGraph(model: Graph, options: BackwardOptions): TrainingStepGraph {
  const pass = backward(model, options);
  const { graph, layout, gradient } = pass;
  nameEmbeddingGradients(pass, undefined);
  if (pass.embeddingGradients.length > 0)
    graph.output('embedding_squared_norm', squaredNorm(pass.embeddingGradients));
  if (gradient) {
    const accumulator = graph.input('gradient_accumulator', [layout.flatSize], 'float32', 'optimizer-state');
    graph.output('gradient_accumulator_out', graph.add('add', [accumulator, gradient], {}));
  }
  return finishStep({ ...pass, seed: model.seed, optimizerStates: [] });
}

export interface ApplyOptions extends ClipOptions {
  readonly optimizer: OptimizerSpec;
}

/**
 * Clip and update for an accumulated gradient. Inputs: `parameters`, `gradient_accumulator`, optimiser states,
 * `learning_rate`, `step`, and `embedding_squared_norm` with clipEmbeddings. Outputs: `parameters_out`, the states, and
 * with clipNorm `gradient_norm` and `clip_scale`, by which the caller multiplies embedding gradients if it clips them.
 */
export function buildApplyGraph(layout: ParameterLayout, options: ApplyOptions): TrainingStepGraph {
  const graph = new Graph({ mode: 'train', name: 'apply' });
  const parameters = graph.input('parameters', [layout.flatSize], 'float32', 'parameter');
  const gradient = graph.input('gradient_accumulator', [layout.flatSize], 'float32', 'optimizer-state');
  let scale: Node | undefined;
  if (options.clipNorm !== undefined) {
    const dense = squaredNorm([gradient]);
    const squared = options.clipEmbeddings
      ? graph.add('add', [dense, graph.input('embedding_squared_norm', [], 'float32', 'control')], {})
      : dense;
    scale = clipScale(squared, options.clipNorm);
    graph.output('gradient_norm', graph.add('sqrt', [squared], {}));
    graph.output('clip_scale', scale);
  }
  update(graph, layout, parameters, gradient, scale, options.optimizer);
  return finishStep({
    graph,
    layout,
    seed: 0,
    optimizerStates: optimizerStates(options.optimizer),
    states: [],
    embeddings: [],
    observables: [],
  });
}

function clipping(pass: Backward, options: ClipOptions): Node | undefined {
  if (options.clipNorm === undefined) return undefined;
  const tensors = [
    ...(pass.gradient ? [pass.gradient] : []),
    ...(options.clipEmbeddings ? pass.embeddingGradients : []),
  ];
  if (tensors.length === 0) return undefined;
  const squared = squaredNorm(tensors);
  pass.graph.output('gradient_norm', pass.graph.add('sqrt', [squared], {}));
  return clipScale(squared, options.clipNorm);
}

function nameEmbeddingGradients(pass: Backward, scale: Node | undefined): void {
  for (const [i, gradient] of pass.embeddingGradients.entries()) {
    pass.graph.output(pass.embeddings[i].output, scale ? mul(gradient, scale) : gradient);
  }
}

function update(
  graph: Graph,
  layout: ParameterLayout,
  parameters: Node,
  gradient: Node,
  scale: Node | undefined,
  optimizer: OptimizerSpec,
): void {
  const learningRate = graph.input('learning_rate', [], 'float32', 'control');
  const step = graph.input('step', [], 'float32', 'control');
  graph.output(
    'parameters_out',
    applyOptimizer(optimizer, { graph, layout, parameters, gradient, scale, learningRate, step }),
  );
}
