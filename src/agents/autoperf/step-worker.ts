/** Process entry: makes training steps for a while and says what they took. What was opened stays open until it is told to close it. */
import { cpuUsage, resourceUsage } from 'node:process';
import { z } from 'zod';
import { openDataset } from '../../data/index.js';
import { serveRequests } from '../../execution/index.js';
import { AutoModelError } from '../../platform/index.js';
import { Assignment, Prefetch, type EncodedDataset } from '../../schema/index.js';
import { TrainingSteps } from '../../training/index.js';
import { candidateTraining, chosenModel } from '../trial/candidate-training.js';
import type { StepReply } from './training-bench.js';

const Request = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('make'),
    datasetDir: z.string(),
    model: z.string(),
    assignment: Assignment,
    batchSize: z.number().int().positive(),
    threads: z.number().int().positive(),
    prefetch: Prefetch,
    ms: z.number().nonnegative(),
    least: z.number().int().positive(),
    /** score validation once too */
    evaluates: z.boolean(),
  }),
  z.object({ kind: z.literal('close') }),
]);
type Make = Extract<z.infer<typeof Request>, { kind: 'make' }>;

const open = new Map<string, TrainingSteps>();
let dataset: { readonly dir: string; readonly data: EncodedDataset } | undefined;

async function stepsOf({ datasetDir, model, assignment, batchSize, threads, prefetch }: Make) {
  const key = JSON.stringify([datasetDir, model, assignment, batchSize, threads, prefetch]);
  const known = open.get(key);
  if (known !== undefined) return known;
  if (dataset?.dir !== datasetDir) dataset = { dir: datasetDir, data: openDataset(datasetDir) };
  const { data } = dataset;
  const chosen = chosenModel(model, assignment, data);
  if (chosen.entry.kind === 'counting')
    throw new AutoModelError('USAGE', `${model} only counts: it makes no steps`, {
      remedy: 'Name a model that is trained by gradient.',
    });
  const { entry, hyperParameters } = chosen;
  const steps = await TrainingSteps.open({
    ...candidateTraining(
      { entry, hyperParameters },
      { ...assignment, 'recipe.batchSize': batchSize },
      data,
      data.contract.rows.train,
    ),
    seed: 1,
    threads,
    schedule: prefetch === 0 ? 'serial' : 'overlapped',
  });
  open.set(key, steps);
  return steps;
}

async function closeAll(): Promise<void> {
  for (const steps of open.values()) await steps.close();
  open.clear();
}

serveRequests(async (message): Promise<StepReply | null> => {
  const request = Request.parse(message);
  if (request.kind === 'close') {
    await closeAll();
    return null;
  }
  const steps = await stepsOf(request);
  const before = cpuUsage();
  const times = await steps.make(request);
  const { user, system } = cpuUsage(before);
  return {
    ...times,
    cpuMs: (user + system) / 1000,
    ...(request.evaluates && { evaluationMs: await steps.evaluate() }),
    // Kibibytes, the most that this process ever had.
    peakMb: resourceUsage().maxRSS / 1024,
    rowsPerEpoch: steps.rowsPerEpoch,
    stepCost: steps.costOf(request.batchSize),
  };
});
