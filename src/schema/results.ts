import { z } from 'zod';
import { AuditResult } from './audit.js';
import { DemoOnlineResult } from './online-demo.js';
import { PlanServingResult } from './autoperf.js';
import { PlanTrainingResult } from './training-plan.js';
import { CalibrateResult } from './calibration.js';
import { ExperimentAnalyzeResult, ExperimentPlanResult } from './experiments.js';
import {
  CounterfactualResult,
  ExperimentChangeResult,
  ExperimentRampResult,
  ExperimentStartResult,
  ExperimentStatusResult,
} from './online-experiments.js';
import { InitResult, ProfileResult } from './data-results.js';
import { EvolveResult } from './evolve-result.js';
import { MetricTable } from './metrics.js';
import { Comparison, ContractRecord, Cost, ModelScore } from './model-scores.js';
import { Assignment } from './trial.js';

/**
 * The `result` member of every command, in the words that the library API uses too. A person sees these as tables, a
 * program as one JSON object: {@link CommandEnvelope}.
 */

/** Something that the person should know and that did not stop the command. */
export const Warning = z.object({ code: z.string(), message: z.string() });
export type Warning = z.infer<typeof Warning>;

/** The one object on stdout of a command under --json, also on failure (then `result` is null). */
export const CommandEnvelope = z.strictObject({
  schemaVersion: z.literal(1),
  command: z.string(),
  ok: z.boolean(),
  result: z.unknown(),
  warnings: z.array(Warning),
  error: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      remedy: z.string().nullable(),
      details: z.record(z.string(), z.unknown()),
    })
    .optional(),
});
export type CommandEnvelope = z.infer<typeof CommandEnvelope>;

export const TrainResult = z.object({
  model: z.string(),
  seeds: z.array(z.number().int()),
  hyperParameters: Assignment,
  contract: ContractRecord,
  metrics: MetricTable,
  floors: z.array(ModelScore),
  /** the model against each floor, on test (on validation when the test split stays closed) */
  comparisons: z.array(Comparison),
  cost: Cost,
  parameters: z.number().int().nonnegative(),
  flopsPerSample: z.number().nonnegative(),
  /** hash of the kept artefact (the first seed's); null for the floors of click tasks, which keep none */
  artefact: z.string().nullable(),
  artefactPath: z.string().nullable(),
  tuned: z.object({ trials: z.number().int(), chosen: Assignment }).nullable(),
  /** how often this contract's test split has been opened so far, this time included */
  testOpenings: z.number().int().nonnegative(),
});
export type TrainResult = z.infer<typeof TrainResult>;

export const PredictResult = z.object({
  artefact: z.string(),
  model: z.string(),
  rows: z.number().int().nonnegative(),
  out: z.string(),
});
export type PredictResult = z.infer<typeof PredictResult>;

export const EvaluateResult = z.object({
  contract: ContractRecord,
  rows: z.number().int().nonnegative(),
  metrics: MetricTable,
  testOpenings: z.number().int().nonnegative(),
});
export type EvaluateResult = z.infer<typeof EvaluateResult>;

export const ReportResult = z.object({ runId: z.string(), html: z.string() });
export type ReportResult = z.infer<typeof ReportResult>;

export const SalvageResult = z.object({
  /** path of the journal */
  journal: z.string(),
  /** whole events before the damage, or in all */
  events: z.number(),
  /** finished trainings and other facts from after the damage that were kept */
  laterFacts: z.number(),
  /** what was wrong; null: nothing was, and nothing was done */
  damage: z.string().nullable(),
  /** where the damaged file lies now */
  damagedCopy: z.string().nullable(),
});
export type SalvageResult = z.infer<typeof SalvageResult>;

export const WorldResult = z.object({
  out: z.string(),
  seed: z.number().int(),
  /** nothing beats the baseline in it */
  nullWorld: z.boolean(),
  files: z.array(z.object({ path: z.string(), rows: z.number().int().nonnegative() })),
  rows: z.number().int().nonnegative(),
  /** columns that were planted, and as what */
  planted: z.array(z.object({ column: z.string(), kind: z.enum(['useful', 'useless', 'leak']) })),
});
export type WorldResult = z.infer<typeof WorldResult>;

/** Printed when the server listens; it then goes on until it is told to stop. */
export const ServeResult = z.object({
  url: z.string(),
  host: z.string(),
  port: z.number().int(),
  /** a token is asked for */
  authenticated: z.boolean(),
  /** composition and artefact that answer */
  version: z.string(),
  /** of the process, for signals: SIGTERM ends it in good order */
  pid: z.number().int(),
});
export type ServeResult = z.infer<typeof ServeResult>;

export const DoctorCheck = z.object({
  name: z.string(),
  ok: z.boolean(),
  message: z.string(),
  remedy: z.string().nullable(),
});
export type DoctorCheck = z.infer<typeof DoctorCheck>;

export const DoctorResult = z.object({ checks: z.array(DoctorCheck), healthy: z.boolean() });
export type DoctorResult = z.infer<typeof DoctorResult>;

/** `npm start`: world, init and evolve in one go. */
export const StartResult = z.object({
  projectDir: z.string(),
  world: WorldResult,
  init: InitResult,
  evolve: EvolveResult,
  /** the line to run on a file of one's own */
  nextCommand: z.string(),
});
export type StartResult = z.infer<typeof StartResult>;

/** command name → schema of its result. */
export const commandResults = {
  init: InitResult,
  profile: ProfileResult,
  audit: AuditResult,
  train: TrainResult,
  predict: PredictResult,
  evaluate: EvaluateResult,
  evolve: EvolveResult,
  calibrate: CalibrateResult,
  report: ReportResult,
  salvage: SalvageResult,
  'world generate': WorldResult,
  serve: ServeResult,
  'plan-serving': PlanServingResult,
  'plan-training': PlanTrainingResult,
  'demo online': DemoOnlineResult,
  'experiment analyze': ExperimentAnalyzeResult,
  'experiment plan': ExperimentPlanResult,
  'experiment start': ExperimentStartResult,
  'experiment status': ExperimentStatusResult,
  'experiment stop': ExperimentChangeResult,
  'experiment ramp': ExperimentRampResult,
  'experiment estimate': CounterfactualResult,
  doctor: DoctorResult,
  start: StartResult,
} as const;
export type CommandName = keyof typeof commandResults;
