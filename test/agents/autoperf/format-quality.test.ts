import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '../../../src/agents/index.js';
import { formatQuality } from '../../../src/agents/autoperf/format-quality.js';
import { encodedProject, openProject } from '../../../src/agents/project/open-project.js';
import { openDataset } from '../../../src/data/index.js';
import type { CtrDataset } from '../../../src/schema/index.js';
import { listeningIo, removeFolder, temporaryFolder, tinyProject } from '../tiny-project.js';

const folder = temporaryFolder();
let artefact: string;
let dataset: CtrDataset;

beforeAll(async () => {
  const { io } = listeningIo();
  const projectDir = await tinyProject(folder);
  await operations.train(
    {
      projectDir,
      model: 'dnn',
      seeds: 1,
      seed: 1,
      workers: 1,
      hyperParameters: { 'recipe.maxEpochs': 2 },
      tune: 0,
      test: false,
    },
    io,
  );
  const project = openProject(projectDir);
  const artefacts = project.paths.artefacts;
  artefact = join(artefacts, readdirSync(artefacts)[0]);
  dataset = (await openDataset((await encodedProject(project, io)).dir)) as CtrDataset;
}, 60_000);

afterAll(() => removeFolder(folder));

describe('formatQuality', () => {
  it('finds no difference between a model and itself', async () => {
    const quality = await formatQuality(
      artefact,
      { precision: 'float32', tables: 'float32' },
      dataset,
      0.001,
    );
    expect(quality).toMatchObject({ metric: 'auc', difference: 0, lower: 0, margin: 0.001 });
    expect(quality.users).toBeGreaterThan(20);
  });

  it('bounds what int8 costs, with a bound below the difference', async () => {
    const { difference, lower } = await formatQuality(
      artefact,
      { precision: 'int8', tables: 'int8' },
      dataset,
      0.001,
    );
    expect(Math.abs(difference)).toBeGreaterThan(0);
    expect(Math.abs(difference)).toBeLessThan(0.01);
    expect(lower).toBeLessThan(difference);
    expect(lower).toBeGreaterThan(-0.02);
  });
});
