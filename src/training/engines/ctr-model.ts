import {
  add,
  buildTrainingStep,
  Graph,
  type CtrModelDefinition,
  type HyperParameters,
  type TrainingStepGraph,
} from '../../graph/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { CtrDataset } from '../../schema/index.js';
import type { InferenceGraph } from '../compute/dense-model.js';
import { CtrInputBuilder, type BankUse } from '../inputs/ctr-inputs.js';
import { labelOrigin } from '../inputs/label-origin.js';
import { selectFields, type FieldSelection } from '../inputs/field-selection.js';
import type { TrainingRecipe } from '../recipe/recipe.js';
import { sparseOptimizers } from '../tables/sparse-optimizers.js';
import { TableSet, trainableTables } from '../tables/table-set.js';

export interface CtrModelOptions {
  readonly definition: CtrModelDefinition;
  readonly hyperParameters: HyperParameters;
  readonly recipe: TrainingRecipe;
  readonly dataset: CtrDataset;
  readonly fields: readonly string[] | undefined;
  readonly seed: number;
}

/** The graphs and tables of a click or rating model. */
export interface CtrModel {
  readonly selection: FieldSelection;
  readonly banks: readonly BankUse[];
  readonly tables: TableSet;
  readonly step: TrainingStepGraph;
  readonly inference: InferenceGraph;
}

export function buildCtrModel(options: CtrModelOptions): CtrModel {
  const { definition, hyperParameters, recipe, dataset, fields, seed } = options;
  const selection = selectFields(dataset, fields);
  const extraLabels = dataset.train.blockCount > 0 ? [...dataset.train.block(0).extraLabels.keys()] : [];
  const origin = labelOrigin(dataset);
  const build = (mode: 'train' | 'infer') => {
    const graph = new Graph({ mode, name: definition.name, seed });
    const inputs = new CtrInputBuilder(graph, selection, dataset.task, extraLabels, origin);
    return { graph, inputs, outputs: definition.build(inputs, hyperParameters) };
  };
  const training = build('train');
  const { loss, observables } = training.outputs;
  if (loss === undefined) {
    throw new AutoModelError('GRAPH_INVALID', `Model ${definition.name} has no loss in its training graph`);
  }
  const step = buildTrainingStep(training.graph, {
    loss,
    optimizer: { kind: recipe.optimizer, weightDecay: recipe.weightDecay },
    clipNorm: recipe.clipNorm > 0 ? recipe.clipNorm : undefined,
    embeddingInputs: [...training.graph.inputs.values()]
      .filter((input) => input.role === 'embedding-rows')
      .map((input) => input.node),
    observables,
  });
  const serving = build('infer');
  const { logits } = serving.outputs;
  const banks = [...training.inputs.banks.values()];
  const tables = new TableSet(
    selection,
    banks,
    trainableTables({
      stateSize: sparseOptimizers[recipe.embeddingOptimizer].stateSize,
      clocked: recipe.embeddingL2 > 0 && recipe.l2Mode === 'dense-equivalent',
    }),
  );
  return {
    selection,
    banks,
    tables,
    step,
    inference: { graph: serving.graph, logits: origin === 0 ? logits : add(logits, origin) },
  };
}
