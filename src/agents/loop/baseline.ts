import type { Assignment } from '../../schema/index.js';
import { defaults, sample } from '../../space/index.js';
import { Rng } from '../../platform/index.js';
import { modelById } from '../../models/index.js';
import { orientedValue } from '../evaluation/scoring.js';
import { spaceOf } from '../../models/index.js';
import type { Candidate } from '../trial/candidate-space.js';
import { requestFor, type RunContext } from './run-context.js';
import { harnessSeed } from './run-settings.js';

/** The known ancestor that everything has to beat, per task. */
export const baselineModel = { ctr: 'lr', rating: 'lr', 'next-item': 'neighbourhood' } as const;
/** A deep model whose seed noise stands for the searched families in calibration. */
export const noisyModel = { ctr: 'dnn', rating: 'dnn', 'next-item': 'sasrec' } as const;
/** Floors that every table carries (3-evidence rule 5). */
export const floorModels = {
  ctr: ['popularity', 'rates', 'lr'],
  rating: ['popularity', 'rates', 'lr'],
  'next-item': ['popularity', 'skip-markov', 'neighbourhood'],
} as const;

/** Tuned on the search share before anything is compared: beating an untuned baseline is no news. */
const l2Ladder = [0, 1e-6, 1e-5, 1e-4, 1e-3] as const;
const optimizers = [
  { 'recipe.embeddingOptimizer': 'adagrad', 'recipe.embeddingLearningRate': 0.05 },
  { 'recipe.embeddingOptimizer': 'lazy-adam', 'recipe.embeddingLearningRate': 0.01 },
] as const;
const sampledNeighbourhoods = 11;

/** The configurations among which the baseline is tuned; the same for every run of a task. */
export function baselineLadder(task: RunContext['settings']['task'], seed: number): readonly Candidate[] {
  const model = baselineModel[task];
  const space = spaceOf(modelById(model, task));
  const own = defaults(space);
  if (task === 'next-item') {
    const rng = new Rng(['baseline-ladder', seed]);
    const drawn = Array.from({ length: sampledNeighbourhoods }, () => sample(space, rng));
    return [own, ...drawn].map((assignment) => ({ model, assignment: { ...assignment } }));
  }
  return optimizers.flatMap((optimizer) =>
    l2Ladder.map((l2) => ({
      model,
      assignment: {
        ...own,
        'recipe.learningRate': 0.01,
        ...optimizer,
        'recipe.embeddingL2': l2,
      } satisfies Assignment,
    })),
  );
}

/** Runs the ladder and keeps its best on the search share. */
export async function tuneBaseline(context: RunContext): Promise<Candidate> {
  const ladder = baselineLadder(context.settings.task, context.settings.seed);
  const seed = harnessSeed(context.settings.seed, 'screen', 0);
  let done = 0;
  const values = await Promise.all(
    ladder.map(async (candidate) => {
      const outcome = await context.runner.run(
        requestFor(context, candidate, { seed, validationShare: 'search' }),
      );
      done += 1;
      context.io.onProgress({ kind: 'phase', name: 'Tune the baseline', done, total: ladder.length });
      return outcome.kind === 'scored'
        ? orientedValue(context.metric, outcome.validation[context.metric])
        : -Infinity;
    }),
  );
  const best = values.indexOf(Math.max(...values));
  await context.log.record('baseline-tuned', { ...ladder[best], tried: ladder.length, value: values[best] });
  return ladder[best];
}
