import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isAutoModelError } from '../../src/platform/index.js';
import type { Assignment } from '../../src/schema/index.js';
import { resolveRecipe, train, type TrainOptions } from '../../src/training/index.js';
import { cyclicDataset, tinyCtrDataset } from './support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from './support/tiny-models.js';

const folder = mkdtempSync(join(tmpdir(), 'exactness-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ctrData = tinyCtrDataset({ rows: 520, validationRows: 120, blockRows: 200 });
const cycle = cyclicDataset({ users: 50 });

function ctrOptions(assignment: Assignment = {}): TrainOptions {
  return {
    definition: tinyCtrModel,
    hyperParameters: { dropout: 0.2 },
    recipe: resolveRecipe('ctr', {
      'recipe.batchSize': 50,
      'recipe.learningRate': 0.01,
      'recipe.embeddingLearningRate': 0.05,
      'recipe.maxEpochs': 4,
      'recipe.evaluationsPerEpoch': 2,
      'recipe.patience': 9,
      ...assignment,
    }),
    dataset: ctrData,
    seed: 11,
    threads: 1,
  };
}

function nextItemOptions(assignment: Assignment = {}): TrainOptions {
  return {
    definition: tinyNextItemModel,
    hyperParameters: { dropout: 0.2 },
    recipe: resolveRecipe('next-item', {
      'recipe.batchSize': 12,
      'recipe.maxEpochs': 4,
      'recipe.maxLength': 5,
      ...assignment,
    }),
    dataset: cycle,
    seed: 11,
    threads: 1,
  };
}

/** Everything that a run computed: its history and the scores of its best weights. */
async function outcome(options: TrainOptions) {
  const fitted = await train(options);
  const scores =
    options.dataset.task === 'next-item'
      ? (await fitted.rankCases(cycle.validation, 5)).scores
      : await fitted.predict(ctrData.validation);
  const { history, observables, bestMetric, samples } = fitted;
  await fitted.close();
  return { history, observables, bestMetric, samples, scores };
}

/** Aborts before step `abortAtStep` + 1, then resumes from the checkpoint in a second call. */
async function interrupted(options: TrainOptions, name: string, abortAtStep: number) {
  const checkpoint = { path: join(folder, name), everySteps: 3 };
  const controller = new AbortController();
  let looks = 0;
  // The loop looks at the signal once before every step.
  const signal = new Proxy(controller.signal, {
    get: (target, property) =>
      property === 'aborted' ? (looks += 1) > abortAtStep : Reflect.get(target, property),
  });
  const stopped = await train({ ...options, checkpoint, signal }).catch((error: unknown) => error);
  expect(isAutoModelError(stopped) && stopped.code).toBe('INTERRUPTED');
  return outcome({ ...options, checkpoint, resume: true });
}

const optimizers: readonly Assignment[] = [
  { 'recipe.embeddingOptimizer': 'lazy-adam' },
  { 'recipe.embeddingOptimizer': 'adagrad', 'recipe.embeddingL2': 1e-3 },
  {
    'recipe.embeddingOptimizer': 'rowwise-adagrad',
    'recipe.embeddingL2': 1e-3,
    'recipe.l2Mode': 'dense-equivalent',
  },
  {
    'recipe.embeddingOptimizer': 'lazy-adam',
    'recipe.embeddingL2': 1e-3,
    'recipe.l2Mode': 'dense-equivalent',
  },
];

describe('the same options', () => {
  it('give the same bits, another seed others', async () => {
    const first = await outcome(ctrOptions());
    expect(await outcome(ctrOptions())).toEqual(first);
    const other = await outcome({ ...ctrOptions(), seed: 12 });
    expect(other.scores).not.toEqual(first.scores);
  });

  it('give the same bits with several threads', async () => {
    const first = await outcome({ ...ctrOptions(), threads: 2 });
    expect(await outcome({ ...ctrOptions(), threads: 2 })).toEqual(first);
  });

  it.each(optimizers)('give the same bits overlapped and serial: %j', async (assignment) => {
    const overlapped = await outcome({ ...ctrOptions(assignment), schedule: 'overlapped' });
    expect(await outcome({ ...ctrOptions(assignment), schedule: 'serial' })).toEqual(overlapped);
  });

  it('give the same bits overlapped and serial for sequences', async () => {
    const overlapped = await outcome({ ...nextItemOptions(), schedule: 'overlapped' });
    expect(await outcome({ ...nextItemOptions(), schedule: 'serial' })).toEqual(overlapped);
  });
});

describe('resuming', () => {
  // 11 steps an epoch: 4 and 17 lie inside one, with batch norm, dropout and moments in full swing.
  it.each([
    [4, optimizers[0]],
    [17, optimizers[3]],
    [26, optimizers[1]],
  ])('at step %i equals the uninterrupted run: %j', async (step, assignment) => {
    const options = ctrOptions(assignment);
    expect(await interrupted(options, `ctr-${step}`, step)).toEqual(await outcome(options));
  });

  it('equals the uninterrupted run for sequences and sampled losses', async () => {
    for (const loss of ['softmax', 'sampled-softmax', 'bpr']) {
      const options = nextItemOptions({ 'recipe.loss': loss, 'recipe.negatives': 8 });
      expect(await interrupted(options, `next-${loss}`, 7)).toEqual(await outcome(options));
    }
  });

  it('refuses the checkpoint of another training', async () => {
    const options = ctrOptions();
    await interrupted(options, 'mine', 4);
    const checkpoint = { path: join(folder, 'mine'), everySteps: 3 };
    await expect(train({ ...options, seed: 99, checkpoint, resume: true })).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
    });
  });

  it('without `resume` starts afresh', async () => {
    const options = ctrOptions();
    const checkpoint = { path: join(folder, 'ctr-4'), everySteps: 3 };
    const fresh = await outcome({ ...options, checkpoint });
    expect(fresh.history[0].step).toBe(6);
  });
});

describe('climbing the rungs', () => {
  const rungs = [1 / 9, 1 / 3, 1];

  /** Every rung goes on from the checkpoint of the one below. */
  async function climbed(options: TrainOptions, name: string) {
    const path = join(folder, name);
    const outcomes = [];
    for (const fidelity of rungs) {
      const resume = existsSync(path);
      outcomes.push(await outcome({ ...options, fidelity, checkpoint: { path }, resume }));
    }
    return outcomes;
  }

  it.each(optimizers)('equals training each rung from the start: %j', async (assignment) => {
    const options = ctrOptions({ 'recipe.maxEpochs': 5, ...assignment });
    const steps = await climbed(options, `rungs-${JSON.stringify(assignment)}`);
    for (const [i, fidelity] of rungs.entries())
      expect(steps[i]).toEqual(await outcome({ ...options, fidelity }));
    expect(steps.map(({ history }) => history.length)).toEqual([1, 3, 10]);
  });

  it('equals it for sequences and when a lower rung stopped early', async () => {
    const options = nextItemOptions({ 'recipe.maxEpochs': 9, 'recipe.patience': 2 });
    const steps = await climbed(options, 'rungs-next');
    for (const [i, fidelity] of rungs.entries())
      expect(steps[i]).toEqual(await outcome({ ...options, fidelity }));
  });
});
