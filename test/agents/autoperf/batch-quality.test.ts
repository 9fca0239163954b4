import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchQuality, type PairedTrainings } from '../../../src/agents/autoperf/batch-quality.js';
import { RunJournal } from '../../../src/agents/loop/run-journal.js';
import { encodedProject, openProject, trialPlace } from '../../../src/agents/project/open-project.js';
import { openDataset } from '../../../src/data/index.js';
import { openJournal, type Journal } from '../../../src/journal/index.js';
import { listeningIo, removeFolder, temporaryFolder, tinyProject } from '../tiny-project.js';

const folder = temporaryFolder();
const heard = listeningIo();
const resources = { workers: 2, threads: 1, prefetch: 1 } as const;
let journal: Journal;
let trainings: PairedTrainings;

beforeAll(async () => {
  const project = openProject(await tinyProject(folder));
  const prepared = await encodedProject(project, heard.io);
  mkdirSync(project.paths.state, { recursive: true });
  journal = await openJournal({ path: project.paths.journal });
  const { memory } = await RunJournal.open(journal);
  trainings = {
    place: trialPlace(project, prepared, resources.workers),
    memory,
    dataset: openDataset(prepared.dir),
    model: 'lr',
    assignment: { 'recipe.maxEpochs': 3 },
    given: 32,
    seeds: [1, 2, 3],
    margin: 0.001,
    io: heard.io,
  };
}, 60_000);
afterAll(async () => {
  await journal.close();
  removeFolder(folder);
});

const trained = (): number => heard.events.filter(({ kind }) => kind === 'phase').length;

describe('batchQuality', () => {
  it('finds nothing between a batch size and itself', async () => {
    expect(await batchQuality(trainings, 32, resources)).toEqual({
      metric: 'auc',
      difference: 0,
      lower: 0,
      seeds: 3,
      margin: 0.001,
      rowsSeen: 1,
    });
  }, 120_000);

  it('sees that a batch of nearly all rows learns less in as many epochs, and counts the rows of both', async () => {
    const { difference, lower, rowsSeen } = await batchQuality(trainings, 2048, resources);
    expect(difference).toBeLessThan(-0.005);
    expect(lower).toBeLessThan(difference);
    expect(rowsSeen).toBeGreaterThan(0.3);
    expect(rowsSeen).toBeLessThanOrEqual(3);
    expect(trained()).toBeGreaterThan(0);
  }, 120_000);

  it('says which training failed, with its seed', async () => {
    const unknown = { ...trainings, assignment: { 'recipe.learningRate': -1 } };
    await expect(batchQuality(unknown, 64, resources)).rejects.toThrow(/lr, seed \d: .*learningRate/);
  }, 120_000);
});
