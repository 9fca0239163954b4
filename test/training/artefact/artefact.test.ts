import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadArtefact, type FittedModel } from '../../../src/training/index.js';
import {
  artefactExtra,
  clickData,
  cycleData,
  savedClickModel,
  savedNextItemModel,
} from '../support/tiny-artefacts.js';

const folder = mkdtempSync(join(tmpdir(), 'artefact-'));
let fitted: FittedModel;
let ranking: FittedModel;

beforeAll(async () => {
  fitted = await savedClickModel(folder);
  ranking = await savedNextItemModel(folder);
});

afterAll(async () => {
  await fitted.close();
  await ranking.close();
});

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
    const expected = await fitted.predict(clickData.validation);
    const scores = await loaded.predict(clickData.validation);
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i], 5));
    await loaded.close();
  });

  it('ranks items as the model that made it', async () => {
    const loaded = await loadArtefact(join(folder, 'next'), { threads: 1 });
    if (loaded.task !== 'next-item') throw new Error('wrong task');
    expect(await loaded.rankTargets(cycleData, cycleData.validation)).toEqual(
      await ranking.rankTargets(cycleData.validation),
    );
    const lists = await loaded.rankCases(cycleData, cycleData.validation, 4);
    expect(lists.items).toEqual((await ranking.rankCases(cycleData.validation, 4)).items);
    await loaded.close();
  });

  it('is not found where there is none', async () => {
    await expect(loadArtefact(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('does not overwrite a folder and takes no name that leads out of it', async () => {
    await expect(fitted.saveArtefact(join(folder, 'click'), artefactExtra)).rejects.toMatchObject({
      code: 'USAGE',
    });
    for (const name of ['../evil', '/evil', 'a/../../evil', '']) {
      const outside = { ...artefactExtra, files: { [name]: 'x' } };
      await expect(fitted.saveArtefact(join(folder, 'other'), outside)).rejects.toMatchObject({
        code: 'USAGE',
      });
    }
    expect(readdirSync(folder)).not.toContain('other');
  });
});
