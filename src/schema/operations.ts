import type { AuditResult } from './audit.js';
import type { PerfLimitsInput, PlanServingResult } from './autoperf.js';
import type { MeasuredCalibration, SimulatedGate } from './calibration.js';
import type {
  ExperimentAnalyzeOptions,
  ExperimentEstimateOptions,
  ExperimentPlanOptions,
  ExperimentRampOptions,
  ExperimentStartOptions,
  ExperimentStatusOptions,
  ExperimentStopOptions,
  RunningExperimentOptions,
} from './experiment-options.js';
import type { ExperimentAnalyzeResult, ExperimentPlanResult } from './experiments.js';
import type {
  CounterfactualResult,
  ExperimentChangeResult,
  ExperimentRampResult,
  ExperimentStartResult,
  ExperimentStatusResult,
} from './online-experiments.js';
import type { DemoOnlineResult } from './online-demo.js';
import type { ProgressEvent } from './progress.js';
import type { ReportModel } from './report-model.js';
import type { InitResult, ProfileResult, Question } from './data-results.js';
import type { EvolveResult } from './evolve-result.js';
import type {
  EvaluateResult,
  PredictResult,
  ReportResult,
  SalvageResult,
  TrainResult,
  Warning,
  WorldResult,
} from './results.js';
import type { HostedService } from './serving.js';
import type { PlanTrainingResult, TrainingLimitsInput } from './training-plan.js';
import type { Assignment } from './trial.js';
import type { ColumnRole, Task } from './roles.js';

/**
 * Everything that a face (command line, HTTP, library) may ask of the engine. Implemented by `agents`; faces parse,
 * call and print (`doctor` is `checkEnvironment` of platform, so that it works where the engine does not load; `start`
 * is a script over these). Every operation works on one project folder, rejects with an AutoModelError, and stops soon after
 * `io.signal` aborts by rejecting with code INTERRUPTED, leaving a state that can be resumed.
 */
export interface Operations {
  /** Infers tables, roles and split, and writes automodel.json. */
  init(options: InitOptions, io: OperationIo): Promise<InitResult>;
  /** Describes tables, splits and columns, with what init found to leak. */
  profile(options: ProjectOptions, io: OperationIo): Promise<ProfileResult>;
  /** Looks for leaks and defects in tables, parts and encoding; says what it saw, with numbers. */
  audit(options: AuditOptions, io: OperationIo): Promise<AuditResult>;
  /** Trains one model over seeds, scores it beside the floors and keeps its artefact (the floors of click tasks keep none). */
  train(options: TrainOptions, io: OperationIo): Promise<TrainResult>;
  /** Scores the rows of a file with an artefact; writes Parquet or CSV of (row, score). */
  predict(options: PredictOptions, io: OperationIo): Promise<PredictResult>;
  /** Recomputes every metric from any system's predictions under the project's contract. */
  evaluate(options: EvaluateOptions, io: OperationIo): Promise<EvaluateResult>;
  /** Searches, gates, opens the test split once, refits, reports. */
  evolve(options: EvolveOptions, io: OperationIo): Promise<EvolveResult>;
  /** Measures the project's noise: what the gate can resolve, and how often it errs on copies of one configuration. */
  calibrate(options: CalibrateOptions, io: OperationIo): Promise<MeasuredCalibration>;
  /** Simulates runs of the gate's own code in which the truth is known; needs no project. */
  simulateGate(options: SimulateGateOptions, io: OperationIo): Promise<SimulatedGate>;
  /** Rebuilds the report of the latest (or a named) run from the journal. */
  report(options: ReportOptions, io: OperationIo): Promise<ReportResult>;
  /** Mends a damaged journal with its whole events; the damaged file is kept. */
  salvage(options: SalvageOptions, io: OperationIo): Promise<SalvageResult>;
  /** Generates a short-video log. */
  generateWorld(options: WorldOptions, io: OperationIo): Promise<WorldResult>;
  /** Opens a trained ranking model, its pipeline and the events so far, to be asked; close it when done. */
  serve(options: ServeOptions, io: OperationIo): Promise<HostedService>;
  /** World, pipeline, a better and a worse change, both ramped, with the truth beside the estimates. */
  demoOnline(options: DemoOnlineOptions, io: OperationIo): Promise<DemoOnlineResult>;
  /** Decides threads, precision, table storage and candidates by measuring: the cheapest plan that keeps the limits. */
  planServing(options: PlanServingOptions, io: OperationIo): Promise<PlanServingResult>;
  /** Decides how trainings share the machine by measuring their steps; batch sizes only where their quality is tested. */
  planTraining(options: PlanTrainingOptions, io: OperationIo): Promise<PlanTrainingResult>;
  /** Judges an A/B test from exposures and metrics of any system; needs no project. */
  analyzeExperiment(options: ExperimentAnalyzeOptions, io: OperationIo): Promise<ExperimentAnalyzeResult>;
  /** Plans an A/B test: the sample that an effect needs, or the effect that a sample shows; needs no project. */
  planExperiment(options: ExperimentPlanOptions, io: OperationIo): Promise<ExperimentPlanResult>;
  /** Starts an A/B test of the project at the first step of its ramp; servers take it up by themselves. */
  startExperiment(options: ExperimentStartOptions, io: OperationIo): Promise<ExperimentStartResult>;
  /** Says what runs and ran, and who holds what. */
  experimentStatus(options: ExperimentStatusOptions, io: OperationIo): Promise<ExperimentStatusResult>;
  /** Ends a running A/B test; everybody gets the control again from then on. */
  stopExperiment(options: ExperimentStopOptions, io: OperationIo): Promise<ExperimentChangeResult>;
  /** Looks at a running A/B test, once or again and again until it ends, and does what its ramp says; or sets its share by hand. */
  rampExperiment(options: ExperimentRampOptions, io: OperationIo): Promise<ExperimentRampResult>;
  /** Judges a running or ended A/B test of the project from its event log. */
  analyzeRunningExperiment(
    options: RunningExperimentOptions,
    io: OperationIo,
  ): Promise<ExperimentAnalyzeResult>;
  /** Estimates what another policy would have earned, from the log of the one that acted; needs no project. */
  estimatePolicyValue(options: ExperimentEstimateOptions, io: OperationIo): Promise<CounterfactualResult>;
}

/** How an operation talks to whoever called it. */
export interface OperationIo {
  readonly onProgress: (event: ProgressEvent) => void;
  readonly warn: (warning: Warning) => void;
  readonly signal: AbortSignal;
  /**
   * Asks the person. Undefined where nobody can answer: then the guess is taken and the operation warns with code
   * OPEN_QUESTION.
   */
  readonly ask: ((question: Question) => Promise<string>) | undefined;
  /** Turns a report into one self-contained HTML document; the operation writes it to the project. */
  readonly renderReport: (model: ReportModel) => Promise<string>;
}

export interface ProjectOptions {
  /** absolute path of the folder that holds automodel.json and .automodel/ */
  readonly projectDir: string;
}

export interface InitOptions extends ProjectOptions {
  /** absolute paths, as named on the command line (the only paths that may leave the project) */
  readonly files: readonly string[];
  /** undefined: inferred */
  readonly task: Task | undefined;
  /** time | column:<name>[@boundaries] | leave-one-out[:order=<col>] | files | random; undefined: inferred */
  readonly split: string | undefined;
  /** rule that turns a rating into a label, such as "rating>=4" */
  readonly positive: string | undefined;
  /** the label column; undefined: inferred */
  readonly label: string | undefined;
  /** the time column of the log; absent: inferred */
  readonly clock?: string | undefined;
  /** roles that are said and not inferred, by "table.column" (or the column alone where one table has it) */
  readonly roles?: Readonly<Record<string, ColumnRole>> | undefined;
  /** read roles from a dataset.json beside the data */
  readonly useDatasetJson: boolean;
}

export interface AuditOptions extends ProjectOptions {
  /** names of probes; undefined: all */
  readonly probes: readonly string[] | undefined;
}

export interface TrainOptions extends ProjectOptions {
  readonly model: string;
  /** number of seeds: seed, seed + 1, ... */
  readonly seeds: number;
  readonly seed: number;
  /** overrides of the model's defaults */
  readonly hyperParameters: Assignment;
  /** number of tuning trials on validation before the seeds; 0 leaves it out */
  readonly tune: number;
  /** false leaves the test split closed */
  readonly test: boolean;
  /** trainings at once; default: what training.json says where there are as many seeds, else 1 */
  readonly workers?: number | undefined;
}

export interface PredictOptions extends ProjectOptions {
  readonly input: string;
  readonly out: string;
  /** hash or unique prefix; undefined: the latest */
  readonly artefact: string | undefined;
}

export interface EvaluateOptions extends ProjectOptions {
  /** Parquet or CSV of (row, score), or (row, item, score) rankings for next-item tasks */
  readonly predictions: string;
  readonly split: 'validation' | 'test';
}

export interface EvolveOptions extends ProjectOptions {
  /** at least one of trials and minutes; whichever is spent first ends the search */
  readonly trials: number | undefined;
  readonly minutes: number | undefined;
  readonly seed: number;
  /** trials at once; undefined: what training.json says, else 1 */
  readonly workers: number | undefined;
  readonly resume: boolean;
  /** labels shuffled: must accept nothing */
  readonly nullRun: boolean;
  /** 'full': random search with the whole budget beside the engine */
  readonly control: 'share' | 'full';
  /** 'all' adds the test rows after the claim was made */
  readonly refit: 'train+validation' | 'all';
  /** smallest difference on the primary metric that counts; undefined: the smallest resolvable */
  readonly minimumGain: number | undefined;
  /** go on where the minimum gain is smaller than what the gate can resolve; default false: that is refused */
  readonly force?: boolean;
  /** paired seeds of one look of the gate, at least 2; default 5 */
  readonly gateSeeds?: number;
  /** minutes after which a trial is stopped and counted as a fault; undefined: a third of `minutes`, else none */
  readonly trialMinutes: number | undefined;
  /** MiB that one worker may use; undefined: four fifths of the machine's memory, shared by the workers */
  readonly trialMemoryMb: number | undefined;
}

export type SalvageOptions = ProjectOptions;

export interface CalibrateOptions extends ProjectOptions {
  /** seeds of each configuration, at least 2, beside those of its A/A copy; undefined: as many as evolve takes */
  readonly seeds: number | undefined;
  /** undefined: as long as it takes */
  readonly minutes: number | undefined;
  readonly workers: number;
  /** seed of the run that is to follow, so that it finds these trainings */
  readonly seed: number;
  /** on the primary metric, in its own units: how many paired seeds resolve it */
  readonly wantedGain: number | undefined;
}

export interface SimulateGateOptions {
  readonly runs: number;
  /** candidates of each run */
  readonly candidates: number;
  readonly workers: number;
  readonly seed: number;
}

export interface ReportOptions extends ProjectOptions {
  /** undefined: the latest run */
  readonly runId: string | undefined;
}

export interface WorldOptions {
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  readonly days: number;
  /** absolute folder */
  readonly out: string;
  /** a world where nothing beats the baseline */
  readonly nullWorld: boolean;
}

export interface ServeOptions extends ProjectOptions {
  /** hash or unique prefix; undefined: the latest */
  readonly artefact: string | undefined;
  /** absolute path of a pipeline.json; undefined: the project's own, or a plain one */
  readonly pipeline: string | undefined;
  /** threads that ranking models run on; undefined: as many as the machine's settings say */
  readonly modelThreads: number | undefined;
  /** the model so many times, each on threads of its own; undefined: as often as serving.json says, or once */
  readonly modelInstances: number | undefined;
  /** a snapshot of the users' states is taken after so many events; undefined: the service decides */
  readonly snapshotEvents: number | undefined;
}

export interface DemoOnlineOptions {
  /** absolute path of the folder of the demonstration; its stores are written anew */
  readonly dir: string;
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  /** days of log that the model is trained on, and days that each experiment may take */
  readonly logDays: number;
  readonly testDays: number;
}

export interface PlanServingOptions extends ProjectOptions {
  /** hash or unique prefix; undefined: the latest */
  readonly artefact: string | undefined;
  /** absolute path of a pipeline.json; undefined: the project's own, or a plain one */
  readonly pipeline: string | undefined;
  readonly limits: PerfLimitsInput;
  /** users that are asked for, one request each; undefined: 200 */
  readonly requests?: number | undefined;
  /** how long a plan is loaded before it is believed; undefined: 5 */
  readonly loadSeconds?: number | undefined;
  /** write the plan into pipeline.json and serving.json */
  readonly apply?: boolean | undefined;
  /** absolute path: write a record for `startExperiment` that ramps the plan */
  readonly experiment?: string | undefined;
}

export interface PlanTrainingOptions extends ProjectOptions {
  /** this one or `artefact` */
  readonly model: string | undefined;
  /** hash or unique prefix of an artefact whose model and assignment are taken */
  readonly artefact: string | undefined;
  /** overrides of the model's defaults or of the artefact's assignment */
  readonly hyperParameters: Assignment;
  readonly limits: TrainingLimitsInput;
  /** seeds that a larger batch is tested with; undefined or 0: batch sizes stay as given */
  readonly batchSeeds?: number | undefined;
  /** times that each plan has its turn; undefined: 9 */
  readonly rounds?: number | undefined;
  /** of one turn; undefined: 1.2 */
  readonly windowSeconds?: number | undefined;
  /** write the plan into training.json */
  readonly apply?: boolean | undefined;
}
