import { loadModel } from '../../models/index.js';
import { AutoModelError } from '../../platform/index.js';
import { primaryMetric, type CtrDataset, type PlanQuality } from '../../schema/index.js';
import { studentQuantile } from '../../stats/index.js';
import { pairedOn } from '../evaluation/paired.js';
import { scoreboardOf } from '../evaluation/scoring.js';
import type { Format } from './plan-serving.js';
import { validationTruth } from '../trial/validation-truth.js';

/** One-sided. */
const CONFIDENCE = 0.95;

/**
 * What a format costs on the validation users: the primary metric of the same model kept so, minus that in float32, on the same rows.
 * Rounding has no seeds, so users are all that the bound is over. Rows that the model was refitted on count like others: what is
 * compared is two ways to compute one model, not two models. The whole graph is run, 2,048 rows at once; a server
 * runs the cut graph on the candidates of one request, which errs less (docs/decisions/0107), so the loss is overstated if anything.
 * @param margin loss that is allowed
 * @throws USAGE for an artefact that is not a click or rating model
 */
export async function formatQuality(
  artefact: string,
  format: Format,
  dataset: CtrDataset,
  margin: number,
): Promise<PlanQuality> {
  const truth = validationTruth(dataset, 'all');
  const metric = primaryMetric[dataset.task];
  const boards = [];
  for (const one of [format, { precision: 'float32', tables: 'float32' } as const]) {
    const model = await loadModel(artefact, one);
    try {
      if (model.task === 'next-item')
        throw new AutoModelError('USAGE', 'Serving plans are for click and rating models', {
          details: { artefact, task: model.task },
        });
      boards.push(scoreboardOf(truth, await model.predict(dataset.validation), [metric]));
    } finally {
      await model.close();
    }
  }
  const { difference, userSe, userDf } = pairedOn(metric, [boards[0]], [boards[1]]);
  return {
    metric,
    difference,
    lower: difference - studentQuantile(CONFIDENCE, userDf) * userSe,
    users: new Set(truth.users).size,
    margin,
  };
}
