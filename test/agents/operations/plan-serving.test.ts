import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { parseComposition } from '../../../src/pipeline/index.js';
import { exitCodeOf } from '../../../src/platform/index.js';
import { PlanServingResult, type PlanServingOptions } from '../../../src/schema/index.js';
import { listeningIo, removeFolder, temporaryFolder, tinyProject } from '../tiny-project.js';

const folder = temporaryFolder();
let projectDir: string;

beforeAll(async () => {
  projectDir = await tinyProject(folder);
  await operations.train(
    {
      projectDir,
      model: 'dnn',
      seeds: 1,
      seed: 1,
      hyperParameters: { 'recipe.maxEpochs': 1 },
      tune: 0,
      test: false,
    },
    listeningIo().io,
  );
}, 60_000);

afterAll(() => removeFolder(folder));

const planned = (over: Partial<PlanServingOptions>) =>
  operations.planServing(
    {
      projectDir,
      artefact: undefined,
      pipeline: undefined,
      limits: { rate: 10, valueMargin: 0.5 },
      requests: 12,
      loadSeconds: 0.4,
      ...over,
    },
    listeningIo().io,
  );

const read = (name: string): unknown => JSON.parse(readFileSync(join(projectDir, name), 'utf8'));
const leftovers = (): string[] =>
  readdirSync(join(projectDir, '.automodel', 'cache')).filter((name) => name.startsWith('plan-serving'));

describe('planServing', () => {
  it('refuses a composition that ranks nothing', async () => {
    const path = join(folder, 'unranked.json');
    const recall = [{ channel: 'popular', quota: 0 }];
    writeFileSync(path, JSON.stringify({ schemaVersion: 1, recall, candidates: 9, rank: false }));
    await expect(planned({ pipeline: path })).rejects.toMatchObject({ code: 'USAGE' });
    expect(leftovers()).toEqual([]);
  }, 60_000);

  it('measures plans, writes the one that it chose only when asked, and leaves nothing behind', async () => {
    const mine = '{"schemaVersion":1}';
    writeFileSync(join(projectDir, 'serving.json'), mine);
    const result = await planned({ apply: true });
    expect(readFileSync(join(projectDir, 'serving.json.bak'), 'utf8')).toBe(mine);
    expect(PlanServingResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    const { chosen, reference, kernels } = result;
    expect(chosen.breaks).toEqual([]);
    expect(chosen.costPerThousand).toBeLessThanOrEqual(reference.costPerThousand);
    expect(reference.plan).toMatchObject({ precision: 'float32', tables: 'float32', modelThreads: 1 });
    expect(kernels.some(({ precision }) => precision === 'int8')).toBe(true);
    expect(kernels.every(({ flopsPerSecond }) => flopsPerSecond === null || flopsPerSecond > 0)).toBe(true);
    const { candidates, modelThreads: threads, modelInstances: instances, ...rest } = chosen.plan;
    expect(parseComposition(read('pipeline.json')).candidates).toBe(candidates);
    expect(read('serving.json')).toEqual({
      schemaVersion: 1,
      resources: { threads, instances, ...rest },
    });
    expect(leftovers()).toEqual([]);
    // What was written is what is served.
    const service = await operations.serve(
      {
        projectDir,
        artefact: undefined,
        pipeline: undefined,
        modelThreads: undefined,
        modelInstances: undefined,
        snapshotEvents: undefined,
      },
      listeningIo().io,
    );
    const [answer] = await service.recommend([
      { user: 'somebody', limit: 5, context: {}, exclude: [], explain: false },
    ]);
    expect(answer.items).toHaveLength(5);
    await service.close();
  }, 120_000);

  it('writes a record that can be started, where there is something to try, and not beside the plan itself', async () => {
    const file = join(folder, 'cheaper.json');
    await expect(planned({ apply: true, experiment: file })).rejects.toMatchObject({ code: 'USAGE' });
    expect(existsSync(file)).toBe(false);
    const result = await planned({ experiment: file });
    expect(existsSync(file)).toBe(result.experiment !== null);
    if (result.experiment !== null) {
      const { experiment } = await operations.startExperiment(
        { projectDir, file, members: {} },
        listeningIo().io,
      );
      expect(experiment).toMatchObject({
        id: result.experiment,
        parameters: ['model', 'pipeline', 'resources'],
      });
      await operations.stopExperiment(
        { projectDir, id: experiment.id, outcome: 'killed', reason: 'tried' },
        listeningIo().io,
      );
    }
  }, 120_000);

  it('names the limit that no plan keeps, with exit code 4, and changes nothing', async () => {
    const before = read('serving.json');
    const failure = await planned({ limits: { rate: 10, p99Ms: 0.001 }, apply: true }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/breaks p99 \(/),
    });
    expect(exitCodeOf(failure)).toBe(4);
    expect(read('serving.json')).toEqual(before);
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(projectDir, '.automodel', 'serving'))).toBe(true);
  }, 60_000);
});
