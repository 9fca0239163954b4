import { orientedValue } from '../evaluation/scoring.js';
import type { ProposerTally, ReportTrial, SearchCurve } from '../../schema/index.js';
import type { RunProjection } from '../loop/run-projection.js';
import type { CommittedJob } from '../loop/screening.js';

/** One entry per trial: its last committed rung. In proposal order. */
export function reportTrials(run: RunProjection, metric: string): ReportTrial[] {
  const top = run.settings.rungs.length - 1;
  const byTrial = new Map<number, CommittedJob[]>();
  for (const job of run.jobs) byTrial.set(job.trial, [...(byTrial.get(job.trial) ?? []), job]);
  return [...byTrial.entries()]
    .toSorted(([a], [b]) => a - b)
    .map(([trial, jobs]) => {
      const last = jobs[jobs.length - 1];
      const scored = jobs.findLast((job) => job.value !== null);
      return {
        trial,
        parents: last.parent === null ? [] : [last.parent],
        proposer: last.proposer,
        model: String(last.assignment['model']),
        assignment: last.assignment,
        status:
          last.value === null
            ? ('fault' as const)
            : last.rung < top
              ? ('stopped-early' as const)
              : ('scored' as const),
        fidelity: last.fidelity,
        value: scored?.value == null ? null : orientedValue(metric, scored.value),
        ci: scored?.ci ?? null,
        faultCode: last.faultCode,
        costSeconds: jobs.reduce((sum, job) => sum + job.costSeconds, 0),
        incumbent: run.incumbentTrials.includes(trial),
      };
    });
}

const emptyTally: ProposerTally = { proposed: 0, scored: 0, stoppedEarly: 0, faults: 0, best: null };

/** Counts per proposer and over all; `best` is the best value at the top rung. */
export function tallies(
  trials: readonly ReportTrial[],
  better: (a: number, b: number) => boolean,
): { readonly all: ProposerTally; readonly byProposer: Record<string, ProposerTally> } {
  const byProposer: Record<string, ProposerTally> = {};
  let all = emptyTally;
  const add = (tally: ProposerTally, trial: ReportTrial): ProposerTally => ({
    proposed: tally.proposed + 1,
    scored: tally.scored + (trial.status === 'scored' ? 1 : 0),
    stoppedEarly: tally.stoppedEarly + (trial.status === 'stopped-early' ? 1 : 0),
    faults: tally.faults + (trial.status === 'fault' ? 1 : 0),
    best:
      trial.status === 'scored' &&
      trial.value !== null &&
      (tally.best === null || better(trial.value, tally.best))
        ? trial.value
        : tally.best,
  });
  for (const trial of trials) {
    all = add(all, trial);
    byProposer[trial.proposer] = add(byProposer[trial.proposer] ?? emptyTally, trial);
  }
  return { all, byProposer };
}

interface CurveValue {
  readonly value: number;
  readonly ci: readonly [number, number] | null;
}

/** Best top-rung value so far after each trial, for the engine and (from its own trials alone) for random. */
export function searchCurves(
  trials: readonly ReportTrial[],
  control: readonly CommittedJob[],
  metric: string,
  topRung: number,
  better: (a: number, b: number) => boolean,
): SearchCurve[] {
  const curve = (name: string, finished: readonly (CurveValue | null)[]): SearchCurve => {
    let best: CurveValue | undefined;
    const points = finished.flatMap((entry, i) => {
      if (entry !== null && (best === undefined || better(entry.value, best.value))) best = entry;
      return best === undefined ? [] : [{ trial: i + 1, best: best.value, ci: best.ci }];
    });
    return { name, points };
  };
  const finished = ({ status, value, ci }: ReportTrial) =>
    status === 'scored' && value !== null ? { value, ci } : null;
  const curves = [
    curve('all proposers', trials.map(finished)),
    curve('random share', trials.filter((trial) => trial.proposer === 'random').map(finished)),
  ];
  if (control.length > 0) {
    const last = new Map(control.map((job) => [job.trial, job]));
    const inOrder = [...last.entries()].toSorted(([a], [b]) => a - b).map(([, job]) => job);
    const values = inOrder.map(({ rung, value, ci }) =>
      rung === topRung && value !== null ? { value: orientedValue(metric, value), ci } : null,
    );
    curves.push(curve('random, whole budget', values));
  }
  return curves.filter(({ points }) => points.length > 0);
}
