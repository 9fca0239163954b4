import { z } from 'zod';
import { hashKeys } from '../../platform/index.js';

/** Seeds on which floors, baseline and best are trained for the closing table. */
export const finalSeeds = 3;

/**
 * What a run is a function of: recorded as its first decision, so that a resumed process takes the same ones whatever
 * flags it was started with.
 */
export const RunSettings = z.object({
  version: z.literal(1),
  seed: z.number().int(),
  contractHash: z.string(),
  /** name of the encoded dataset: other inputs are another run */
  encoding: z.string(),
  task: z.enum(['ctr', 'rating', 'next-item']),
  /** proposals are decided from results this many jobs back (see search) */
  lag: z.number().int().positive(),
  workers: z.number().int().positive(),
  threads: z.number().int().positive(),
  nullSeed: z.number().int().nullable(),
  rungs: z.array(z.number()),
  gateSeeds: z.number().int().min(2),
  finalSeeds: z.number().int().min(1),
  maxLooks: z.number().int().positive(),
  /** share of all gate looks' error, over the whole run */
  alpha: z.number(),
  minimumGain: z.number().nullable(),
  refit: z.enum(['train+validation', 'all']),
  control: z.enum(['share', 'full']),
});
export type RunSettings = z.infer<typeof RunSettings>;

/** What one call of evolve may spend; topping up a run adds another grant. */
export const BudgetGrant = z.object({
  trials: z.number().int().positive().nullable(),
  minutes: z.number().positive().nullable(),
});
export type BudgetGrant = z.infer<typeof BudgetGrant>;

/** Seeds belong to the harness: a pure function of the run's seed, what it is for, and its number. */
export function harnessSeed(
  runSeed: number,
  purpose: 'screen' | 'race' | 'gate' | 'final' | 'refit',
  index: number,
): number {
  return hashKeys('harness-seed', runSeed, purpose, index) & 0x7fffffff;
}
