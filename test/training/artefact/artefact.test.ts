import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadArtefact, resolveRecipe, train, type FittedModel } from '../../../src/training/index.js';
import { cyclicDataset, tinyCtrDataset } from '../support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from '../support/tiny-models.js';

const folder = mkdtempSync(join(tmpdir(), 'artefact-'));
const dataset = tinyCtrDataset({ rows: 400, validationRows: 150 });
const cycle = cyclicDataset();
const extra = {
  metrics: { validation: { auc: 0.7 } },
  lineage: { trial: 'x' },
  files: { 'features.sql': 'select 1' },
};
let fitted: FittedModel;
let ranking: FittedModel;

beforeAll(async () => {
  fitted = await train({
    definition: tinyCtrModel,
    hyperParameters: { dim: 8 },
    recipe: resolveRecipe('ctr', {
      'recipe.batchSize': 64,
      'recipe.maxEpochs': 2,
      'recipe.embeddingL2': 1e-4,
      'recipe.l2Mode': 'dense-equivalent',
    }),
    dataset,
    seed: 5,
    threads: 1,
  });
  await fitted.saveArtefact(join(folder, 'click'), extra);
  ranking = await train({
    definition: tinyNextItemModel,
    hyperParameters: {},
    recipe: resolveRecipe('next-item', { 'recipe.maxEpochs': 3, 'recipe.maxLength': 5 }),
    dataset: cycle,
    seed: 5,
    threads: 1,
  });
  await ranking.saveArtefact(join(folder, 'next'), extra);
});

afterAll(async () => {
  await fitted.close();
  await ranking.close();
});

function copyOf(name: string, copy: string): string {
  const target = join(folder, copy);
  cpSync(join(folder, name), target, { recursive: true });
  return target;
}

/** Flips one bit and makes the manifest agree, so that only the golden rows can notice. */
function corrupt(dir: string, file: string, at: number, alsoManifest: boolean): void {
  const path = join(dir, file);
  const content = readFileSync(path);
  content[at] ^= 0x40;
  writeFileSync(path, content);
  if (!alsoManifest) return;
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
  manifest[file] = createHash('sha256').update(content).digest('hex');
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
}

describe('an artefact', () => {
  it('holds what the design lists', () => {
    const files = readdirSync(join(folder, 'click'));
    for (const name of [
      'model.onnx',
      'tables',
      'features.sql',
      'contract.json',
      'metrics.json',
      'lineage.json',
      'golden',
      'model.json',
      'manifest.json',
    ]) {
      expect(files).toContain(name);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('scores clicks as the model that made it', async () => {
    const loaded = await loadArtefact(join(folder, 'click'), { threads: 1 });
    if (loaded.task === 'next-item') throw new Error('wrong task');
    const expected = await fitted.predict(dataset.validation);
    const scores = await loaded.predict(dataset.validation);
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i], 5));
    await loaded.close();
  });

  it('ranks items as the model that made it', async () => {
    const loaded = await loadArtefact(join(folder, 'next'), { threads: 1 });
    if (loaded.task !== 'next-item') throw new Error('wrong task');
    expect(await loaded.rankTargets(cycle, cycle.validation)).toEqual(
      await ranking.rankTargets(cycle.validation),
    );
    const lists = await loaded.rankCases(cycle, cycle.validation, 4);
    expect(lists.items).toEqual((await ranking.rankCases(cycle.validation, 4)).items);
    await loaded.close();
  });

  it('is refused when a table changed, even with a matching manifest', async () => {
    const bytes = readFileSync(join(folder, 'click', 'tables', '0.npy')).length;
    const flagrant = copyOf('click', 'flagrant');
    corrupt(flagrant, 'tables/0.npy', bytes - 5, false);
    await expect(loadArtefact(flagrant, { threads: 1 })).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    const cunning = copyOf('click', 'cunning');
    for (let at = 130; at < bytes; at += 4) corrupt(cunning, 'tables/0.npy', at, true);
    await expect(loadArtefact(cunning, { threads: 1 })).rejects.toMatchObject({
      code: 'ARTEFACT_CORRUPT',
      message: expect.stringContaining('golden score'),
    });
  });

  it.each(['model.onnx', 'model.json', 'golden/expected.npy'])('is refused when %s changed', async (file) => {
    for (const name of ['click', 'next']) {
      const copy = copyOf(name, `${name}-${file.replace('/', '-')}`);
      corrupt(copy, file, Math.floor(readFileSync(join(copy, file)).length / 2), false);
      await expect(loadArtefact(copy, { threads: 1 })).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    }
  });

  it('is not found where there is none', async () => {
    await expect(loadArtefact(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('does not overwrite a folder and takes no name that leads out of it', async () => {
    await expect(fitted.saveArtefact(join(folder, 'click'), extra)).rejects.toMatchObject({ code: 'USAGE' });
    for (const name of ['../evil', '/evil', 'a/../../evil', '']) {
      const outside = { ...extra, files: { [name]: 'x' } };
      await expect(fitted.saveArtefact(join(folder, 'other'), outside)).rejects.toMatchObject({
        code: 'USAGE',
      });
    }
    expect(readdirSync(folder)).not.toContain('other');
  });
});
