import { z } from 'zod';
import { RefusedColumn } from './data-results.js';
import { Comparison, ContractRecord, Cost, ModelScore } from './model-scores.js';

/** One look of the gate. All differences are on the primary metric, oriented so that larger is better. */
export const GateLook = z.object({
  look: z.number().int().positive(),
  trial: z.number().int().nonnegative(),
  model: z.string(),
  verdict: z.enum(['accept', 'reject', 'indecisive']),
  difference: z.number(),
  lower: z.number(),
  upper: z.number(),
  /** error budget that this look spent */
  alpha: z.number().positive(),
  /** probability of accepting a gain of one run's sd */
  power: z.number().min(0).max(1),
  /** gain that had to be exceeded */
  minimumGain: z.number().nonnegative(),
  /** paired seeds that were compared */
  seeds: z.number().int().positive(),
  /** seeds left out on both sides: a run of either was lost to the infrastructure, or failed by itself; never a zero */
  lost: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
});
export type GateLook = z.infer<typeof GateLook>;

/** Improvement of the best over the baseline on the test split, oriented so that larger is better. */
export const Improvement = Comparison.omit({ against: true });
export type Improvement = z.infer<typeof Improvement>;

export const ProposerTally = z.object({
  proposed: z.number().int().nonnegative(),
  scored: z.number().int().nonnegative(),
  stoppedEarly: z.number().int().nonnegative(),
  faults: z.number().int().nonnegative(),
  /** best search-share value on the primary metric; null when nothing was scored */
  best: z.number().nullable(),
});
export type ProposerTally = z.infer<typeof ProposerTally>;

export const EvolveResult = z.object({
  runId: z.string(),
  outcome: z.enum(['accepted', 'nothing-better']),
  nullRun: z.boolean(),
  resumed: z.boolean(),
  metric: z.string(),
  contract: ContractRecord,
  floors: z.array(ModelScore),
  baseline: ModelScore,
  /** the baseline itself when nothing better was found */
  best: ModelScore,
  improvement: Improvement.nullable(),
  trials: ProposerTally.extend({ byProposer: z.record(z.string(), ProposerTally) }),
  gate: z.array(GateLook),
  /** smallest gain that counted, and where it came from */
  minimumGain: z.object({ value: z.number(), source: z.enum(['user', 'resolvable']) }),
  testOpenings: z.object({ before: z.number().int(), thisRun: z.number().int() }),
  refit: z
    .object({
      fittedOn: z.enum(['train+validation', 'all']),
      epochs: z.number(),
      artefact: z.string(),
      artefactPath: z.string(),
    })
    .nullable(),
  refused: z.array(RefusedColumn),
  learned: z.array(z.string()),
  /** random search with the whole budget beside the engine, under --control full */
  control: ModelScore.extend({ policy: z.literal('random'), trials: z.number().int() }).nullable(),
  cost: Cost,
  /** path of the HTML report */
  report: z.string().nullable(),
});
export type EvolveResult = z.infer<typeof EvolveResult>;
