import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/index.js';
import type { CtrDataset, CtrSource } from '../../src/schema/index.js';
import { loadArtefact, resolveRecipe, train, type FittedModel } from '../../src/training/index.js';
import { sourceOf, tinyCtrDataset } from './support/tiny-data.js';
import { tinyCtrModel } from './support/tiny-models.js';

const example = join(packageRoot, 'examples', 'plain-onnxruntime.mjs');
const folder = mkdtempSync(join(tmpdir(), 'rating-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The tiny log with its labels changed, block by block. */
function relabelled(task: 'ctr' | 'rating', change: (label: number) => number): CtrDataset {
  const dataset = tinyCtrDataset({ rows: 256, validationRows: 100, blockRows: 120 });
  const changed = ({ name, blockCount, block }: CtrSource) =>
    sourceOf(
      name,
      Array.from({ length: blockCount }, (_, i) => ({ ...block(i), labels: block(i).labels!.map(change) })),
    );
  return { ...dataset, task, train: changed(dataset.train), validation: changed(dataset.validation) };
}

function labelsOf(source: CtrSource): number[] {
  return Array.from({ length: source.blockCount }, (_, i) => [...source.block(i).labels!]).flat();
}

/** Trains with a given step size; a tiny one leaves the model where it began. */
function fit(dataset: CtrDataset, rate: number): Promise<FittedModel> {
  const recipe = resolveRecipe(dataset.task, {
    'recipe.batchSize': 64,
    'recipe.maxEpochs': 2,
    'recipe.learningRate': rate,
    'recipe.embeddingLearningRate': rate,
  });
  const common = { hyperParameters: { dropout: 0 }, seed: 5, threads: 1, fixedEpochs: 2 };
  return train({ definition: tinyCtrModel, recipe, dataset, ...common });
}

async function scoresOf(dataset: CtrDataset, rate: number): Promise<Float32Array> {
  const fitted = await fit(dataset, rate);
  const scores = await fitted.predict(dataset.validation);
  await fitted.close();
  return scores;
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b) / values.length;
const rmse = (scores: Float32Array, labels: readonly number[]): number =>
  Math.sqrt(mean(labels.map((label, i) => (scores[i] - label) ** 2)));

describe('ratings', () => {
  it('start at the mean of the training labels, wherever that is', async () => {
    for (const shift of [0, 3, -70, 1000]) {
      const dataset = relabelled('rating', (label) => 2 * label + shift);
      const scores = await scoresOf(dataset, 1e-6);
      const labels = labelsOf(dataset.validation);
      const constant = labels.map(() => mean(labelsOf(dataset.train)));
      const spread = rmse(Float32Array.from(constant), labels);
      // An untrained network adds some noise of its own to the constant.
      expect(rmse(scores, labels)).toBeLessThan(1.3 * spread);
    }
  });

  it('are learned alike on any origin of the scale: shifted labels shift the predictions', async () => {
    const plain = await scoresOf(
      relabelled('rating', (label) => label),
      0.01,
    );
    const shifted = await scoresOf(
      relabelled('rating', (label) => label + 64),
      0.01,
    );
    // The mean of 256 labels has no rounding error on either scale, so both trainings see the same numbers.
    shifted.forEach((score, i) => expect(score - 64).toBeCloseTo(plain[i], 4));
    expect(Math.max(...plain) - Math.min(...plain)).toBeGreaterThan(0.1);
  });

  it('carry the mean in the artefact: plain ONNX Runtime gives the same scores', async () => {
    const dataset = relabelled('rating', (label) => 3 + label);
    const fitted = await fit(dataset, 0.01);
    const expected = await fitted.predict(dataset.validation);
    const dir = join(folder, 'artefact');
    await fitted.saveArtefact(dir, { metrics: {}, lineage: {} });
    await fitted.close();
    const loaded = await loadArtefact(dir, { threads: 1 });
    if (loaded.task !== 'rating') throw new Error('wrong task');
    const scores = await loaded.predict(dataset.validation);
    await loaded.close();
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i], 5));
    expect(mean(scores)).toBeGreaterThan(3);
    expect(mean(scores)).toBeLessThan(4);
    const told = execFileSync(process.execPath, [example, dir], {
      encoding: 'utf8',
    });
    expect(Number(/largest difference (\S+)/.exec(told)![1])).toBeLessThan(1e-5);
  });
});

describe('clicks', () => {
  it('start at log odds of zero, as before: labels are not moved', async () => {
    const rare = relabelled('ctr', (label) => label);
    const never = relabelled('ctr', () => 0);
    const [a, b] = [await scoresOf(rare, 1e-9), await scoresOf(never, 1e-9)];
    a.forEach((score, i) => expect(score).toBeCloseTo(b[i], 5));
  });
});
