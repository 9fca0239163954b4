import type { ProjectOptions } from './operations.js';
import type { ExperimentAim } from './experiment-record.js';
import type { MetricDefinition } from './experiments.js';

/** What every test is judged or planned by. */
interface TestOptions {
  /** default .05 */
  readonly alpha?: number | undefined;
  /** by always-valid intervals, which hold at all looks together; default false: one look that was planned */
  readonly sequential?: boolean | undefined;
}

export interface ExperimentAnalyzeOptions extends TestOptions {
  /** absolute path of a Parquet, CSV or JSON-lines file: a row per exposure of a unit to a variant; or sums */
  readonly exposures: string;
  /** absolute path; undefined: the metrics lie in the exposures file */
  readonly metrics?: string | undefined;
  /** column of the randomised unit, in both files; undefined: sums */
  readonly unit?: string | undefined;
  readonly variant: string;
  /** the variant that all others are compared with */
  readonly control: string;
  /** planned traffic by variant, in any unit; undefined: equal */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /** empty: every metric of the data is a success metric, a mean, and better when it goes up */
  readonly definitions: readonly MetricDefinition[];
  /** default superiority; non-inferiority: guardrails shown safe are enough, and a success metric is out of place */
  readonly aim?: ExperimentAim | undefined;
  /** column of the exposures that parts the units; each part is read by itself, corrected for their number */
  readonly segment?: string | undefined;
  /** column of the exposures' time; undefined: exposed_at, at or timestamp where there is one */
  readonly exposedAt?: string | undefined;
  /** columns of the long form; defaults metric, value and at */
  readonly metricColumn?: string | undefined;
  readonly valueColumn?: string | undefined;
  readonly atColumn?: string | undefined;
  /** default relative */
  readonly scale?: 'relative' | 'absolute' | undefined;
  /** units of all arms that were planned: at them always-valid intervals are tightest and the experiment ends */
  readonly plannedUnits?: number | undefined;
  /** default holm */
  readonly correction?: 'holm' | 'benjamini-hochberg' | 'none' | undefined;
  /** normal prior of the lift for the Bayesian view; default flat */
  readonly prior?: { readonly mean: number; readonly sd: number } | undefined;
}

export interface ExperimentPlanOptions extends TestOptions {
  /** of the control, per unit; a rate for proportions */
  readonly mean: number;
  /** sd of one unit; undefined: `mean` is a rate and the sd follows from it */
  readonly sd?: number | undefined;
  /** signed relative lift to be found; or `margin`, a loss to be ruled out; neither: what `units` can show */
  readonly lift?: number | undefined;
  readonly margin?: number | undefined;
  /** of all arms, for the effect that they can show */
  readonly units?: number | undefined;
  /** which lift `units` is asked for; default up */
  readonly direction?: 'up' | 'down' | undefined;
  /** of the whole decision; default .8 */
  readonly power?: number | undefined;
  /** treatments beside the control; default 1 */
  readonly treatments?: number | undefined;
  readonly successMetrics?: number | undefined;
  readonly guardrails?: number | undefined;
  /** the control's share of the units; default equal */
  readonly controlShare?: number | undefined;
  /** correlation of the metric with its covariate; default 0 */
  readonly correlation?: number | undefined;
  /** new units a day that could enter, and the share of them that does (default 1) */
  readonly unitsPerDay?: number | undefined;
  readonly traffic?: number | undefined;
}

export interface ExperimentStartOptions extends ProjectOptions {
  /** absolute path of a JSON file of an ExperimentRecord; undefined: `members` are all of it */
  readonly file?: string | undefined;
  /** members of the record that replace those of the file */
  readonly members: Readonly<Record<string, unknown>>;
}

export interface ExperimentStatusOptions extends ProjectOptions {
  /** undefined: all */
  readonly id?: string | undefined;
  /** list who holds which parameter on which surface */
  readonly holds?: boolean | undefined;
}

export interface ExperimentStopOptions extends ProjectOptions {
  readonly id: string;
  readonly outcome: 'KEEP' | 'DISCARD' | 'killed';
  readonly reason: string;
}

export interface RunningExperimentOptions extends ProjectOptions {
  readonly id: string;
  /** absolute path of served events as JSON lines or Parquet; undefined: the project's own event log */
  readonly events?: string | undefined;
}

export interface ExperimentRampOptions extends RunningExperimentOptions {
  /** sets this share by hand and does not ask the guardrails; undefined: the ramp decides */
  readonly share?: number | undefined;
  /** say what would be done and write nothing */
  readonly dryRun?: boolean | undefined;
  /** look again after so long, until the experiment has ended, whoever ended it; undefined: look once */
  readonly watchEveryMs?: number | undefined;
}

export interface ExperimentEstimateOptions {
  /** absolute path of a Parquet, CSV or JSON-lines file, a row per decision */
  readonly log: string;
  readonly reward: string;
  readonly propensity: string;
  /** chance of the logged action under the judged policy */
  readonly target: string;
  /** a model's reward of the logged action, and its mean under the judged policy */
  readonly predicted?: string | undefined;
  readonly predictedTarget?: string | undefined;
  /** chance that the judged policy puts on actions that could not be logged */
  readonly unsupported?: string | undefined;
  /** rows of one unit are not independent */
  readonly unit?: string | undefined;
  /** weights are cut there; undefined: nowhere */
  readonly clip?: number | undefined;
  /** default .05 */
  readonly alpha?: number | undefined;
}
