import { join } from 'node:path';
import {
  metricDirections,
  primaryMetric,
  type EvolveResult,
  type ModelScore,
  type ProjectPaths,
} from '../../schema/index.js';
import type { ConcludedScore } from '../loop/conclusion.js';
import type { RunProjection } from '../loop/run-projection.js';
import { lessons } from './lessons.js';
import { reportTrials, tallies } from './trial-table.js';

/** Whether a value of the metric is better than another. */
export function betterOn(metric: string): (a: number, b: number) => boolean {
  return metricDirections[metric] === 'down' ? (a, b) => a < b : (a, b) => a > b;
}

/** What the run cost; from its screening and final trainings alone where the trial results are not at hand. */
export function costOf(run: RunProjection): EvolveResult['cost'] {
  if (run.cost !== undefined) return run.cost;
  const jobs = [...run.jobs, ...run.controlJobs];
  const finals = run.scores.map((score) => score.cost);
  return {
    seconds:
      jobs.reduce((sum, job) => sum + job.costSeconds, 0) +
      finals.reduce((sum, cost) => sum + cost.seconds, 0),
    trainings: jobs.length + finals.reduce((sum, cost) => sum + cost.trainings, 0),
    samples: finals.reduce((sum, cost) => sum + cost.samples, 0),
  };
}

function plain({ model, assignment, metrics, cost }: ConcludedScore): ModelScore {
  return { model, assignment, metrics, cost };
}

/** The command's result, from the projection alone. */
export function evolveResult(
  run: RunProjection,
  paths: ProjectPaths,
  about: { readonly resumed: boolean; readonly openingsBefore: number; readonly report: string | null },
): EvolveResult {
  const metric = primaryMetric[run.settings.task];
  const trials = reportTrials(run, metric);
  const { all, byProposer } = tallies(trials, betterOn(metric));
  const one = (role: ConcludedScore['role']) => run.scores.find((score) => score.role === role);
  const baseline = one('baseline');
  if (baseline === undefined) throw new RangeError(`run ${run.runId} was not concluded`);
  const control = one('control');
  return {
    runId: run.runId,
    outcome: one('best') === undefined ? 'nothing-better' : 'accepted',
    nullRun: run.settings.nullSeed !== null,
    resumed: about.resumed,
    metric,
    contract: run.contract,
    floors: run.scores.filter((score) => score.role === 'floor').map(plain),
    baseline: plain(baseline),
    best: plain(one('best') ?? baseline),
    improvement: run.improvement,
    trials: { ...all, byProposer },
    gate: [...run.looks],
    minimumGain: run.minimumGain ?? { value: 0, source: 'resolvable' },
    testOpenings: { before: about.openingsBefore, thisRun: run.testOpenings },
    refit:
      run.refit === null ? null : { ...run.refit, artefactPath: join(paths.artefacts, run.refit.artefact) },
    refused: [...run.refused],
    learned: lessons(run, metric),
    control:
      control === undefined
        ? null
        : {
            ...plain(control),
            policy: 'random',
            trials: new Set(run.controlJobs.map((job) => job.trial)).size,
          },
    cost: costOf(run),
    report: about.report,
  };
}
