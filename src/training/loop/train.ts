import { AutoModelError, canonicalJson, clock, sha256 } from '../../platform/index.js';
import { CtrEngine } from '../engines/ctr-engine.js';
import { openEngine } from '../engines/open-engine.js';
import { LearningRates } from '../tables/learning-rates.js';
import { defaultEvaluate } from './default-evaluate.js';
import type { FittedModel } from './fitted-model.js';
import { fittedCtrModel } from './fitted-ctr-model.js';
import { fittedNextItemModel } from './fitted-next-item-model.js';
import { TrainingLoop } from './training-loop.js';
import type { TrainOptions } from './train-options.js';

/**
 * Fits a model: builds its graphs, trains them in a compute thread and returns the best weights found. The result is a
 * function of the options (bit for bit on one machine with one number of threads); see `TrainOptions` for defaults.
 *
 * @throws LOSS_NOT_FINITE, ID_OUT_OF_RANGE, BATCH_EMPTY, SPLIT_EMPTY, DISK_FULL, INTERRUPTED, PREDICTIONS_INVALID,
 *   LIMIT_EXCEEDED, CONFIG_INVALID, UNKNOWN_COLUMN, and the shape errors of the model. Nothing is left half-written.
 */
export async function train(options: TrainOptions): Promise<FittedModel> {
  const begun = clock.monotonicMs();
  check(options);
  const learningRates = new LearningRates();
  const validated = options.fixedEpochs === undefined;
  const engine = await openEngine(options, learningRates);
  try {
    const loop = new TrainingLoop(engine, {
      ...options,
      evaluate: validated ? (options.evaluate ?? defaultEvaluate(options.dataset)) : undefined,
      learningRates,
      key: keyOf(options),
    });
    const result = await loop.run();
    const common = { options, result, totalMs: clock.monotonicMs() - begun };
    return engine instanceof CtrEngine ? fittedCtrModel(engine, common) : fittedNextItemModel(engine, common);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function check({ fidelity = 1, fixedEpochs, dataset, checkpoint, seed }: TrainOptions): void {
  const everySteps = checkpoint?.everySteps;
  const wrong = !(fidelity > 0 && fidelity <= 1)
    ? `fidelity ${fidelity} is not in (0, 1]`
    : fixedEpochs !== undefined && !(fixedEpochs > 0)
      ? `fixedEpochs ${fixedEpochs} is not positive`
      : !Number.isInteger(seed)
        ? `seed ${seed} is not an integer`
        : everySteps !== undefined && !(Number.isInteger(everySteps) && everySteps > 0)
          ? `checkpoint.everySteps ${everySteps} is not a positive integer`
          : undefined;
  if (wrong !== undefined) throw new AutoModelError('USAGE', `train: ${wrong}`);
  const validationSize = dataset.task === 'next-item' ? dataset.validation.count : dataset.validation.rows;
  if (fixedEpochs === undefined && validationSize === 0) {
    throw new AutoModelError('SPLIT_EMPTY', 'The validation split is empty', {
      remedy: 'Choose another split, or train for fixedEpochs.',
    });
  }
}

/**
 * Everything that the state of a training depends on. Threads are left out, since a checkpoint may move, and so is the
 * fidelity, since a higher rung goes on from the checkpoint of a lower one.
 */
function keyOf(options: TrainOptions): string {
  const { definition, hyperParameters, recipe, dataset, seed, fields, fixedEpochs } = options;
  const { name, task } = definition;
  const { hash, rows } = dataset.contract;
  return sha256(
    canonicalJson({ name, task, hyperParameters, recipe, hash, rows, seed, fields, fixedEpochs }),
  );
}
