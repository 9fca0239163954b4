import { z } from 'zod';
import { ErrorCode } from './faults.js';
import { Prefetch } from './training-plan.js';

/** Hyper-parameters, features and recipe of one candidate, flat: what a decision space samples. */
export const Assignment = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Assignment = z.infer<typeof Assignment>;

/** One run of one candidate with one seed on one encoded dataset, at a share of the full training budget. */
export const TrialRequest = z.object({
  /** content hash of everything below but the paths: a repeat is harmless */
  key: z.string(),
  contractHash: z.string(),
  /** version of the engine, whose defaults and models are part of what a trial is */
  engine: z.string(),
  /** name of the encoded dataset: contract and encoding, so that other inputs are another trial */
  encoding: z.string(),
  /** encoded dataset folder */
  datasetDir: z.string(),
  /** where raw predictions are written, as <key>/... */
  predictionsDir: z.string(),
  model: z.string(),
  /** flat: the model's own names, recipe.*, use.<field> */
  assignment: Assignment,
  seed: z.number().int(),
  /** fidelity in (0, 1]: share of the full training budget */
  fidelity: z.number().gt(0).max(1),
  /** which validation users steer early stopping and are scored */
  validationShare: z.enum(['search', 'gate', 'all']),
  /** train on labels shuffled inside user or time blocks (the null test); null: the real labels */
  nullSeed: z.number().int().nullable(),
  /** what to fit on; a refit has a fixed number of epochs and no validation */
  fit: z.discriminatedUnion('on', [
    z.object({ on: z.literal('train') }),
    z.object({ on: z.literal('train+validation'), epochs: z.number().positive() }),
    z.object({ on: z.literal('all'), epochs: z.number().positive() }),
  ]),
  /** also write predictions for the test split (features only; labels stay sealed) */
  predictTest: z.boolean(),
  /**
   * where the state of the training lies between the rungs of one trial and after an interruption; null: none is kept.
   * The file is a cache: without it the trial trains from the start, to the same result
   */
  checkpointPath: z.string().nullable(),
  /** keep the fitted artefact in this folder */
  artefactDir: z.string().nullable(),
  threads: z.number().int().positive(),
  /** default 1; the same bits either way */
  prefetch: Prefetch.optional(),
});
export type TrialRequest = z.infer<typeof TrialRequest>;

/** What came of a trial. A fault is data, never a score. */
export const TrialOutcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('scored'),
    /** validation metrics as the scorer computed them from raw predictions */
    validation: z.record(z.string(), z.number()),
    /** of the raw validation predictions, which lie in predictionsDir under the request's key */
    predictionsHash: z.string(),
    /** best epoch by the steering metric (fractional when validated within epochs) */
    bestEpoch: z.number(),
    cost: z.object({
      seconds: z.number(),
      epochs: z.number(),
      samples: z.number(),
      parameters: z.number(),
      flopsPerSample: z.number(),
    }),
    observables: z.record(z.string(), z.number()).default({}),
  }),
  z.object({
    kind: z.literal('fault'),
    code: ErrorCode,
    message: z.string(),
    /** what to do about it, where whoever found the fault knows */
    remedy: z.string().optional(),
    /** infrastructure faults are excluded from statistics and may be retried; the candidate's own faults are not */
    infrastructure: z.boolean(),
  }),
]);
export type TrialOutcome = z.infer<typeof TrialOutcome>;
