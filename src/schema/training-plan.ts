import { z } from 'zod';

/** What AutoPerf decides for trainings and what it says of it. */

/** Batches that are made ready while the one before is computed. None of them waits for anything that a deeper queue would have. */
export const Prefetch = z.union([z.literal(0), z.literal(1)]);
export type Prefetch = z.infer<typeof Prefetch>;

/** What one training gets of the machine. It changes how long a training takes and nothing of what it learns, but for the last bits. */
export const TrainingResources = z.strictObject({
  /** of ONNX Runtime in one training */
  threads: z.number().int().min(1).max(256),
  prefetch: Prefetch,
});
export type TrainingResources = z.infer<typeof TrainingResources>;

/** Several trainings at once. */
export const SharedResources = TrainingResources.extend({ workers: z.number().int().min(1).max(256) });
export type SharedResources = z.infer<typeof SharedResources>;

export const TrainingPlan = SharedResources.extend({
  /** rows (or users) of one step */
  batchSize: z.number().int().positive(),
});
export type TrainingPlan = z.infer<typeof TrainingPlan>;

/** training.json: what `plan-training --apply` writes and `train` and `evolve` read. The file belongs to the person. */
export const TrainingFile = z.strictObject({
  schemaVersion: z.literal(1),
  /** of a training that has the machine for itself */
  alone: TrainingResources.optional(),
  /** of trainings that share it */
  together: SharedResources.optional(),
  /** rows of one step by model, for `train` where none are given */
  batchSizes: z.record(z.string(), z.number().int().positive()).default({}),
});
export type TrainingFile = z.infer<typeof TrainingFile>;

/** What a user allows. A limit that is left out does not bind. */
export const TrainingLimits = z.strictObject({
  /** MiB of resident memory, all trainings together */
  memoryMb: z.number().positive().optional(),
  /** cores that may be busy, all trainings together */
  cores: z.number().positive().optional(),
  /** how much of the primary metric a larger batch may cost at most, absolute */
  metricMargin: z.number().positive().default(0.001),
});
export type TrainingLimits = z.infer<typeof TrainingLimits>;
export type TrainingLimitsInput = z.input<typeof TrainingLimits>;

export const trainingLimitNames = ['memory', 'cores'] as const;

export const BrokenTrainingLimit = z.object({
  limit: z.enum(trainingLimitNames),
  is: z.number(),
  allowed: z.number(),
});
export type BrokenTrainingLimit = z.infer<typeof BrokenTrainingLimit>;

/** A median with an interval that holds whatever the distribution is. */
export const MedianRatio = z.object({
  median: z.number().positive(),
  lower: z.number().positive(),
  upper: z.number().positive(),
  /** of the interval: order statistics reach certain levels only */
  confidence: z.number().min(0).max(1),
});
export type MedianRatio = z.infer<typeof MedianRatio>;

export const TrainingFigures = z.object({
  plan: TrainingPlan,
  /** of all trainings of the plan together */
  rowsPerSecond: z.number().positive(),
  /** rows per second over those of the reference in the same rounds */
  ratio: MedianRatio,
  rounds: z.number().int().positive(),
  /** of `maxEpochs` epochs each, steps alone */
  trainingsPerHour: z.number().positive(),
  /** median of one training */
  stepMs: z.number().positive(),
  /** the most over the rounds */
  coresBusy: z.number().nonnegative(),
  /** rows for each second of one core's time: what the machine would give if this plan kept all of it busy, whoever else is there */
  rowsPerCoreSecond: z.number().positive(),
  memoryMb: z.number().nonnegative(),
  /** empty: the plan keeps every limit */
  breaks: z.array(BrokenTrainingLimit),
});
export type TrainingFigures = z.infer<typeof TrainingFigures>;

/** The cost model of one way to share the machine: milliseconds of a step = stepMs + operations of the graph / flopsPerSecond. */
export const StepKernel = SharedResources.extend({
  stepMs: z.number().nonnegative(),
  /** null where larger steps took no longer */
  flopsPerSecond: z.number().positive().nullable(),
  /** what the graph's own count of bytes amounts to at that speed */
  bytesPerSecond: z.number().positive().nullable(),
  /** largest |measured - predicted| / measured over the batch sizes that were tried */
  error: z.number().nonnegative(),
});
export type StepKernel = z.infer<typeof StepKernel>;

/** Where the time of the reference's steps goes, milliseconds a step. */
export const StepParts = z.object({
  wallMs: z.number(),
  computeMs: z.number(),
  prepareMs: z.number(),
  updateMs: z.number(),
  /** share of the time that batches prepared further ahead could save at most */
  deeperPrefetch: z.number().nonnegative(),
});
export type StepParts = z.infer<typeof StepParts>;

/** A larger batch against the given one: trainings with the same seeds. */
export const BatchTrial = z.object({
  batchSize: z.number().int().positive(),
  /** rows per second over those of the given batch size, same resources */
  faster: z.number().positive(),
  metric: z.string(),
  /** larger minus given, turned so that larger is better; over seeds and users */
  difference: z.number(),
  /** one-sided 95 % lower bound */
  lower: z.number(),
  seeds: z.number().int().positive(),
  margin: z.number().positive(),
  /** rows that trainings saw until they stopped, over those with the given batch size */
  rowsSeen: z.number().positive(),
  accepted: z.boolean(),
});
export type BatchTrial = z.infer<typeof BatchTrial>;

export const PlanTrainingResult = z.object({
  model: z.string(),
  hyperParameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** those that applied; null: no limit */
  limits: z.object({
    memoryMb: z.number().nullable(),
    cores: z.number().nullable(),
    metricMargin: z.number(),
  }),
  machine: z.object({
    threads: z.number().int(),
    /** cores that other programs kept busy during the measurement, median; null where that cannot be told */
    othersBusy: z.number().nonnegative().nullable(),
  }),
  rowsPerEpoch: z.number().int().positive(),
  maxEpochs: z.number().positive(),
  /** of one step of the given batch size */
  stepFlops: z.number().nonnegative(),
  /** what is done without a plan: one training on all threads */
  reference: TrainingFigures,
  /** highest rows per second of one training */
  alone: TrainingFigures,
  /** most trainings an hour */
  together: TrainingFigures,
  measured: z.array(TrainingFigures),
  kernels: z.array(StepKernel),
  parts: StepParts,
  /** milliseconds of scoring validation once */
  evaluationMs: z.number().nonnegative(),
  batch: z.object({
    given: z.number().int().positive(),
    chosen: z.number().int().positive(),
    /** larger ones that were trained; empty where none was asked for or none is faster */
    trials: z.array(BatchTrial),
    /** seeds that were asked for; 0: batch sizes stay as given */
    seeds: z.number().int().nonnegative(),
  }),
  /** training.json was written */
  applied: z.boolean(),
});
export type PlanTrainingResult = z.infer<typeof PlanTrainingResult>;
