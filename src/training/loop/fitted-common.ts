import { AutoModelError } from '../../platform/index.js';
import type { TrainingEngine } from '../engines/training-engine.js';
import type { FittedModel } from './fitted-model.js';
import type { LoopResult } from './training-loop.js';
import type { TrainOptions } from './train-options.js';

export interface FittedParts {
  readonly options: TrainOptions;
  readonly result: LoopResult;
  readonly totalMs: number;
}

type Facts = Omit<FittedModel, 'predict' | 'rankCases' | 'rankTargets' | 'saveArtefact' | 'close'>;

/** What a fitted model says of itself, whatever its task. */
export function factsOf(engine: TrainingEngine, { options, result, totalMs }: FittedParts): Facts {
  const epochs = result.steps / engine.stepsPerEpoch;
  return {
    task: options.dataset.task,
    parameterCount: engine.parameterCount,
    flopsPerSample: engine.flopsPerSample,
    history: result.history,
    bestMetric: result.bestMetric,
    epochs,
    bestEpochs: result.bestStep / engine.stepsPerEpoch,
    samples: samplesOf(engine, options, result.steps),
    observables: result.observables,
    timings: { ...engine.timings, totalMs },
  };
}

/** The last batch of an epoch may be smaller. */
function samplesOf(engine: TrainingEngine, { recipe }: TrainOptions, steps: number): number {
  const whole = Math.floor(steps / engine.stepsPerEpoch);
  return whole * engine.samplesPerEpoch + (steps % engine.stepsPerEpoch) * recipe.batchSize;
}

export function wrongTask(method: string, task: string): AutoModelError {
  return new AutoModelError('USAGE', `${method} does not fit a model of task ${task}`);
}
