import { AutoModelError, config } from '../../platform/index.js';
import type { TrainOptions } from '../loop/train-options.js';
import type { LearningRates } from '../tables/learning-rates.js';
import { CtrEngine } from './ctr-engine.js';
import { NextItemEngine } from './next-item-engine.js';

export type EngineOptions = Pick<
  TrainOptions,
  'definition' | 'hyperParameters' | 'recipe' | 'dataset' | 'fields' | 'seed' | 'threads' | 'schedule'
>;

/**
 * The engine that makes the steps of a model's task.
 * @param learningRates embedding rates so far, kept by whoever makes the steps
 * @throws USAGE for a model of another task than the dataset's
 */
export function openEngine(
  options: EngineOptions,
  learningRates: LearningRates,
): Promise<CtrEngine | NextItemEngine> {
  const { definition, dataset, hyperParameters, recipe, seed, fields } = options;
  const common = {
    hyperParameters,
    recipe,
    seed,
    threads: options.threads ?? config.threads,
    schedule: options.schedule ?? 'overlapped',
  };
  if (definition.task === 'next-item' && dataset.task === 'next-item') {
    return NextItemEngine.open({ ...common, definition, dataset });
  }
  if (definition.task === 'ctr' && dataset.task !== 'next-item') {
    return CtrEngine.open({ ...common, definition, dataset, fields, learningRates });
  }
  throw new AutoModelError(
    'USAGE',
    `Model ${definition.name} is for task ${definition.task}, the dataset for ${dataset.task}`,
    {
      remedy: 'Choose a model of the dataset’s task.',
    },
  );
}
