import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { loadArtefact, resolveRecipe, train } from '../../src/training/index.js';
import { tinyCtrDataset } from './support/tiny-data.js';
import { tinyCtrModel } from './support/tiny-models.js';

/** The disk has room for so many more writes. */
const disk = vi.hoisted(() => ({ writesLeft: Infinity }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const writeSync = (...values: Parameters<typeof fs.writeSync>): number => {
    disk.writesLeft -= 1;
    if (disk.writesLeft < 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return fs.writeSync(...values);
  };
  return { ...fs, default: fs, writeSync };
});

afterEach(() => {
  disk.writesLeft = Infinity;
});

it('saving an artefact on a full disk leaves nothing, wherever it fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'full-'));
  const dataset = tinyCtrDataset({ rows: 100, validationRows: 40 });
  const recipe = resolveRecipe('ctr', { 'recipe.maxEpochs': 1 });
  const fitted = await train({
    definition: tinyCtrModel,
    hyperParameters: {},
    recipe,
    dataset,
    seed: 1,
    threads: 1,
  });
  const extra = { metrics: {}, lineage: {}, files: { 'features.sql': 'select 1' } };
  disk.writesLeft = 1000;
  await fitted.saveArtefact(join(folder, 'whole'), extra);
  const needed = 1000 - disk.writesLeft;
  expect(needed).toBeGreaterThan(10);
  for (const room of [0, 1, 7, needed - 1]) {
    disk.writesLeft = room;
    await expect(fitted.saveArtefact(join(folder, 'partial'), extra)).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(readdirSync(folder)).toEqual(['whole']);
  }
  disk.writesLeft = Infinity;
  const loaded = await loadArtefact(join(folder, 'whole'), { threads: 1 });
  await loaded.close();
  await fitted.close();
});
