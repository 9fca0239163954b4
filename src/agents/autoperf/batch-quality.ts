import { AutoModelError, config as machine, isErrorCode, workerEntry } from '../../platform/index.js';
import { createProcessExecutor } from '../../execution/index.js';
import {
  primaryMetric,
  type Assignment,
  type EncodedDataset,
  type OperationIo,
  type SharedResources,
  type TrialOutcome,
} from '../../schema/index.js';
import { studentQuantile, type Scoreboard } from '../../stats/index.js';
import { pairedOn } from '../evaluation/paired.js';
import { TrialRunner, type TrialMemory } from '../loop/trial-runner.js';
import { ValidationScorer } from '../loop/validation-scorer.js';
import { memoryShareMb } from '../trial/memory-share.js';
import { trialRequest, type TrialPlace } from '../trial/trial-request.js';
import type { BatchQuality } from './plan-training.js';

/** One-sided. */
const CONFIDENCE = 0.95;

export interface PairedTrainings {
  readonly place: TrialPlace;
  readonly memory: TrialMemory;
  readonly dataset: EncodedDataset;
  readonly model: string;
  readonly assignment: Assignment;
  /** the batch size that the larger one is compared with */
  readonly given: number;
  readonly seeds: readonly number[];
  readonly margin: number;
  readonly io: Pick<OperationIo, 'signal' | 'onProgress'>;
}

/**
 * What a larger batch costs: trainings that differ in it alone, with the same seeds, on the whole validation split; the bound is over
 * seeds and users. Trainings that the journal knows are not repeated.
 * @throws what a training failed with
 */
export async function batchQuality(
  trainings: PairedTrainings,
  batchSize: number,
  { workers, threads, prefetch }: SharedResources,
): Promise<BatchQuality> {
  const { dataset, memory, io, given, seeds, margin } = trainings;
  const place = { ...trainings.place, threads, prefetch };
  const executor = createProcessExecutor({
    entry: workerEntry('agents/trial/trial-worker'),
    workers,
    threadsPerWorker: threads,
    memoryLimitMb: memoryShareMb(workers, machine.machineMemoryMb),
  });
  const runner = new TrialRunner({ executor, memory, signal: io.signal });
  const scorer = new ValidationScorer(dataset);
  let done = 0;
  const tell = (): void => {
    const name = `Train with batches of ${batchSize} and ${given}`;
    io.onProgress({ kind: 'phase', name, done, total: 2 * seeds.length });
  };
  const trained = async (size: number, seed: number) => {
    const assignment = { ...trainings.assignment, 'recipe.batchSize': size };
    const request = trialRequest(place, { model: trainings.model, assignment, seed, validationShare: 'all' });
    const outcome = scored(await runner.run(request), trainings.model, seed);
    done += 1;
    tell();
    return { board: scorer.score(request, 'all', outcome), samples: outcome.cost.samples };
  };
  tell();
  try {
    // Pairs one after the other, so that what is known early is of both.
    const pairs = await Promise.all(
      seeds.map((seed) => Promise.all([trained(given, seed), trained(batchSize, seed)])),
    );
    const metric = primaryMetric[dataset.task];
    const boards = (side: 0 | 1): Scoreboard[] => pairs.map((pair) => pair[side].board);
    const rows = (side: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[side].samples, 0);
    const { difference, se, df } = pairedOn(metric, boards(1), boards(0));
    return {
      metric,
      difference,
      lower: difference - studentQuantile(CONFIDENCE, df) * se,
      seeds: seeds.length,
      margin,
      rowsSeen: rows(1) / rows(0),
    };
  } finally {
    await executor.close();
  }
}

function scored(outcome: TrialOutcome, model: string, seed: number) {
  if (outcome.kind === 'scored') return outcome;
  const { code, message, remedy } = outcome;
  throw new AutoModelError(isErrorCode(code) ? code : 'INTERNAL', `${model}, seed ${seed}: ${message}`, {
    remedy: remedy ?? 'Change the hyper-parameter or the data that the message names.',
    details: { model, seed },
  });
}
