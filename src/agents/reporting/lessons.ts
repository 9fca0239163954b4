import type { RunProjection } from '../loop/run-projection.js';

/** Effects and proposers told at most. */
const mostLessons = 6;

/**
 * What was learned, in sentences made from figures of the journal. Single-run effects are hypotheses and are told as
 * such (3-evidence rule 14).
 */
export function lessons(run: RunProjection, metric: string): string[] {
  const told: string[] = [];
  for (const { column, table, role, reason } of run.refused.filter((refused) => refused.role === 'leak')) {
    told.push(`Refused ${table}.${column} as an input (${role}): ${reason}.`);
  }
  if (run.improvement !== null) {
    const { difference, ci, split } = run.improvement;
    told.push(
      `The accepted recipe improves ${metric} on ${split} by ${signed(difference)} over the baseline (95 % interval ${signed(ci[0])} to ${signed(ci[1])}).`,
    );
  } else if (run.grantsSpent > 0) {
    told.push('No candidate beat the baseline beyond the noise, so nothing was accepted.');
  }
  for (const { parameter, levels, importance } of run.analysis?.effects.slice(0, mostLessons) ?? []) {
    const [best] = levels.toSorted((a, b) => b.effect - a.effect);
    if (best === undefined || best.ci === null || best.ci[0] <= 0) continue;
    told.push(
      `Hypothesis: ${parameter} near ${best.level} helps (${signed(best.effect)} against the mean of ${levels.reduce((n, l) => n + l.trials, 0)} trials; explains ${(importance * 100).toFixed(0)} % of the spread).`,
    );
  }
  for (const { proposer, difference, ci, comparedAt } of run.analysis?.proposers ?? []) {
    if (proposer === 'random') continue;
    const verdict = ci[0] > 0 ? 'beats' : ci[1] < 0 ? 'loses to' : 'cannot be told from';
    told.push(
      `Proposer ${proposer} ${verdict} random at ${comparedAt} own trials (expected best ${signed(difference)}, 95 % interval ${signed(ci[0])} to ${signed(ci[1])}).`,
    );
  }
  return told;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toPrecision(3)}`;
}
