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
import { MetricTable } from './metrics.js';
import { ColumnRole, SplitName, Task, type ColumnRole as ColumnRoleName } from './roles.js';
import { Assignment } from './trial.js';
import type { DatasetContract } from './dataset.js';

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

/** A column that is no input of any model, and why. */
export const RefusedColumn = z.object({
  table: z.string(),
  column: z.string(),
  role: z.enum(['leak', 'signal'] satisfies readonly ColumnRoleName[]),
  reason: z.string(),
});
export type RefusedColumn = z.infer<typeof RefusedColumn>;

export const TableFinding = z.object({
  name: z.string(),
  kind: z.enum(['events', 'entity', 'dated', 'unused']),
  files: z.array(z.string()),
  rows: z.number().int().nonnegative(),
  /** key columns that join it to the event table; empty for the event table itself */
  joinKeys: z.array(z.string()),
});
export type TableFinding = z.infer<typeof TableFinding>;

export const ColumnFinding = z.object({
  table: z.string(),
  column: z.string(),
  role: ColumnRole,
  /** 0..1; the inference asks below its own threshold */
  confidence: z.number().min(0).max(1),
  reason: z.string(),
});
export type ColumnFinding = z.infer<typeof ColumnFinding>;

/** Something that init is unsure of: the guess is taken unless a person answers. */
export const Question = z.object({
  id: z.string(),
  question: z.string(),
  guess: z.string(),
  /** possible answers; empty when any text will do */
  options: z.array(z.string()),
  /** where in automodel.json the answer can be changed later */
  setting: z.string(),
});
export type Question = z.infer<typeof Question>;

export const InitResult = z.object({
  configPath: z.string(),
  task: Task,
  split: z.string(),
  label: z.string(),
  tables: z.array(TableFinding),
  columns: z.array(ColumnFinding),
  /** questions that stayed open, with the guess that was taken */
  questions: z.array(Question),
});
export type InitResult = z.infer<typeof InitResult>;

export const ColumnProfile = z.object({
  table: z.string(),
  column: z.string(),
  role: ColumnRole,
  type: z.string(),
  distinct: z.number().int().nonnegative(),
  /** share of rows without a value, 0..1 */
  missing: z.number().min(0).max(1),
  min: z.string().nullable(),
  max: z.string().nullable(),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

/** What a mechanical leak probe says of the data or of one column. */
export const ProbeFinding = z.object({
  probe: z.string(),
  table: z.string().nullable(),
  column: z.string().nullable(),
  verdict: z.enum(['clean', 'suspect', 'leak']),
  message: z.string(),
});
export type ProbeFinding = z.infer<typeof ProbeFinding>;

export const ProfileResult = z.object({
  contract: ContractRecord,
  tables: z.array(TableFinding),
  columns: z.array(ColumnProfile),
  duplicateRows: z.number().int().nonnegative(),
  users: z.number().int().nonnegative(),
  items: z.number().int().nonnegative(),
  /** mean of the main label per split; null for a sealed split and for next-item tasks */
  labelMean: z.record(SplitName, z.number().nullable()),
  probes: z.array(ProbeFinding),
  refused: z.array(RefusedColumn),
});
export type ProfileResult = z.infer<typeof ProfileResult>;

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
export const Improvement = z.object({
  metric: z.string(),
  split: SplitName,
  difference: z.number(),
  ci: z.tuple([z.number(), z.number()]),
  se: z.number().nonnegative(),
});
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
