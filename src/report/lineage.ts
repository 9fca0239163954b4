import type { Assignment, ReportModel, ReportTrial } from '../schema/index.js';

/** One step of the way to the best: what a trial changed against the trial that it was made from. */
export interface LineageStep {
  readonly trial: ReportTrial;
  readonly changes: readonly {
    readonly parameter: string;
    readonly from: string | undefined;
    readonly to: string | undefined;
  }[];
}

/** The last incumbent; undefined when no trial was scored. */
export function lastIncumbent(trials: ReportModel['trials']): ReportTrial | undefined {
  return trials.findLast(({ incumbent }) => incumbent);
}

/** First parents from the root to a trial, each with its changes; the root lists its whole assignment as changes. */
export function lineageOf(trials: ReportModel['trials'], end: ReportTrial): LineageStep[] {
  const byNumber = new Map(trials.map((trial) => [trial.trial, trial]));
  const way: ReportTrial[] = [];
  const seen = new Set<number>();
  let current: ReportTrial | undefined = end;
  while (current !== undefined && !seen.has(current.trial)) {
    seen.add(current.trial);
    way.unshift(current);
    current = current.parents.length > 0 ? byNumber.get(current.parents[0]) : undefined;
  }
  return way.map((trial, index) => ({
    trial,
    changes: changesBetween(index === 0 ? {} : withModel(way[index - 1]), withModel(trial)),
  }));
}

function withModel({ model, assignment }: ReportTrial): Assignment {
  return { model, ...assignment };
}

function changesBetween(before: Assignment, after: Assignment): LineageStep['changes'] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  const read = (assignment: Assignment, name: string): string | undefined =>
    Object.hasOwn(assignment, name) ? String(assignment[name]) : undefined;
  return names
    .map((parameter) => ({ parameter, from: read(before, parameter), to: read(after, parameter) }))
    .filter(({ from, to }) => from !== to);
}
