import { createFinish, leaders as leadersOf, type FinishRun, type Search } from '../../search/index.js';
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

/** Prior sd in units of the noise: what screening said of a leader counts for nothing beside one fresh run. */
const vague = 1e3;

/**
 * Racing (3-evidence rule 11): the leaders run again on fresh seeds, and only the re-estimate ranks them, since the
 * score by which a leader was picked is the luckiest of many. Sequential elimination (search/finish): everybody runs once,
 * then the rest of the runs goes to those who may still be the best. Nothing is kept back for a report, since the gate estimates anew.
 */
export async function race(
  context: RunContext,
  search: Search,
  space: Space,
  noiseSd: number,
  withMinutes: boolean,
): Promise<readonly Contender[]> {
  const leaders = leadersOf(space, search.history(), leadersInRace, noiseSd);
  const { lag } = context.settings;
  const total = leaders.length * racingSeeds;
  const finish = createFinish({
    finalists: leaders.map(({ estimate }) => ({ mean: estimate, sd: vague * noiseSd })),
    runs: total,
    noiseSd,
    // A single leader has nobody to race with: its runs are all confirmations.
    confirmations: leaders.length < 2 ? total : 0,
    lag,
  });
  const candidates = leaders.map(({ assignment }) => candidateOf(assignment));
  const scores: number[][] = leaders.map(() => []);
  let done = 0;
  for (;;) {
    const batch: FinishRun[] = [];
    while (batch.length < lag) {
      const run = finish.next();
      if (typeof run !== 'object') break;
      batch.push(run);
    }
    if (batch.length === 0 || (done > 0 && (await raceIsOver(context, withMinutes)))) break;
    const values = await Promise.all(
      batch.map(async ({ finalist, repeat }) => {
        const seed = harnessSeed(context.settings.seed, 'race', repeat);
        const outcome = await context.runner.run(
          requestFor(context, candidates[finalist], { seed, validationShare: 'search' }),
        );
        done += 1;
        context.io.onProgress({ kind: 'phase', name: 'Race the leaders', done, total });
        return outcome.kind === 'scored'
          ? orientedValue(context.metric, outcome.validation[context.metric])
          : undefined;
      }),
    );
    batch.forEach(({ index, finalist }, i) => {
      const value = values[i];
      finish.commit(index, value);
      if (value !== undefined) scores[finalist].push(value);
    });
  }
  const contenders = leaders
    .flatMap(({ trialIndex }, i): Contender[] => {
      const own = scores[i];
      if (own.length === 0) return [];
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      return [{ trial: trialIndex, candidate: candidates[i], mean }];
    })
    .sort((a, b) => b.mean - a.mean || a.trial - b.trial);
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
