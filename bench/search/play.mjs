// One policy on one run of one problem: what it would hand over at each budget, plain and after the finish.
import { createFinish, finalists, finishRuns } from '../../dist/search/index.js';
import { instanceOf } from './problems/index.mjs';

export const budgets = [25, 50, 100, 200];
const slack = 1e-9;

const finalistCount = (runs) => Math.min(12, Math.max(2, Math.round(0.6 * runs)));

/** The highest score seen at the highest rung that was reached. */
function plainChoice(trials) {
  const scored = trials.filter(({ scores, state }) => scores.length > 0 && state !== 'failed');
  const top = Math.max(...scored.map(({ scores }) => scores.length));
  const there = scored.filter(({ scores }) => scores.length === top);
  return there.reduce((best, trial) => (trial.scores[top - 1] > best.scores[top - 1] ? trial : best));
}

/** Re-runs of the leaders on fresh seeds, with the same finish for everybody. */
function finished(problem, instance, trials, rungCount, runs) {
  const leaders = finalists(instance.space, trials, rungCount, finalistCount(runs));
  const finish = createFinish({
    finalists: leaders,
    runs,
    noiseSd: leaders[0].noiseSd,
    mostRunsEach: instance.mostFresh,
  });
  for (let run = finish.next(); run !== 'done'; run = finish.next()) {
    const { assignment } = leaders[run.finalist];
    finish.commit(run.index, instance.score(assignment, problem.rungs.length - 1, run.repeat + 1));
  }
  const { winner, reported } = finish.result();
  return { choice: leaders[winner], reported };
}

/**
 * @typedef {{budget: number, regret: number, error: number | null, naive: number}} Entry
 * @returns {{plain: Entry[], finish: Entry[]}} per budget: regret (0 the best, 1 a typical random configuration) and the
 * error of the score that is reported (of the choice's screening score without the finish), both in units of that range
 */
export function play(policy, problem, run, wanted = budgets) {
  const instance = instanceOf(problem, run);
  const rungs = policy.rungsOf(problem);
  const offset = problem.rungs.length - rungs.length; // a policy without rungs sees the last one alone
  const search = policy.create({ space: instance.space, pool: instance.pool, seed: run, rungs, problem });
  const range = instance.best - instance.typical;
  const verdict = (assignment, reported, observed) => {
    const truth = (instance.unbiased ?? instance.truth)(assignment);
    return {
      regret: (instance.best - instance.truth(assignment)) / range,
      error: reported === undefined ? null : (reported - truth) / range,
      naive: (observed - truth) / range,
    };
  };
  const marks = wanted
    .flatMap((budget) => [
      { budget, kind: 'plain', at: budget },
      { budget, kind: 'finish', at: budget - finishRuns(budget) },
    ])
    .sort((a, b) => a.at - b.at);
  const out = { plain: [], finish: [] };
  const settle = ({ budget, kind, at }, spent) => {
    const trials = search.history();
    if (kind === 'plain') {
      const choice = plainChoice(trials);
      const observed = choice.scores.at(-1);
      out.plain.push({ budget, ...verdict(choice.assignment, observed, observed) });
    } else {
      // What a search that ended early left over goes to the finish.
      const runs = finishRuns(budget) + Math.max(0, Math.floor(at - spent + slack));
      const { choice, reported } = finished(problem, instance, trials, rungs.length, runs);
      out.finish.push({ budget, ...verdict(choice.assignment, reported, choice.observed) });
    }
  };
  let spent = 0;
  let pending = 0;
  while (pending < marks.length) {
    const job = search.next();
    const cost = job === 'done' ? Infinity : job.fidelity - (job.rung === 0 ? 0 : rungs[job.rung - 1]);
    while (pending < marks.length && spent + cost > marks[pending].at + slack)
      settle(marks[pending++], spent);
    if (job === 'done') break;
    const value = instance.score(job.assignment, job.rung + offset, 0);
    search.commit(
      job.index,
      value === undefined
        ? { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: false }
        : { kind: 'score', value, costSeconds: cost, work: cost },
    );
    spent += cost;
  }
  return out;
}
