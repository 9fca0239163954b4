import type { Trial } from './trial.js';

/**
 * The trial to promote next under asynchronous successive halving (Li et al., MLSys 2020, algorithm 2): from the top
 * rung downwards, the first trial that is among the best 1/eta of those scored at its rung and was not promoted yet.
 * @param closing no more proposals will come: the quota is rounded up, so that a small search still reaches the top
 * @returns trial index, or undefined when nobody may climb
 */
export function promotable(
  trials: readonly Trial[],
  rungCount: number,
  eta: number,
  closing: boolean,
): number | undefined {
  for (let rung = rungCount - 2; rung >= 0; rung -= 1) {
    const scored = trials.filter((trial) => trial.scores.length > rung);
    const quota = closing ? Math.ceil(scored.length / eta) : Math.floor(scored.length / eta);
    const best = scored.sort((a, b) => b.scores[rung] - a.scores[rung] || a.index - b.index).slice(0, quota);
    const next = best.find((trial) => trial.scores.length === rung + 1 && trial.state === 'waiting');
    if (next !== undefined) return next.index;
  }
  return undefined;
}
