import { z } from 'zod';
import { ErrorCode } from './faults.js';

/** Hyper-parameters, features and recipe of one candidate, flat: what a decision space samples. */
export const Assignment = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Assignment = z.infer<typeof Assignment>;

/** One run of one candidate with one seed on one encoded dataset, at a share of the full training budget. */
export const TrialRequest = z.object({
  /** content hash of everything below; a repeat is harmless */
  key: z.string(),
  contractHash: z.string(),
  cacheDir: z.string(),
  model: z.string(),
  assignment: Assignment,
  seed: z.number().int(),
  /** fidelity in (0, 1]: share of the full training budget */
  fidelity: z.number().gt(0).max(1),
  /** which part of the validation users is scored */
  validationShare: z.enum(['search', 'gate', 'all']),
  /** shuffle labels inside user or time blocks before training (the null test) */
  shuffleLabels: z.boolean().default(false),
  /** also write predictions for the test split (features only; labels stay sealed) */
  predictTest: z.boolean().default(false),
  /** keep the fitted artefact in this folder */
  artefactDir: z.string().optional(),
  threads: z.number().int().positive(),
});
export type TrialRequest = z.infer<typeof TrialRequest>;

/** What came of a trial. A fault is data, never a score. */
export const TrialOutcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('scored'),
    /** validation metrics as the scorer computed them from raw predictions */
    validation: z.record(z.string(), z.number()),
    predictionsHash: z.string(),
    /** where the raw predictions lie: validation, and test when asked for */
    predictionFiles: z.object({ validation: z.string(), test: z.string().optional() }),
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
    /** infrastructure faults are excluded from statistics and may be retried; the candidate's own faults are not */
    infrastructure: z.boolean(),
  }),
]);
export type TrialOutcome = z.infer<typeof TrialOutcome>;
