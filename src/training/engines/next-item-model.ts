import {
  buildApplyGraph,
  buildGradientGraph,
  buildTrainingStep,
  Graph,
  type HyperParameters,
  type NextItemModelDefinition,
  type TrainingStepGraph,
} from '../../graph/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { NextItemDataset } from '../../schema/index.js';
import type { InferenceGraph } from '../compute/dense-model.js';
import { NextItemInputBuilder } from '../inputs/next-item-inputs.js';
import type { TrainingRecipe } from '../recipe/recipe.js';

export interface NextItemModelOptions {
  readonly definition: NextItemModelDefinition;
  readonly hyperParameters: HyperParameters;
  readonly recipe: TrainingRecipe;
  readonly dataset: NextItemDataset;
  readonly seed: number;
}

export interface NextItemModel {
  /** forward, backward and update in one; or, when a batch is split, the gradient of one part */
  readonly step: TrainingStepGraph;
  /** update with the summed gradient of the parts; undefined when batches are whole */
  readonly apply: TrainingStepGraph | undefined;
  readonly inference: InferenceGraph;
}

/** @param split whether gradients are accumulated over parts of a batch */
export function buildNextItemModel(options: NextItemModelOptions, split: boolean): NextItemModel {
  const { definition, hyperParameters, recipe, dataset, seed } = options;
  const build = (mode: 'train' | 'infer') => {
    const graph = new Graph({ mode, name: definition.name, seed });
    const inputs = new NextItemInputBuilder(graph, dataset.itemCount, recipe.maxLength, recipe.loss);
    return { graph, outputs: definition.build(inputs, hyperParameters) };
  };
  const training = build('train');
  const { loss, observables } = training.outputs;
  if (loss === undefined) {
    throw new AutoModelError('GRAPH_INVALID', `Model ${definition.name} has no loss in its training graph`);
  }
  const update = {
    optimizer: { kind: recipe.optimizer, weightDecay: recipe.weightDecay },
    clipNorm: recipe.clipNorm > 0 ? recipe.clipNorm : undefined,
  };
  const serving = build('infer');
  const inference = { graph: serving.graph, logits: serving.outputs.logits };
  if (!split) {
    const step = buildTrainingStep(training.graph, { loss, observables, ...update });
    return { step, apply: undefined, inference };
  }
  const step = buildGradientGraph(training.graph, { loss, observables });
  return { step, apply: buildApplyGraph(step.layout, update), inference };
}
