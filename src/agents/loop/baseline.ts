import type { Assignment, TrialOutcome } from '../../schema/index.js';
import { defaults, sample } from '../../space/index.js';
import { AutoModelError, isErrorCode, Rng } from '../../platform/index.js';
import { modelById } from '../../models/index.js';
import { orientedValue } from '../evaluation/scoring.js';
import { spaceOf } from '../../models/index.js';
import type { Candidate } from '../trial/candidate-space.js';
import { minuteShares } from './deadline.js';
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

interface Tried {
  /** turned so that larger is better; -Infinity for a fault */
  readonly value: number;
  readonly seconds: number;
  readonly fault?: Extract<TrialOutcome, { kind: 'fault' }>;
}

/** The least that a baseline is tuned over, however short the time; and its part of the time before the search. */
const leastTries = 2;
const baselineShare = minuteShares.calibration / 2;

function affordable(context: RunContext, secondsPerTry: number, most: number): number {
  const left = context.deadline.secondsLeft(baselineShare);
  if (left === undefined) return most;
  const further = Math.max(0, Math.floor((left / secondsPerTry) * context.settings.workers));
  return Math.min(most, Math.max(leastTries, 1 + further));
}

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
  // Both optimisers at every strength before the next strength: a short budget cuts the ladder at its end.
  return l2Ladder.flatMap((l2) =>
    optimizers.map((optimizer) => ({
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

/**
 * Runs the ladder and keeps its best on the search share. Under a budget in minutes the first run tells how many of the
 * others its share of the time allows.
 */
export async function tuneBaseline(context: RunContext): Promise<Candidate> {
  const whole = baselineLadder(context.settings.task, context.settings.seed);
  const seed = harnessSeed(context.settings.seed, 'screen', 0);
  let done = 0;
  const tryOut = async (candidate: Candidate): Promise<Tried> => {
    const outcome = await context.runner.run(
      requestFor(context, candidate, { seed, validationShare: 'search' }),
    );
    done += 1;
    context.io.onProgress({ kind: 'phase', name: 'Tune the baseline', done, total: whole.length });
    return outcome.kind === 'scored'
      ? {
          value: orientedValue(context.metric, outcome.validation[context.metric]),
          seconds: outcome.cost.seconds,
        }
      : { value: -Infinity, seconds: Number.POSITIVE_INFINITY, fault: outcome };
  };
  const first = await tryOut(whole[0]);
  const { tries } = await context.log.decide('baseline-planned', () => ({
    tries: affordable(context, first.seconds, whole.length),
  }));
  const ladder = whole.slice(0, tries);
  const others = await Promise.all(ladder.slice(1).map(tryOut));
  const values = [first, ...others].map(({ value }) => value);
  if (first.fault !== undefined && values.every((value) => value === -Infinity))
    throw baselineFailed(first.fault, values.length);
  const best = values.indexOf(Math.max(...values));
  await context.log.record('baseline-tuned', { ...ladder[best], tried: ladder.length, value: values[best] });
  return ladder[best];
}

/** Without a baseline there is nothing to beat; the first fault says what is wrong with the data or the machine. */
function baselineFailed({ code, message }: NonNullable<Tried['fault']>, tries: number): AutoModelError {
  return new AutoModelError(
    isErrorCode(code) ? code : 'INTERNAL',
    `All ${tries} configurations of the baseline failed; the first: ${message}`,
    {
      remedy: 'Mend what the message names, then run evolve again.',
      details: { tries },
    },
  );
}
