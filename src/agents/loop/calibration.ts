import { pooledSeedNoise, type PooledSeedNoise } from '../../stats/index.js';
import { defaults } from '../../space/index.js';
import { modelById } from '../../models/index.js';
import { spaceOf } from '../../models/index.js';
import type { Candidate } from '../trial/candidate-space.js';
import { noisyModel } from './baseline.js';
import { minuteShares } from './deadline.js';
import { runSeeds, tablesOn, type RunContext } from './run-context.js';
import { harnessSeed } from './run-settings.js';

/** Degrees of freedom that rule 10 asks of the pooled seed sd. */
const wantedDegreesOfFreedom = 20;

/**
 * Noise first (3-evidence rule 8): the baseline and a deep model over several seeds give the pooled seed sd of one run.
 * Their scores are taken on the gate's users, where the decisions fall; nothing is chosen by them. Under a budget in
 * minutes the number of seeds shrinks to what fits, and the t quantiles of the gate widen by themselves.
 */
export async function calibrate(context: RunContext, baseline: Candidate): Promise<PooledSeedNoise> {
  const deep: Candidate = {
    model: noisyModel[context.settings.task],
    assignment: { ...defaults(spaceOf(modelById(noisyModel[context.settings.task], context.settings.task))) },
  };
  const groups = [baseline, deep];
  const values: number[][] = [];
  for (const candidate of groups) {
    const seeds = await plannedSeeds(context, candidate, groups.length, groups.length - values.length);
    const runs = await runSeeds(context, {
      purpose: `Measure the noise of ${candidate.model}`,
      candidate,
      seeds: Array.from({ length: seeds }, (_, i) => harnessSeed(context.settings.seed, 'gate', i)),
      validationShare: 'search',
    });
    values.push(tablesOn(context, runs, 'gate').map((table) => table[context.metric].value));
  }
  const noise = pooledSeedNoise(groups.map((group, i) => ({ family: group.model, values: values[i] })));
  if (noise.drifted) {
    context.io.warn({
      code: 'SEED_NOISE_DRIFTS',
      message: `Seed noise differs between model families (p = ${noise.driftPValue.toPrecision(2)}); the gate takes the larger one.`,
    });
  }
  if (!noise.enough) {
    context.io.warn({
      code: 'FEW_CALIBRATION_RUNS',
      message: `Seed noise rests on ${noise.degreesOfFreedom} degrees of freedom (20 are wanted); intervals are wider for it. A larger budget in minutes mends it.`,
    });
  }
  await context.log.record('noise-measured', {
    metric: context.metric,
    sd: noise.sd,
    degreesOfFreedom: noise.degreesOfFreedom,
    families: noise.families.map(({ family, sd, degreesOfFreedom }) => ({ family, sd, degreesOfFreedom })),
  });
  return noise;
}

/** How many seeds a group gets: enough for the wanted degrees of freedom, or what its share of the minutes allows. */
async function plannedSeeds(
  context: RunContext,
  candidate: Candidate,
  groups: number,
  groupsLeft: number,
): Promise<number> {
  const wanted = Math.ceil(wantedDegreesOfFreedom / groups) + 1;
  const least = context.settings.gateSeeds;
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
