import { leaders as leadersOf, type Search } from '../../search/index.js';
import type { Space } from '../../space/index.js';
import { orientedValue } from '../evaluation/scoring.js';
import { candidateOf, type Candidate } from '../trial/candidate-space.js';
import { minuteShares } from './deadline.js';
import { requestFor, type RunContext } from './run-context.js';
import { harnessSeed } from './run-settings.js';

/** A leader of the screening with its re-estimate on fresh seeds. */
export interface Contender {
  readonly trial: number;
  readonly candidate: Candidate;
  /** mean over fresh seeds on the search share, turned so that larger is better; the screening score is left out */
  readonly mean: number;
}

/** How many leaders race, and on how many fresh seeds each. */
export const leadersInRace = 5;
export const racingSeeds = 2;

/**
 * Racing (3-evidence rule 11): the leaders run again on fresh seeds, and only the re-estimate ranks them, since the
 * score by which a leader was picked is the luckiest of many.
 */
export async function race(
  context: RunContext,
  search: Search,
  space: Space,
  noiseSd: number,
  withMinutes: boolean,
): Promise<readonly Contender[]> {
  const leaders = leadersOf(space, search.history(), leadersInRace, noiseSd);
  const contenders: Contender[] = [];
  let done = 0;
  for (const leader of leaders) {
    if (contenders.length > 0 && (await raceIsOver(context, withMinutes))) break;
    const candidate = candidateOf(leader.assignment);
    const values = await Promise.all(
      Array.from({ length: racingSeeds }, async (_, i) => {
        const seed = harnessSeed(context.settings.seed, 'race', i);
        const outcome = await context.runner.run(
          requestFor(context, candidate, { seed, validationShare: 'search' }),
        );
        done += 1;
        context.io.onProgress({
          kind: 'phase',
          name: 'Race the leaders',
          done,
          total: leaders.length * racingSeeds,
        });
        return outcome.kind === 'scored'
          ? [orientedValue(context.metric, outcome.validation[context.metric])]
          : [];
      }),
    );
    const scored = values.flat();
    if (scored.length === 0) continue;
    contenders.push({
      trial: leader.trialIndex,
      candidate,
      mean: scored.reduce((sum, v) => sum + v, 0) / scored.length,
    });
  }
  contenders.sort((a, b) => b.mean - a.mean || a.trial - b.trial);
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
