import { defaults } from '../../space/index.js';
import { modelById, spaceOf } from '../../models/index.js';
import { seedNoiseFor, pooledSeedNoise, type Scoreboard } from '../../stats/index.js';
import { pairedOn } from '../evaluation/paired.js';
import type { Candidate } from '../trial/candidate-space.js';
import { noisyModel } from './baseline.js';
import { minuteShares } from './deadline.js';
import { runAllSeeds, runSeeds, seedPairs, tablesOn, type RunContext, type SeedRuns } from './run-context.js';
import { harnessSeed, type RunSettings } from './run-settings.js';
import type { NoiseRecord } from './stored-calibration.js';

/** A configuration with its runs over seeds, scored on the gate's users. */
export interface NoiseGroup extends SeedRuns {
  readonly candidate: Candidate;
  readonly tables: readonly Scoreboard[];
}

/** The deep model whose noise stands for the searched families, as it comes. */
export function deepCandidate(task: RunSettings['task']): Candidate {
  const model = noisyModel[task];
  return { model, assignment: { ...defaults(spaceOf(modelById(model, task))) } };
}

/**
 * Runs baseline and deep model over the harness's seeds. Their scores are taken on the gate's users, where the decisions
 * fall; nothing is chosen by them. Under a budget in minutes the number of seeds shrinks to what fits.
 * @param wanted seeds of each
 */
export async function noiseGroups(
  context: RunContext,
  baseline: Candidate,
  wanted: number,
): Promise<readonly [NoiseGroup, NoiseGroup]> {
  const first = await noiseGroup(context, baseline, wanted, 2);
  return [first, await noiseGroup(context, deepCandidate(context.settings.task), wanted, 1)];
}

async function noiseGroup(
  context: RunContext,
  candidate: Candidate,
  wanted: number,
  groupsLeft: number,
): Promise<NoiseGroup> {
  const seeds = await plannedSeeds(context, candidate, wanted, groupsLeft);
  const all = await runAllSeeds(context, {
    purpose: `Measure the noise of ${candidate.model}`,
    candidate,
    seeds: Array.from({ length: seeds }, (_, i) => harnessSeed(context.settings.seed, 'gate', i)),
    validationShare: 'search',
  });
  return { candidate, ...all, tables: tablesOn(context, all.runs, 'gate') };
}

/** How many seeds a group gets: what is wanted, or what its share of the minutes allows. */
async function plannedSeeds(
  context: RunContext,
  candidate: Candidate,
  wanted: number,
  groupsLeft: number,
): Promise<number> {
  const least = Math.min(wanted, context.settings.gateSeeds);
  const [probe] = await runSeeds(context, {
    purpose: `Time one run of ${candidate.model}`,
    candidate,
    seeds: [harnessSeed(context.settings.seed, 'gate', 0)],
    validationShare: 'search',
  });
  const { seeds } = await context.log.decide('calibration-planned', () => {
    const left = context.deadline.secondsLeft(minuteShares.calibration);
    const seconds = probe?.outcome.cost.seconds ?? Number.POSITIVE_INFINITY;
    const affordable =
      left === undefined ? wanted : Math.floor((left / groupsLeft / seconds) * context.settings.workers);
    return { model: candidate.model, seeds: Math.max(least, Math.min(wanted, affordable)) };
  });
  return seeds;
}

/** What the runs say of one metric. */
export function noiseRecord(
  metric: string,
  [baseline, deep]: readonly [NoiseGroup, NoiseGroup],
): NoiseRecord {
  const groups = [baseline, deep].map(({ candidate, tables }) => ({
    family: candidate.model,
    values: tables.map((table) => table[metric].value),
  }));
  const pairs = seedPairs(deep.runs, baseline.runs);
  if (pairs.length === 0 || groups.every(({ values }) => values.length < 2))
    return { metric, groups, difference: null };
  const seedNoise = seedNoiseFor(pooledSeedNoise(groups), deep.candidate.model, baseline.candidate.model);
  const { userSe, userDf } = pairedOn(
    metric,
    pairs.map(([i]) => deep.tables[i]),
    pairs.map(([, j]) => baseline.tables[j]),
    seedNoise,
  );
  return { metric, groups, difference: { userSe, userDf } };
}
