// Times the training steps of one case through the public `train`.
import { cost } from '../../dist/graph/index.js';
import { clock } from '../../dist/platform/index.js';
import { resolveRecipe, train } from '../../dist/training/index.js';
import { buildCtrModel } from '../../dist/training/engines/ctr-model.js';
import { buildNextItemModel } from '../../dist/training/engines/next-item-model.js';
import { SEQUENCES } from './cases.mjs';

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
 * Median step time over intervals of steps; the first interval warms up and is left out.
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
    onProgress: () => marks.push(clock.monotonicMs()),
  });
  const { timings, parameterCount } = fitted;
  await fitted.close();
  const times = marks.slice(1).map((mark, i) => (mark - marks[i]) / steps);
  times.sort((a, b) => a - b);
  const stepMs = times[Math.floor(times.length / 2)];
  return {
    id: trial.id,
    title: trial.title,
    batch: trial.batch,
    parameters: parameterCount,
    stepMs,
    samplesPerSecond: (1000 * trial.batch) / stepMs,
    prepareMs: timings.prepareMs / total,
    computeMs: timings.computeMs / total,
    updateMs: timings.updateMs / total,
    gflops: stepFlops(trial, recipe, dataset) / stepMs / 1e6,
  };
}
