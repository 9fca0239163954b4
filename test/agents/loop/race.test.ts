import { describe, expect, it } from 'vitest';
import { minuteShares } from '../../../src/agents/loop/deadline.js';
import { race } from '../../../src/agents/loop/race.js';
import { harnessSeed } from '../../../src/agents/loop/run-settings.js';
import type { TrialEvaluation, TrialRequest } from '../../../src/schema/index.js';
import { createSearch, randomProposer, type Search } from '../../../src/search/index.js';
import type { Space } from '../../../src/space/index.js';
import { scriptedRun, type Script } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

const space: Space = {
  model: { kind: 'categorical', values: ['dnn'], default: 'dnn', about: 'family' },
  'dnn.units': { kind: 'integer', min: 1, max: 64, default: 8, about: 'width' },
};
const world = simulatedWorld(5);

/** A search in which trial i screened at `scores[i]` (null: a fault), every trial at full budget. */
function screened(scores: readonly (number | null)[]): Search {
  const search = createSearch({
    space,
    seed: 3,
    rungs: [1],
    proposers: [randomProposer()],
    initial: scores.map((_, i) => ({ model: 'dnn', 'dnn.units': 1 + i })),
    maxProposals: scores.length,
  });
  for (const score of scores) {
    const job = search.next();
    if (job === 'wait' || job === 'done') throw new Error('expected a job');
    const outcome: TrialEvaluation =
      score === null
        ? { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: false }
        : { kind: 'score', value: score, costSeconds: 1, work: 1 };
    search.commit(job.index, outcome);
  }
  return search;
}

const trialOf = ({ assignment }: TrialRequest) => Number(assignment['units']) - 1;

async function raced(
  scores: readonly (number | null)[],
  qualities: readonly number[],
  over: Partial<Script> = {},
  { minutes = undefined as number | undefined, settings = {} } = {},
) {
  const script = { quality: (request: TrialRequest) => qualities[trialOf(request)] ?? 0.5, ...over };
  const run = await scriptedRun({ world, script, settings });
  run.context.deadline.begin(minutes ?? null, 0);
  const contenders = await race(run.context, screened(scores), space, 0.01, minutes !== undefined);
  return { run, contenders, order: contenders.map(({ trial }) => trial) };
}

describe('the race', () => {
  it('ranks by the re-estimate alone: the luckiest screening score counts for nothing', async () => {
    const { run, order, contenders } = await raced([0.9, 0.8, 0.7], [0.1, 0.9, 3]);
    expect(order).toEqual([2, 1, 0]);
    for (const { trial, mean } of contenders) {
      const own = run.requests.filter((request) => trialOf(request) === trial);
      const values = own.map((request) => run.context.scorer.score(request, 'search')['auc'].value);
      expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 12);
    }
    const turned = await raced([0.9, 0.8, 0.7], [3, 0.9, 0.1]);
    expect(turned.order).toEqual([0, 1, 2]);
  });

  it('runs on fresh seeds and on the search users', async () => {
    const { run } = await raced([0.9, 0.8], [1, 1]);
    const seeds = [harnessSeed(7, 'race', 0), harnessSeed(7, 'race', 1)];
    const seedsOf = (trial: number) =>
      run.requests.filter((request) => trialOf(request) === trial).map(({ seed }) => seed);
    for (const trial of [0, 1]) expect(seedsOf(trial)).toEqual(seeds.slice(0, seedsOf(trial).length));
    expect(Math.min(seedsOf(0).length, seedsOf(1).length)).toBeGreaterThan(0);
    expect(run.requests.every(({ validationShare }) => validationShare === 'search')).toBe(true);
    expect(run.requests.every(({ fidelity }) => fidelity === 1)).toBe(true);
    expect(run.scored).toEqual([]);
  });

  it('is for five leaders; what failed at screening does not run', async () => {
    const { run, order } = await raced([0.5, null, 0.6, 0.7, 0.8, 0.9, 0.95], [1, 1, 1, 1, 1, 1, 1]);
    expect(order.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6]);
    expect(new Set(run.requests.map(trialOf))).toEqual(new Set(order));
    expect((await raced([], [])).order).toEqual([]);
    expect((await raced([null, null], [])).order).toEqual([]);
  });

  it('re-estimates a single leader too, which has nobody to race with', async () => {
    const { run, order, contenders } = await raced([null, 0.8], [1, 1]);
    expect(order).toEqual([1]);
    expect(run.requests.map(({ seed }) => seed)).toEqual([0, 1].map((i) => harnessSeed(7, 'race', i)));
    const values = run.requests.map((request) => run.context.scorer.score(request, 'search')['auc'].value);
    expect(contenders[0].mean).toBeCloseTo((values[0] + values[1]) / 2, 12);
  });

  it('gives the rest of the runs to those who may still be the best', async () => {
    const { run, order } = await raced([0.9, 0.8, 0.7, 0.6], [0.1, 3, 3, 0.1]);
    const runsOf = (trial: number) => run.requests.filter((request) => trialOf(request) === trial).length;
    expect([runsOf(0), runsOf(3)]).toEqual([1, 1]);
    expect([runsOf(1), runsOf(2)]).toEqual([3, 3]);
    expect(order.slice(0, 2).toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it('takes the mean of the runs that were scored, and drops a leader of which none was', async () => {
    const lost = harnessSeed(7, 'race', 1);
    const { run, order, contenders } = await raced([0.9, 0.8, 0.7], [0.5, 3, 1], {
      fault: (request) =>
        trialOf(request) === 0 ? 'own' : trialOf(request) === 1 && request.seed === lost ? 'lost' : undefined,
    });
    expect(order).toEqual([1, 2]);
    const kept = run.requests.find((request) => trialOf(request) === 1 && request.seed !== lost);
    if (kept === undefined) throw new Error('expected a run');
    expect(contenders[0].mean).toBe(run.context.scorer.score(kept, 'search')['auc'].value);
    expect(await run.decided('leaders-raced')).toEqual([
      { leaders: contenders.map(({ trial, mean }) => ({ trial, mean })) },
    ]);
  });

  it('ends with its share of the minutes, but the first runs are always made', async () => {
    const share = minuteShares.calibration + minuteShares.screening + minuteShares.race;
    const inTime = await raced([0.9, 0.8, 0.7], [1, 1, 1], { seconds: 1 }, { minutes: 10 / 60 / share });
    expect(inTime.order).toHaveLength(3);
    const late = await raced([0.9, 0.8, 0.7], [1, 1, 1], { seconds: 6 }, { minutes: 10 / 60 / share });
    expect(late.order).toHaveLength(2);
    expect(await late.run.decided('race-continued')).toEqual([{ over: true }]);
    const tooLate = await raced([0.9, 0.8], [1, 1], { seconds: 600 }, { minutes: 1 });
    expect(tooLate.order.length).toBeGreaterThan(0);
  });
});
