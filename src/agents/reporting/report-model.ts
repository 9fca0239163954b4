import { basename } from 'node:path';
import { packageVersion } from '../../platform/index.js';
import {
  metricDirections,
  primaryMetric,
  type ParameterEffect,
  type ProjectPaths,
  type ReportModel,
} from '../../schema/index.js';
import type { RunProjection } from '../loop/run-projection.js';
import { betterOn, costOf } from './evolve-result.js';
import { lessons } from './lessons.js';
import { reportTrials, searchCurves, tallies } from './trial-table.js';

/** The report of a run, finished or not, from its projection. */
export function reportModel(run: RunProjection, paths: ProjectPaths, openingsBefore: number): ReportModel {
  const metric = primaryMetric[run.settings.task];
  const trials = reportTrials(run, metric);
  const better = betterOn(metric);
  const accepted = run.scores.some((score) => score.role === 'best');
  return {
    project: basename(paths.root),
    runId: run.runId,
    engineVersion: packageVersion,
    generatedAt: new Date(run.lastAt).toISOString(),
    nullRun: run.settings.nullSeed !== null,
    outcome: run.grantsSpent === 0 ? 'unfinished' : accepted ? 'accepted' : 'nothing-better',
    metric,
    direction: metricDirections[metric],
    contract: run.contract,
    scores: run.scores.map(({ role, model, assignment, metrics, cost }) => ({
      role,
      model,
      assignment,
      metrics,
      cost,
    })),
    improvement: run.improvement,
    minimumGain: run.minimumGain ?? null,
    trials,
    searchCurves: searchCurves(trials, run.controlJobs, metric, run.settings.rungs.length - 1, better),
    effects: run.analysis?.effects.map(effectOf) ?? [],
    proposers: tallies(trials, better).byProposer,
    gate: run.looks,
    testOpenings: { before: openingsBefore, thisRun: run.testOpenings },
    refused: run.refused,
    learned: lessons(run, metric),
    warnings: run.warnings,
    budget: {
      seed: run.settings.seed,
      trials: granted(run.grants.map(({ trials: most }) => most)),
      minutes: granted(run.grants.map(({ minutes }) => minutes)),
      workers: run.settings.workers,
      elapsedSeconds: (run.lastAt - run.startedAt) / 1000,
      costSeconds: costOf(run).seconds,
    },
    refit: run.refit,
  };
}

/** What all grants together allow; null when there is none or one of them sets no limit. */
function granted(limits: readonly (number | null)[]): number | null {
  if (limits.length === 0) return null;
  return limits.reduce((sum, limit) => (sum === null || limit === null ? null : sum + limit));
}

type Analysed = NonNullable<RunProjection['analysis']>['effects'][number];

function effectOf(effect: Analysed): ParameterEffect {
  return {
    parameter: effect.parameter,
    scale: 'categorical',
    importance: effect.importance,
    points: effect.levels.map(({ level, effect: mean, ci, trials }) => ({ value: level, mean, ci, trials })),
  };
}
