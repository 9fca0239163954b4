// Times the training steps of one case through the public `train`.
import { cost } from '../../dist/graph/index.js';
import { clock } from '../../dist/platform/index.js';
import { resolveRecipe, train } from '../../dist/training/index.js';
import { buildCtrModel } from '../../dist/training/engines/ctr-model.js';
import { buildNextItemModel } from '../../dist/training/engines/next-item-model.js';
import { SEQUENCES } from './cases.mjs';
import { medianPerStep } from './median-per-step.mjs';

/** Floating-point operations of one step: forward, backward and update. */
function stepFlops(trial, recipe, dataset) {
  const common = {
    definition: trial.definition,
    hyperParameters: trial.hyperParameters,
    recipe,
    dataset,
    seed: 1,
  };
  if (dataset.task === 'next-item') {
    const { step } = buildNextItemModel(common, false);
    const P = trial.batch * (SEQUENCES.eventsPerUser - 1);
    return cost(step.graph, step.graph.outputs, { sizes: { B: trial.batch, P } }).flopsPerSample;
  }
  const { step } = buildCtrModel({ ...common, fields: undefined });
  return cost(step.graph, step.graph.outputs, { sizes: { B: trial.batch } }).flopsPerSample;
}

/**
 * Median times over intervals of steps, of the step as of its parts; the first interval warms up and is left out.
 * @param {{ steps: number, intervals: number, threads: number, schedule?: 'overlapped' | 'serial', recipe?: object }} options
 */
export async function measure(
  trial,
  { steps, intervals, threads, schedule = 'overlapped', recipe: extra = {} },
) {
  const total = steps * intervals;
  const dataset = trial.data(total);
  const rows = dataset.task === 'next-item' ? dataset.userCount : dataset.train.rows;
  const stepsPerEpoch = Math.ceil(rows / trial.batch);
  const recipe = resolveRecipe(dataset.task, {
    ...trial.recipe,
    ...extra,
    'recipe.evaluationsPerEpoch': stepsPerEpoch / steps,
  });
  const marks = [];
  const fitted = await train({
    definition: trial.definition,
    hyperParameters: trial.hyperParameters,
    recipe,
    dataset,
    seed: 1,
    threads,
    schedule,
    fixedEpochs: total / stepsPerEpoch,
    onProgress: ({ timings }) => marks.push({ atMs: clock.monotonicMs(), ...timings }),
  });
  const { parameterCount } = fitted;
  await fitted.close();
  const medianOf = (part) => medianPerStep(marks, part, steps);
  const stepMs = medianOf('atMs');
  return {
    id: trial.id,
    title: trial.title,
    batch: trial.batch,
    parameters: parameterCount,
    stepMs,
    samplesPerSecond: (1000 * trial.batch) / stepMs,
    prepareMs: medianOf('prepareMs'),
    computeMs: medianOf('computeMs'),
    updateMs: medianOf('updateMs'),
    gflops: stepFlops(trial, recipe, dataset) / stepMs / 1e6,
  };
}
