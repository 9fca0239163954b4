import { z } from 'zod';
import { ExperimentLook, ExperimentOutcome } from './online-experiments.js';

const Count = z.number().int().nonnegative();

/** One metric of a demonstrated experiment: what it said, and what was true. */
export const DemoMetric = z.object({
  name: z.string(),
  role: z.enum(['success', 'guardrail', 'watched']),
  /** treatment / control - 1 with its always-valid interval; null: the experiment cannot tell */
  estimate: z.number().nullable(),
  ci: z.tuple([z.number(), z.number()]).nullable(),
  /** over cloned users, each under both arms, with the Monte-Carlo standard error */
  truth: z.number(),
  truthError: z.number().nonnegative(),
});
export type DemoMetric = z.infer<typeof DemoMetric>;

export const DemoExperiment = z.object({
  id: z.string(),
  hypothesis: z.string(),
  /** what the control and the treatment are, in words */
  control: z.string(),
  treatment: z.string(),
  outcome: z.union([ExperimentOutcome, z.literal('undecided')]),
  reasons: z.array(z.string()),
  /** days from its begin to its end */
  days: z.number().nonnegative(),
  units: Count,
  treatedUnits: Count,
  looks: z.array(ExperimentLook),
  metrics: z.array(DemoMetric),
});
export type DemoExperiment = z.infer<typeof DemoExperiment>;

export const DemoOnlineResult = z.object({
  dir: z.string(),
  seed: z.number().int(),
  users: Count,
  items: Count,
  /** the past that models are trained on */
  log: z.object({ days: Count, impressions: Count, clickRate: z.number() }),
  model: z.object({ name: z.string(), auc: z.number(), floor: z.string(), floorAuc: z.number() }),
  experiments: z.array(DemoExperiment),
  /** milliseconds that the service took for one answer, on average */
  answerMs: z.number().nonnegative(),
  report: z.string(),
  seconds: z.number().nonnegative(),
});
export type DemoOnlineResult = z.infer<typeof DemoOnlineResult>;
