import { z } from 'zod';
import type { DatasetContract } from './dataset.js';
import { MetricTable } from './metrics.js';
import { SplitName, Task } from './roles.js';
import { Assignment } from './trial.js';

/** {@link DatasetContract} as it appears in results and on disk. */
export const ContractRecord = z.object({
  hash: z.string(),
  task: Task,
  split: z.string(),
  regime: z.literal('frozen'),
  label: z.string(),
  candidateSet: z.enum(['impressions', 'all-items']),
  duplicates: z.enum(['kept', 'dropped']),
  rows: z.record(SplitName, z.number().int().nonnegative()),
  clusterBy: z.enum(['user', 'row-block', 'time-block']),
}) satisfies z.ZodType<DatasetContract>;

/** What a training or a whole run has cost. `seconds` is wall time summed over its trainings. */
export const Cost = z.object({
  seconds: z.number().nonnegative(),
  trainings: z.number().int().nonnegative(),
  samples: z.number().nonnegative(),
});
export type Cost = z.infer<typeof Cost>;

/** A model with the metrics it reached: floors, baselines, leaders. */
export const ModelScore = z.object({
  model: z.string(),
  assignment: Assignment,
  metrics: MetricTable,
  cost: Cost,
});
export type ModelScore = z.infer<typeof ModelScore>;

/** Model minus another on the same rows, seeds paired; oriented so that larger is better. */
export const Comparison = z.object({
  against: z.string(),
  metric: z.string(),
  split: SplitName,
  difference: z.number(),
  ci: z.tuple([z.number(), z.number()]),
  se: z.number().nonnegative(),
});
export type Comparison = z.infer<typeof Comparison>;
