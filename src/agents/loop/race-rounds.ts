import { createFinish, type FinishRun } from '../../search/index.js';

/** How many leaders race, and on how many fresh seeds each. */
export const leadersInRace = 5;
export const racingSeeds = 2;

/** Prior sd in units of the noise: what screening said of a leader counts for nothing beside one fresh run. */
const vague = 1e3;

/** A leader with the mean of its fresh runs; larger is better. */
export interface Raced {
  readonly trial: number;
  /** place among the leaders as they came */
  readonly finalist: number;
  readonly mean: number;
}

export interface RaceRounds {
  /** runs in all */
  readonly total: number;
  /** what is to be run side by side; nothing when the race is over */
  next(): readonly FinishRun[];
  /** @param values in the order of the round; undefined: the run was lost or failed */
  commit(round: readonly FinishRun[], values: readonly (number | undefined)[]): void;
  /** whoever has a result, best first */
  order(): readonly Raced[];
}

/**
 * The race as evolve runs it and as `calibrate --simulate` tries it: sequential elimination (search/finish), by rounds of
 * as many runs as are decided before their results are in. Only fresh runs count; nothing is kept back for a report, since
 * the gate estimates anew.
 * @param noiseSd sd of one run over seeds
 */
export function raceRounds(
  leaders: readonly { readonly trial: number; readonly estimate: number }[],
  noiseSd: number,
  lag: number,
): RaceRounds {
  const total = leaders.length * racingSeeds;
  const finish = createFinish({
    finalists: leaders.map(({ estimate }) => ({ mean: estimate, sd: vague * noiseSd })),
    runs: total,
    noiseSd,
    // A single leader has nobody to race with: its runs are all confirmations.
    confirmations: leaders.length < 2 ? total : 0,
    lag,
  });
  const scores: number[][] = leaders.map(() => []);
  return {
    total,
    next() {
      const round: FinishRun[] = [];
      while (round.length < lag) {
        const run = finish.next();
        if (typeof run !== 'object') break;
        round.push(run);
      }
      return round;
    },
    commit(round, values) {
      round.forEach(({ index, finalist }, i) => {
        const value = values[i];
        finish.commit(index, value);
        if (value !== undefined) scores[finalist].push(value);
      });
    },
    order: () =>
      leaders
        .flatMap(({ trial }, finalist): Raced[] => {
          const own = scores[finalist];
          if (own.length === 0) return [];
          return [{ trial, finalist, mean: own.reduce((sum, value) => sum + value, 0) / own.length }];
        })
        .sort((a, b) => b.mean - a.mean || a.trial - b.trial),
  };
}
