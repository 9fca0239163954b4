import { join } from 'node:path';
import { resolveRecipe, train, type FittedModel } from '../../../src/training/index.js';
import { cyclicDataset, tinyCtrDataset } from './tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from './tiny-models.js';

export const clickData = tinyCtrDataset({ rows: 400, validationRows: 150 });
export const cycleData = cyclicDataset();

export const artefactExtra = {
  metrics: { validation: { auc: 0.7 } },
  lineage: { trial: 'x' },
  files: { 'features.sql': 'select 1' },
};

/** A click model with every kind of input and state, saved as `click` in the folder. */
export async function savedClickModel(folder: string, dim = 8, width = 16): Promise<FittedModel> {
  const fitted = await train({
    definition: tinyCtrModel,
    hyperParameters: { dim, width },
    recipe: resolveRecipe('ctr', {
      'recipe.batchSize': 64,
      'recipe.maxEpochs': 2,
      'recipe.embeddingL2': 1e-4,
      'recipe.l2Mode': 'dense-equivalent',
    }),
    dataset: clickData,
    seed: 5,
    threads: 1,
  });
  await fitted.saveArtefact(join(folder, 'click'), artefactExtra);
  return fitted;
}

/** A next-item model, saved as `next` in the folder. */
export async function savedNextItemModel(folder: string): Promise<FittedModel> {
  const fitted = await train({
    definition: tinyNextItemModel,
    hyperParameters: {},
    recipe: resolveRecipe('next-item', { 'recipe.maxEpochs': 3, 'recipe.maxLength': 5 }),
    dataset: cycleData,
    seed: 5,
    threads: 1,
  });
  await fitted.saveArtefact(join(folder, 'next'), artefactExtra);
  return fitted;
}
