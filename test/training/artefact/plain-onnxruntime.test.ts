import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../src/platform/index.js';
import { resolveRecipe, train } from '../../../src/training/index.js';
import { cyclicDataset, tinyCtrDataset } from '../support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from '../support/tiny-models.js';

const example = join(packageRoot, 'examples', 'plain-onnxruntime.mjs');

it('scores artefacts outside the package', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plain-'));
  const click = await train({
    definition: tinyCtrModel,
    hyperParameters: {},
    recipe: resolveRecipe('ctr', { 'recipe.maxEpochs': 1, 'recipe.batchSize': 64 }),
    dataset: tinyCtrDataset({ rows: 200, validationRows: 120 }),
    seed: 1,
    threads: 1,
  });
  const next = await train({
    definition: tinyNextItemModel,
    hyperParameters: {},
    recipe: resolveRecipe('next-item', { 'recipe.maxEpochs': 1, 'recipe.maxLength': 5 }),
    dataset: cyclicDataset(),
    seed: 1,
    threads: 1,
  });
  for (const [name, fitted] of Object.entries({ click, next })) {
    const dir = join(folder, name);
    await fitted.saveArtefact(dir, { metrics: {}, lineage: {} });
    await fitted.close();
    const printed = execFileSync(process.execPath, [example, dir], { encoding: 'utf8' });
    expect(Number(/largest difference (\S+)/.exec(printed)![1])).toBeLessThan(1e-5);
  }
});

it('imports nothing of the package', () => {
  const imports = [...readFileSync(example, 'utf8').matchAll(/from '([^']+)'/g)].map((found) => found[1]);
  expect(imports).toEqual(['node:fs', 'node:path', 'onnxruntime-node']);
});
