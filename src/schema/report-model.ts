import type { DatasetContract } from './dataset.js';
import type { RefusedColumn } from './data-results.js';
import type { GateLook, Improvement, ProposerTally } from './evolve-result.js';
import type { ModelScore } from './model-scores.js';
import type { Warning } from './results.js';
import type { Assignment } from './trial.js';

/**
 * One run as a report shows it: plain data, a projection of the journal. Every string may come from hostile data
 * (column names, fault messages); the renderer escapes, the builder does not.
 */
export interface ReportModel {
  /** name of the project folder */
  readonly project: string;
  readonly runId: string;
  readonly engineVersion: string;
  /** ISO 8601 */
  readonly generatedAt: string;
  readonly nullRun: boolean;
  readonly outcome: 'accepted' | 'nothing-better' | 'unfinished';
  /** the primary metric, and whether larger is better */
  readonly metric: string;
  readonly direction: 'up' | 'down';
  readonly contract: DatasetContract;
  /** floors, baseline, best and control, in the order to show */
  readonly scores: readonly ReportScore[];
  readonly improvement: Improvement | null;
  readonly minimumGain: { readonly value: number; readonly source: 'user' | 'resolvable' } | null;
  /** in proposal order */
  readonly trials: readonly ReportTrial[];
  /** best value so far after each trial: the engine's, and random's beside it */
  readonly searchCurves: readonly SearchCurve[];
  readonly effects: readonly ParameterEffect[];
  readonly proposers: Readonly<Record<string, ProposerTally>>;
  readonly gate: readonly GateLook[];
  readonly testOpenings: { readonly before: number; readonly thisRun: number };
  readonly refused: readonly RefusedColumn[];
  readonly learned: readonly string[];
  readonly warnings: readonly Warning[];
  readonly budget: ReportBudget;
  /** what the kept artefact was fitted on; null when none was kept */
  readonly refit: { readonly fittedOn: string; readonly artefact: string } | null;
}

export interface ReportScore extends ModelScore {
  readonly role: 'floor' | 'baseline' | 'best' | 'control';
}

export interface ReportTrial {
  /** position in the order of proposals, from 0 */
  readonly trial: number;
  /** trials that this proposal was made from; empty for a fresh one */
  readonly parents: readonly number[];
  readonly proposer: string;
  readonly model: string;
  readonly assignment: Assignment;
  readonly status: 'scored' | 'stopped-early' | 'fault';
  /** share of the full training budget that was spent, (0, 1] */
  readonly fidelity: number;
  /** primary metric on the search share of validation; null for a fault */
  readonly value: number | null;
  readonly ci: readonly [number, number] | null;
  readonly faultCode: string | null;
  readonly costSeconds: number;
  /** it became the incumbent when it finished */
  readonly incumbent: boolean;
}

export interface SearchCurve {
  readonly name: string;
  readonly points: readonly {
    /** number of own trials so far, from 1 */
    readonly trial: number;
    readonly best: number;
    readonly ci: readonly [number, number] | null;
  }[];
}

/** How the primary metric moves with one parameter, other parameters averaged out. */
export interface ParameterEffect {
  readonly parameter: string;
  readonly scale: 'linear' | 'log' | 'categorical';
  /** share of the variance between trials that it explains, 0..1 */
  readonly importance: number;
  readonly points: readonly {
    readonly value: string | number | boolean;
    readonly mean: number;
    readonly ci: readonly [number, number] | null;
    readonly trials: number;
  }[];
}

export interface ReportBudget {
  readonly seed: number;
  readonly trials: number | null;
  readonly minutes: number | null;
  readonly workers: number;
  readonly elapsedSeconds: number;
  /** training seconds summed over workers */
  readonly costSeconds: number;
}
