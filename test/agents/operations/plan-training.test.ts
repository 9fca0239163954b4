import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { otherBatchSizes, waysToShare } from '../../../src/agents/operations/plan-training.js';
import { exitCodeOf } from '../../../src/platform/index.js';
import { PlanTrainingResult, type PlanTrainingOptions } from '../../../src/schema/index.js';
import { listeningIo, removeFolder, temporaryFolder, tinyProject } from '../tiny-project.js';

const folder = temporaryFolder();
let projectDir: string;

beforeAll(async () => {
  projectDir = await tinyProject(folder);
}, 60_000);
afterAll(() => removeFolder(folder));

const heard = listeningIo();
const planned = (over: Partial<PlanTrainingOptions> = {}) =>
  operations.planTraining(
    {
      projectDir,
      model: 'lr',
      artefact: undefined,
      hyperParameters: { 'recipe.maxEpochs': 1 },
      limits: {},
      rounds: 1,
      windowSeconds: 0.01,
      ...over,
    },
    heard.io,
  );
const path = (): string => join(projectDir, 'training.json');

describe('planTraining', () => {
  it('refuses with exit code 4 and the name of the limit, and writes nothing', async () => {
    const before = '{"schemaVersion":1}';
    writeFileSync(path(), before);
    const failure = await planned({ limits: { memoryMb: 1 }, apply: true }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/breaks memory \(/),
    });
    expect(exitCodeOf(failure)).toBe(4);
    expect(readFileSync(path(), 'utf8')).toBe(before);
  }, 240_000);

  it('measures, tests larger batches with seeds, and writes what train then goes by', async () => {
    const mine = '{"schemaVersion":1,"batchSizes":{"din":64}}';
    writeFileSync(path(), mine);
    const result = await planned({ apply: true, batchSeeds: 2, limits: { metricMargin: 1 } });
    expect(PlanTrainingResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(readFileSync(`${path()}.bak`, 'utf8')).toBe(mine);
    const { alone, together, batch, kernels, measured, reference } = result;
    expect(reference.plan).toMatchObject({ workers: 1, prefetch: 1, batchSize: batch.given });
    expect(alone.plan.workers).toBe(1);
    expect(measured.length).toBeGreaterThan(kernels.length);
    for (const { batchSize, seeds, margin } of batch.trials)
      expect([batchSize > batch.given, seeds, margin]).toEqual([true, 2, 1]);
    const { batchSize, ...shared } = together.plan;
    const { threads, prefetch } = alone.plan;
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual({
      schemaVersion: 1,
      alone: { threads, prefetch },
      together: shared,
      batchSizes: { din: 64, ...(batchSize !== batch.given && { lr: batchSize }) },
    });
    writeFileSync(
      path(),
      JSON.stringify({ schemaVersion: 1, alone: { threads: 1, prefetch: 0 }, batchSizes: { lr: 96 } }),
    );
    const trained = await operations.train(
      {
        projectDir,
        model: 'lr',
        seeds: 1,
        seed: 1,
        hyperParameters: { 'recipe.maxEpochs': 1 },
        tune: 0,
        test: false,
      },
      heard.io,
    );
    expect(trained.hyperParameters['recipe.batchSize']).toBe(96);
  }, 240_000);

  it.each([
    [{ model: 'popularity' }, 'USAGE'],
    [{ model: 'lrr' }, 'UNKNOWN_MODEL'],
    [{ model: undefined }, 'USAGE'],
    [{ artefact: '3f2a' }, 'USAGE'],
    [{ hyperParameters: { 'recipe.batchSise': 4 } }, 'UNKNOWN_HYPERPARAMETER'],
  ])('refuses %j before anything is measured', async (over, code) => {
    await expect(planned(over)).rejects.toMatchObject({ code });
    expect(existsSync(path())).toBe(true);
  });
});

describe('waysToShare', () => {
  it('begins with one training on all threads, and never gives more threads than there are', () => {
    const two = waysToShare(2);
    expect(two).toEqual([
      { workers: 1, threads: 2, prefetch: 1 },
      { workers: 1, threads: 1, prefetch: 1 },
      { workers: 2, threads: 1, prefetch: 1 },
      { workers: 1, threads: 2, prefetch: 0 },
      { workers: 1, threads: 1, prefetch: 0 },
      { workers: 2, threads: 1, prefetch: 0 },
    ]);
    for (const threads of [1, 3, 6, 16]) {
      const ways = waysToShare(threads);
      expect(ways[0]).toEqual({ workers: 1, threads, prefetch: 1 });
      expect(ways.every((way) => way.workers * way.threads <= threads)).toBe(true);
      expect(new Set(ways.map((way) => JSON.stringify(way))).size).toBe(ways.length);
    }
  });
});

describe('otherBatchSizes', () => {
  it('has two sizes or more for a line, the larger ones within what is searched and what there is', () => {
    expect(otherBatchSizes(1024, 'ctr', 1e6)).toEqual([512, 2048, 4096]);
    expect(otherBatchSizes(4096, 'ctr', 1e6)).toEqual([2048, 1024]);
    expect(otherBatchSizes(128, 'ctr', 300)).toEqual([64, 32, 256]);
    expect(otherBatchSizes(256, 'next-item', 1e6)).toEqual([128, 64, 512]);
  });
});
