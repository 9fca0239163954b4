import { describe, expect, it } from 'vitest';
import { loadArtefact, resolveRecipe, train, type TrainOptions } from '../../../src/training/index.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '../../../src/schema/index.js';
import { CtrEngine } from '../../../src/training/engines/ctr-engine.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { tinyCtrDataset } from '../support/tiny-data.js';
import { tinyCtrModel } from '../support/tiny-models.js';

const EPOCHS = 3;
const dataset = tinyCtrDataset({ rows: 90, validationRows: 60, blockRows: 40 });

function optionsFor(assignment: Assignment): TrainOptions {
  return {
    definition: tinyCtrModel,
    hyperParameters: { dropout: 0.2 },
    recipe: resolveRecipe('ctr', {
      'recipe.batchSize': 20,
      'recipe.maxEpochs': EPOCHS,
      'recipe.evaluationsPerEpoch': 1 / EPOCHS,
      'recipe.embeddingLearningRate': 0.05,
      ...assignment,
    }),
    dataset,
    seed: 8,
    threads: 1,
  };
}

async function scoresOf(options: TrainOptions): Promise<Float32Array> {
  const fitted = await train(options);
  const scores = await fitted.predict(dataset.validation);
  await fitted.close();
  return scores;
}

const settings: readonly Assignment[] = [
  {},
  { 'recipe.embeddingL2': 0.05 },
  { 'recipe.embeddingL2': 0.05, 'recipe.l2Mode': 'dense-equivalent' },
  { 'recipe.embeddingL2': 0.05, 'recipe.l2Mode': 'dense-equivalent', 'recipe.embeddingOptimizer': 'adagrad' },
];

describe('a fit for a fixed number of epochs', () => {
  it.each(settings)('ends with the weights of a validated one of the same length: %j', async (assignment) => {
    const options = optionsFor(assignment);
    const validated = await scoresOf(options);
    expect(await scoresOf({ ...options, fixedEpochs: EPOCHS })).toEqual(validated);
    expect(await scoresOf({ ...options, fixedEpochs: EPOCHS - 1 })).not.toEqual(validated);
  });

  it('writes these weights into its artefact', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'refit-'));
    const options = optionsFor(settings[2]);
    const fitted = await train({ ...options, fixedEpochs: EPOCHS });
    await fitted.saveArtefact(join(folder, 'refit'), { metrics: {}, lineage: {} });
    await fitted.close();
    const loaded = await loadArtefact(join(folder, 'refit'), { threads: 1 });
    if (loaded.task === 'next-item') throw new Error('wrong task');
    const scores = await loaded.predict(dataset.validation);
    (await scoresOf(options)).forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 5));
    await loaded.close();
    rmSync(folder, { recursive: true });
  });
});

describe('settle', () => {
  it('leaves the tables as they are after the last step, rows at rest included', async () => {
    const { definition, hyperParameters, recipe } = optionsFor(settings[2]);
    if (definition.task !== 'ctr') throw new Error('wrong task');
    const learningRates = new LearningRates();
    const engine = await CtrEngine.open({
      definition,
      hyperParameters,
      recipe,
      dataset,
      fields: undefined,
      seed: 8,
      threads: 1,
      schedule: 'overlapped',
      learningRates,
    });
    for (let step = 1; step <= 9; step += 1) {
      learningRates.record(step, 0.05);
      await engine.step(step, { dense: 0.001, embedding: 0.05 }, 9);
    }
    engine.settle();
    const settled = engine.model.tables.tables.map((table) => table.weights());
    await engine.evaluate(); // scoring needs the tables as they stand
    expect(engine.model.tables.tables.map((table) => table.weights())).toEqual(settled);
    await engine.close();
  });
});
