// Means and paired intervals of the runs that every policy has on every problem.
import { studentQuantile } from '../../dist/stats/index.js';
import { budgets } from './play.mjs';

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @returns {{mean: number, se: number, half: number, n: number}} half: of the 95 % interval */
export function meanWithInterval(values) {
  const centre = mean(values);
  const n = values.length;
  const se = Math.sqrt(values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (n - 1) / n);
  return { mean: centre, se, half: studentQuantile(0.975, n - 1) * se, n };
}

/**
 * @param results per problem the rows of each policy by run
 * @param policies in the order of the table; all but `ownId` are rivals
 */
export function summarise(results, policies, ownId) {
  const sets = results.flatMap(({ rows }) => [...rows.values()]);
  const runs = [...sets[0].keys()].filter((run) => sets.every((rows) => rows.has(run))).sort((a, b) => a - b);
  if (runs.length < 2) throw new Error('fewer than two runs are complete over all problems and policies');
  const regretsOf = (rows, kind, b) => runs.map((run) => rows.get(run)[kind][b].regret);

  const rows = policies.flatMap((policy) =>
    (policy.id === ownId ? ['finish'] : ['plain', 'finish']).map((kind) => {
      const perProblem = results.map(({ problem, rows: of }) => ({
        id: problem.id,
        budgets: budgets.map((_, b) => meanWithInterval(regretsOf(of.get(policy.id), kind, b))),
      }));
      /** [budget][run]: mean over problems */
      const byRun = budgets.map((_, b) => {
        const each = results.map(({ rows: of }) => regretsOf(of.get(policy.id), kind, b));
        return runs.map((_run, r) => mean(each.map((regrets) => regrets[r])));
      });
      const overall = byRun.map(meanWithInterval);
      return {
        id: policy.id,
        kind,
        title: policy.title + (kind === 'finish' && policy.id !== ownId ? ', with the finish' : ''),
        mean: overall.map((b) => b.mean),
        half: overall.map((b) => b.half),
        perProblem,
        byRun,
      };
    }),
  );

  const mine = rows.find(({ id }) => id === ownId);
  const against = (kind) =>
    budgets.map((budget, b) => {
      const rivals = rows.filter((row) => row.id !== ownId && row.kind === kind);
      if (mine === undefined || rivals.length === 0) return undefined;
      const best = rivals.reduce((a, row) => (row.mean[b] < a.mean[b] ? row : a));
      const difference = meanWithInterval(runs.map((_, r) => mine.byRun[b][r] - best.byRun[b][r]));
      const losses = results.flatMap(({ problem }, p) =>
        mine.perProblem[p].budgets[b].mean > best.perProblem[p].budgets[b].mean ? [problem.id] : [],
      );
      return { budget, rival: best.title, rivalMean: best.mean[b], own: mine.mean[b], difference, losses };
    });

  const errors =
    mine === undefined
      ? []
      : results.map(({ problem, rows: of }) => {
          const each = (kind, member) =>
            meanWithInterval(
              runs.flatMap((run) => {
                const entries = of.get(ownId).get(run)[kind];
                const found = entries.map((entry) => entry[member]).filter((error) => error !== null);
                return found.length === 0 ? [] : [mean(found)];
              }),
            );
          return { id: problem.id, reported: each('finish', 'error'), naive: each('plain', 'naive') };
        });

  return {
    budgets,
    runs: runs.length,
    problems: results.map(({ problem }) => ({
      id: problem.id,
      kind: problem.kind,
      size: problem.size,
      complete: problem.complete,
    })),
    rows: rows.map(({ id, kind, title, mean: means, half, perProblem }) => ({
      id,
      kind,
      title,
      mean: means,
      half,
      perProblem,
    })),
    plain: against('plain'),
    finish: against('finish'),
    errors,
  };
}
