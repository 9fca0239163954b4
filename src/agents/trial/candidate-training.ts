import { modelById, spaceOf, type LibraryModel } from '../../models/index.js';
import type { Assignment, EncodedDataset } from '../../schema/index.js';
import { complete, validate } from '../../space/index.js';
import { defaultBatchSize, resolveRecipe, type TrainOptions } from '../../training/index.js';
import { fieldsOf, hyperParametersOf } from './candidate-space.js';

/** A model of the library with its own hyper-parameters in full. */
export interface ChosenModel {
  readonly entry: LibraryModel;
  readonly hyperParameters: Assignment;
}

/** @throws UNKNOWN_MODEL, and CONFIG_INVALID for a value that the model's space does not have */
export function chosenModel(model: string, assignment: Assignment, { task }: EncodedDataset): ChosenModel {
  const entry = modelById(model, task);
  const space = spaceOf(entry);
  const given = hyperParametersOf(assignment);
  const hyperParameters = complete(space, given);
  validate(space, { ...hyperParameters, ...given });
  return { entry, hyperParameters };
}

/**
 * How a candidate that is trained by gradient is trained: what of `TrainOptions` hangs on its assignment.
 * @param trainRows training rows of the contract, before a refit widens them: defaults go by it
 */
export function candidateTraining(
  { entry, hyperParameters }: ChosenModel & { readonly entry: Extract<LibraryModel, { kind: 'graph' }> },
  assignment: Assignment,
  dataset: EncodedDataset,
  trainRows: number,
): Pick<TrainOptions, 'definition' | 'hyperParameters' | 'recipe' | 'fields' | 'dataset'> {
  const { definition } = entry;
  return {
    definition,
    hyperParameters,
    recipe: resolveRecipe(dataset.task, {
      'recipe.batchSize': defaultBatchSize(dataset.task, trainRows),
      ...definition.recipe,
      ...assignment,
    }),
    dataset,
    fields: fieldsOf(dataset, assignment),
  };
}
