import { z } from 'zod';
import { AutoModelError } from '../../platform/index.js';

const HistoryRecord = z.object({
  step: z.number(),
  epoch: z.number(),
  loss: z.number(),
  metric: z.number().optional(),
  learningRate: z.number(),
});

/** Where a training stands, as a checkpoint keeps it beside the arrays. */
const Progress = z.object({
  version: z.literal(1),
  /** hash of everything that must not change between the runs */
  key: z.string(),
  /** steps done: the position in the data */
  step: z.number().int(),
  stopped: z.boolean(),
  plateau: z.object({
    factor: z.number(),
    best: z.number().optional(),
    bestStep: z.number(),
    bad: z.number(),
    badSinceDecay: z.number(),
  }),
  learningRates: z.object({ begins: z.array(z.number()), rates: z.array(z.number()) }),
  history: z.array(HistoryRecord),
  sums: z.object({ loss: z.number(), steps: z.number(), observables: z.record(z.string(), z.number()) }),
  observables: z.record(z.string(), z.number()),
});
export type Progress = z.infer<typeof Progress>;

/**
 * @throws ARTEFACT_CORRUPT when the record is not a progress; CONTRACT_MISMATCH when it belongs to another training
 */
export function parseProgress(value: unknown, key: string, path: string): Progress {
  const parsed = Progress.safeParse(value);
  if (!parsed.success) {
    throw new AutoModelError('ARTEFACT_CORRUPT', `The checkpoint ${path} has no readable progress`, {
      remedy: 'Delete it and train again.',
      details: { path },
      cause: parsed.error,
    });
  }
  if (parsed.data.key !== key) {
    throw new AutoModelError('CONTRACT_MISMATCH', `The checkpoint ${path} belongs to another training`, {
      remedy: 'Resume with the same model, recipe, seed, fields and data, or delete the checkpoint.',
      details: { path },
    });
  }
  return parsed.data;
}
