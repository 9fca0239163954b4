import { leaders as leadersOf, type Search } from '../../search/index.js';
import type { Space } from '../../space/index.js';
import { orientedValue } from '../evaluation/scoring.js';
import { candidateOf, type Candidate } from '../trial/candidate-space.js';
import { minuteShares } from './deadline.js';
import { leadersInRace, raceRounds } from './race-rounds.js';
import { requestFor, type RunContext } from './run-context.js';
import { harnessSeed } from './run-settings.js';

/** A leader of the screening with its re-estimate on fresh seeds. */
export interface Contender {
  readonly trial: number;
  readonly candidate: Candidate;
  /** mean over fresh seeds on the search share, turned so that larger is better; the screening score is left out */
  readonly mean: number;
}

/**
 * Racing (3-evidence rule 11): the leaders run again on fresh seeds, and only the re-estimate ranks them, since the
 * score by which a leader was picked is the luckiest of many. Everybody runs once, then the rest of the runs goes to those
 * who may still be the best.
 */
export async function race(
  context: RunContext,
  search: Search,
  space: Space,
  noiseSd: number,
  withMinutes: boolean,
): Promise<readonly Contender[]> {
  const leaders = leadersOf(space, search.history(), leadersInRace, noiseSd);
  const candidates = leaders.map(({ assignment }) => candidateOf(assignment));
  const rounds = raceRounds(
    leaders.map(({ trialIndex, estimate }) => ({ trial: trialIndex, estimate })),
    noiseSd,
    context.settings.lag,
  );
  let done = 0;
  for (;;) {
    const round = rounds.next();
    if (round.length === 0 || (done > 0 && (await raceIsOver(context, withMinutes)))) break;
    const values = await Promise.all(
      round.map(async ({ finalist, repeat }) => {
        const seed = harnessSeed(context.settings.seed, 'race', repeat);
        const outcome = await context.runner.run(
          requestFor(context, candidates[finalist], { seed, validationShare: 'search' }),
        );
        done += 1;
        context.io.onProgress({ kind: 'phase', name: 'Race the leaders', done, total: rounds.total });
        return outcome.kind === 'scored'
          ? orientedValue(context.metric, outcome.validation[context.metric])
          : undefined;
      }),
    );
    rounds.commit(round, values);
  }
  const contenders = rounds
    .order()
    .map(({ trial, finalist, mean }) => ({ trial, candidate: candidates[finalist], mean }));
  await context.log.record('leaders-raced', {
    leaders: contenders.map(({ trial, mean }) => ({ trial, mean })),
  });
  return contenders;
}

async function raceIsOver(context: RunContext, withMinutes: boolean): Promise<boolean> {
  if (!withMinutes) return false;
  const { over } = await context.log.decide('race-continued', () => ({
    over: context.deadline.reached(minuteShares.calibration + minuteShares.screening + minuteShares.race),
  }));
  return over;
}
