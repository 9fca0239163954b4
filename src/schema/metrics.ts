import { z } from 'zod';
import { SplitName } from './roles.js';

/** A metric over n seeds: mean, sd over seeds (0 when n = 1) and the two-way 95 % interval (3-evidence rule 9). */
export const MetricSummary = z.object({
  mean: z.number(),
  sd: z.number(),
  n: z.number().int().positive(),
  ci: z.tuple([z.number(), z.number()]),
});
export type MetricSummary = z.infer<typeof MetricSummary>;

/** {<split>: {<metric>: summary}} — the one form in which metrics leave the engine. */
export const MetricTable = z.partialRecord(SplitName, z.record(z.string(), MetricSummary));
export type MetricTable = z.infer<typeof MetricTable>;

/** Metric values of one run on one split. */
export type MetricValues = Readonly<Record<string, number>>;

/** Whether larger is better. */
export const metricDirections: Readonly<Record<string, 'up' | 'down'>> = {
  auc: 'up',
  gauc: 'up',
  logloss: 'down',
  ne: 'down',
  ece: 'down',
  rmse: 'down',
  mae: 'down',
  'hr@5': 'up',
  'hr@10': 'up',
  'hr@20': 'up',
  'ndcg@5': 'up',
  'ndcg@10': 'up',
  'ndcg@20': 'up',
  'mrr@10': 'up',
};

/** The metric that models are chosen by, per task. */
export const primaryMetric = { ctr: 'auc', rating: 'rmse', 'next-item': 'ndcg@10' } as const;
