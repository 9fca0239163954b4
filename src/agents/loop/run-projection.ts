import {
  ContractRecord,
  type Cost,
  type DatasetContract,
  type GateLook,
  type Improvement,
  type RefusedColumn,
  type Warning,
} from '../../schema/index.js';
import { SearchAnalysis } from './analysis.js';
import type { ConcludedScore } from './conclusion.js';
import { BudgetGrant, RunSettings } from './run-settings.js';
import type { CommittedJob } from './screening.js';

export interface RecordedDecisionAt {
  readonly kind: string;
  readonly payload: unknown;
  /** milliseconds since 1970 */
  readonly at: number;
}

/** What a run is, as its recorded decisions tell: results and reports are made from this and from nothing else. */
export interface RunProjection {
  readonly runId: string;
  readonly settings: RunSettings;
  readonly contract: DatasetContract;
  readonly grants: readonly BudgetGrant[];
  readonly grantsSpent: number;
  readonly jobs: readonly CommittedJob[];
  readonly controlJobs: readonly CommittedJob[];
  readonly analysis: SearchAnalysis | undefined;
  readonly looks: readonly GateLook[];
  readonly incumbentTrials: readonly number[];
  readonly minimumGain: { readonly value: number; readonly source: 'user' | 'resolvable' } | undefined;
  readonly noise: { readonly sd: number; readonly degreesOfFreedom: number } | undefined;
  readonly scores: readonly ConcludedScore[];
  readonly improvement: Improvement | null;
  readonly refit: {
    readonly artefact: string;
    readonly fittedOn: 'train+validation' | 'all';
    readonly epochs: number;
  } | null;
  readonly testOpenings: number;
  readonly refused: readonly RefusedColumn[];
  readonly warnings: readonly Warning[];
  /** all trainings of the run, tuning, calibration, race and gate included; undefined when only decisions are known */
  readonly cost: Cost | undefined;
  readonly startedAt: number;
  readonly lastAt: number;
}

/** Payload of run-started. */
export interface RunStart {
  readonly settings: RunSettings;
  readonly contract: DatasetContract;
  readonly refused: readonly RefusedColumn[];
  /** of these, what the audit before the run took out; absent in runs of earlier versions */
  readonly dropped?: readonly RefusedColumn[];
  readonly warnings: readonly Warning[];
  /** the budget that the run began with */
  readonly grant: BudgetGrant;
}

/** Folds a run's decisions, oldest first. A run that was interrupted gives a partial projection. */
export function projectRun(
  runId: string,
  decisions: readonly RecordedDecisionAt[],
  cost?: Cost,
): RunProjection {
  const of = <T>(kind: string) => decisions.filter((d) => d.kind === kind).map((d) => d.payload as T);
  const [start] = of<RunStart>('run-started');
  const committed = of<CommittedJob & { arm: string }>('trial-committed');
  const concluded = of<{ scores: ConcludedScore[]; improvement: Improvement | null }>('run-concluded').at(-1);
  const analysed = of<unknown>('search-analysed').at(-1);
  const spent = of<{ minimumGain: { value: number; source: 'user' | 'resolvable' } }>('grant-spent');
  const refit = of<{ artefact: string | null; fittedOn: 'train+validation' | 'all'; epochs: number }>(
    'refit-finished',
  ).at(-1);
  return {
    runId,
    settings: RunSettings.parse(start.settings),
    contract: ContractRecord.parse(start.contract),
    grants: of<unknown>('budget-granted').map((grant) => BudgetGrant.parse(grant)),
    grantsSpent: spent.length,
    jobs: committed.filter((job) => job.arm === 'main'),
    controlJobs: committed.filter((job) => job.arm === 'control'),
    analysis: analysed === undefined ? undefined : SearchAnalysis.parse(analysed),
    looks: of<GateLook>('gate-looked'),
    incumbentTrials: of<{ trial: number }>('incumbent-changed').map(({ trial }) => trial),
    minimumGain: spent.at(-1)?.minimumGain,
    noise: of<{ sd: number; degreesOfFreedom: number }>('noise-measured').at(-1),
    scores: concluded?.scores ?? [],
    improvement: concluded?.improvement ?? null,
    refit: refit?.artefact == null ? null : { ...refit, artefact: refit.artefact },
    testOpenings: of('test-opened').length,
    refused: start.refused,
    warnings: start.warnings,
    cost,
    startedAt: decisions[0].at,
    lastAt: decisions[decisions.length - 1].at,
  };
}
