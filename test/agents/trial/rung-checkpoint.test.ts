import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { trainOnwards } from '../../../src/agents/trial/rung-checkpoint.js';
import { trialRequest, type TrialPlace } from '../../../src/agents/trial/trial-request.js';
import { resolveRecipe, type TrainOptions } from '../../../src/training/index.js';
import { tinyCtrDataset } from '../../training/support/tiny-data.js';
import { tinyCtrModel } from '../../training/support/tiny-models.js';

const folder = mkdtempSync(join(tmpdir(), 'rungs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const dataset = tinyCtrDataset({ rows: 300, validationRows: 80, blockRows: 200 });

function placeNamed(name: string): TrialPlace {
  const dir = join(folder, name);
  return { contractHash: 'c', datasetDir: dir, predictionsDir: dir, checkpointsDir: dir, threads: 1 };
}

const wish = { model: 'dnn', assignment: {}, seed: 5, validationShare: 'search' as const };

function options(fidelity: number): TrainOptions {
  return {
    definition: tinyCtrModel,
    hyperParameters: { dropout: 0.2 },
    recipe: resolveRecipe('ctr', {
      'recipe.batchSize': 50,
      'recipe.maxEpochs': 4,
      'recipe.evaluationsPerEpoch': 1,
      'recipe.patience': 9,
    }),
    dataset,
    seed: 5,
    threads: 1,
    fidelity,
  };
}

/** One rung of a trial: what it computed and how many steps it had to make for that. */
async function rung(place: TrialPlace, fidelity: number) {
  const request = trialRequest(place, { ...wish, fidelity });
  let reports = 0;
  const fitted = await trainOnwards(request, { ...options(fidelity), onProgress: () => (reports += 1) });
  const scores = await fitted.predict(dataset.validation);
  await fitted.close();
  return { scores, history: fitted.history, reports, path: request.checkpointPath };
}

describe('a trial that climbs', () => {
  it('goes on from the rung below, to what training from the start gives', async () => {
    const place = placeNamed('climb');
    const low = await rung(place, 0.25);
    expect(existsSync(low.path as string)).toBe(true);
    const high = await rung(place, 1);
    expect([low.reports, high.reports]).toEqual([1, 3]);
    const fresh = await rung(placeNamed('fresh'), 1);
    expect(fresh.reports).toBe(4);
    expect([high.scores, high.history]).toEqual([fresh.scores, fresh.history]);
  });

  it('leaves nothing behind at the top', async () => {
    const place = placeNamed('top');
    const { path } = await rung(place, 0.5);
    await rung(place, 1);
    expect(existsSync(path as string)).toBe(false);
  });

  it('trains from the start when its checkpoint is damaged, to the same result', async () => {
    const place = placeNamed('damaged');
    const { path } = await rung(place, 0.25);
    const bytes = readFileSync(path as string);
    bytes[bytes.length - 40] ^= 1;
    writeFileSync(path as string, bytes);
    const high = await rung(place, 1);
    expect(high.reports).toBe(4);
    expect(high.scores).toEqual((await rung(placeNamed('undamaged'), 1)).scores);
  });

  it('starts anew when its checkpoint is of another training', async () => {
    const place = placeNamed('foreign');
    const { path } = await rung(place, 0.25);
    const request = trialRequest(place, { ...wish, fidelity: 1 });
    const other = { ...options(1), hyperParameters: { dropout: 0.4 } };
    const fitted = await trainOnwards(request, other);
    await fitted.close();
    expect(fitted.history).toHaveLength(4);
    expect(existsSync(path as string)).toBe(false);
  });
});

describe('checkpoint paths', () => {
  const place = placeNamed('paths');
  const pathOf = (more: object) => trialRequest(place, { ...wish, ...more }).checkpointPath;

  it('are shared by the rungs of a trial and by nothing else', () => {
    expect(pathOf({ fidelity: 1 / 9 })).toBe(pathOf({ fidelity: 1 }));
    const others = [{ seed: 6 }, { model: 'fm' }, { assignment: { dropout: 0.1 } }, { nullSeed: 3 }];
    const paths = [{}, ...others, { validationShare: 'all' }].map(pathOf);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('do not change what a trial is', () => {
    const elsewhere = { ...place, predictionsDir: '/p', checkpointsDir: '/c' };
    expect(trialRequest(elsewhere, wish).checkpointPath).not.toBe(trialRequest(place, wish).checkpointPath);
    expect(trialRequest(elsewhere, wish).key).toBe(trialRequest(place, wish).key);
  });
});

describe('a training that was interrupted', () => {
  it('goes on where it stopped, to the result of one that was not', async () => {
    const place = placeNamed('interrupted');
    const request = trialRequest(place, wish);
    const controller = new AbortController();
    let looks = 0;
    // The loop looks at the signal once before every step; an epoch has six.
    const signal = new Proxy(controller.signal, {
      get: (target, property) => (property === 'aborted' ? (looks += 1) > 15 : Reflect.get(target, property)),
    });
    await expect(trainOnwards(request, { ...options(1), signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(existsSync(request.checkpointPath as string)).toBe(true);
    const resumed = await rung(place, 1);
    const whole = await rung(placeNamed('whole'), 1);
    expect([resumed.reports, whole.reports]).toEqual([2, 4]);
    expect([resumed.scores, resumed.history]).toEqual([whole.scores, whole.history]);
    expect(existsSync(request.checkpointPath as string)).toBe(false);
  });
});
