import { describe, expect, it } from 'vitest';
import { falseAccepts } from '../../../src/agents/calibration/false-accepts.js';
import { metricCalibration } from '../../../src/agents/calibration/metric-calibration.js';
import { noiseRecord, type NoiseGroup } from '../../../src/agents/loop/noise-runs.js';
import { measuredNoise } from '../../../src/agents/loop/stored-calibration.js';
import { Rng } from '../../../src/platform/index.js';
import { MetricCalibration } from '../../../src/schema/index.js';
import { meanInfluence, seedsForGain, type Scoreboard } from '../../../src/stats/index.js';
import type { FinishedRun } from '../../../src/agents/loop/run-context.js';

const users = 200;
const clusters = { of: Int32Array.from({ length: users }, (_, u) => u), count: users };
const settings = { gateSeeds: 3, maxLooks: 20, alpha: 0.05 };

interface Truth {
  readonly seedSd: number;
  /** sd of one user's value; over 200 users the mean moves by a fourteenth of it */
  readonly userSd: number;
  readonly runs: number;
}

/** Runs of one configuration on one metric: user effects that all of them share, luck of the seed, noise of each. */
function groupOf(model: string, { seedSd, userSd, runs }: Truth, rng: Rng): NoiseGroup {
  const effects = Float64Array.from({ length: users }, () => 0.7 + userSd * rng.normal());
  const tables = Array.from({ length: runs }, (): Scoreboard => {
    const luck = seedSd * rng.normal();
    return {
      auc: meanInfluence(
        effects.map((effect) => effect + luck),
        clusters,
      ),
    };
  });
  const finished = tables.map((_, seed) => ({ request: { seed } }) as unknown as FinishedRun);
  return { candidate: { model, assignment: {} }, runs: finished, lost: [], failed: [], tables };
}

function calibrated(baseline: Truth, deep: Truth, seed: number, over = {}) {
  const rng = new Rng(['metric-calibration', seed]);
  const groups = [groupOf('lr', baseline, rng), groupOf('dnn', deep, rng)] as const;
  const noise = measuredNoise(noiseRecord('auc', groups));
  const question = { metric: 'auc', primary: true, wantedGain: undefined, affordableSeeds: undefined };
  return { noise, told: metricCalibration({ ...question, ...over }, groups, noise, settings) };
}

const truth = { seedSd: 0.01, userSd: 0.2, runs: 20 };
const userSe = truth.userSd / Math.sqrt(users);

describe('metricCalibration', () => {
  it('splits the spread of one run into what seeds and what users do', () => {
    const { told } = calibrated(truth, { ...truth, seedSd: 0.012 }, 1);
    expect(MetricCalibration.safeParse(told).error).toBeUndefined();
    expect(told.models.map(({ model }) => model)).toEqual(['lr', 'dnn']);
    for (const [i, seedSd] of [0.01, 0.012].entries()) {
      const run = told.models[i];
      // a sd of 20 values is known to 16 %, one of 200 users to 5 %
      expect(Math.abs(run.seedSd / seedSd - 1)).toBeLessThan(0.45);
      expect(Math.abs(run.userSe / userSe - 1)).toBeLessThan(0.16);
      expect(run.sd).toBeCloseTo(Math.hypot(run.seedSd, run.userSe), 12);
    }
    expect(told.pooled.degreesOfFreedom).toBe(38);
    // two unrelated models: users move their difference by sqrt(2) of one
    expect(Math.abs((told.difference?.userSe ?? 0) / (Math.SQRT2 * userSe) - 1)).toBeLessThan(0.2);
  });

  it('tells a gain for each number of seeds, falling to the users’ limit and never below', () => {
    const { told, noise } = calibrated(truth, truth, 2, { affordableSeeds: 40 });
    const gains = told.resolvable.map(({ gain }) => gain);
    expect(told.resolvable.map(({ seeds }) => seeds)).toEqual([2, 3, 5, 10, 20, 50]);
    expect(gains).toEqual(gains.toSorted((a, b) => b - a));
    expect(told.userLimit).toBeLessThan(gains[gains.length - 1]);
    expect(told.affordable?.seeds).toBe(40);
    expect(told.affordable?.gain).toBeLessThan(gains[4]);
    expect(noise.difference).toEqual(told.difference);
  });

  it('says how many seeds a gain needs, or why none do', () => {
    const quiet = { ...truth, userSd: 0.02 };
    const { told } = calibrated(quiet, quiet, 3, { wantedGain: 0.02 });
    const budget = {
      seedSd: told.pooled.sd,
      seedDegreesOfFreedom: told.pooled.degreesOfFreedom,
      userSe: told.difference?.userSe ?? 0,
      userDegreesOfFreedom: told.difference?.userDf ?? 0,
    };
    expect(told.wanted?.seeds).toBe(seedsForGain(budget, 0.02, 0.05 * Math.log(1 + (Math.E - 1) / 20)));
    const hopeless = calibrated(truth, truth, 3, { wantedGain: 0.02 }).told;
    expect(hopeless.wanted).toMatchObject({ gain: 0.02, seeds: null });
    expect(hopeless.wanted?.reason).toMatch(/users of the validation split alone/);
  });

  it('knows no difference where one model never ran, and still tells the other', () => {
    const { told } = calibrated(truth, { ...truth, runs: 0 }, 4, { wantedGain: 0.1 });
    expect(told.models.map(({ model }) => model)).toEqual(['lr']);
    expect([told.difference, told.userLimit, told.wanted]).toEqual([null, null, null]);
    expect(told.resolvable).toEqual([]);
    expect(told.falseAccepts).toHaveLength(2);
  });
});

describe('the gate on copies', () => {
  const copies = (seed: number, seedSd: number, assumed: number, runs = 18) => {
    const { tables } = groupOf('lr', { seedSd, userSd: 0.2, runs }, new Rng(['copies', seed]));
    return [{ tables, seedNoise: { sd: assumed, degreesOfFreedom: 30 } }];
  };
  const meanRate = (assumed: number) => {
    let sum = 0;
    for (let seed = 0; seed < 60; seed += 1)
      sum += falseAccepts('auc', copies(seed, 0.01, assumed), settings)[0].rate;
    return sum / 60;
  };

  it('accepts about as often as its level says', () => {
    // Each set of 18 runs is worth about three disjoint pairs: 180 at 5 % have a standard error of 1.6 %.
    expect(meanRate(0.01)).toBeGreaterThan(0.01);
    expect(meanRate(0.01)).toBeLessThan(0.1);
  });

  it('is not deceived when calibration takes seed noise for smaller than it is: the runs themselves say so', () => {
    // Without their word it would be more than 20 % (test/stats/own-noise has that control).
    expect(meanRate(0.003)).toBeLessThan(0.12);
  });

  it('counts pairs, and how many of them are apart', () => {
    const [oneLook, first] = falseAccepts('auc', copies(1, 0.01, 0.01), settings);
    expect(oneLook).toMatchObject({ level: 'one-look', alpha: 0.05, pairs: 100, disjointPairs: 3 });
    expect(first.alpha).toBeLessThan(0.005);
    expect(first.accepted).toBeLessThanOrEqual(oneLook.accepted);
    expect(oneLook.rate).toBeCloseTo(oneLook.accepted / 100, 12);
    // three pairs that are apart say little, and the interval shows it
    expect(oneLook.ci[1]).toBeGreaterThan(0.4);
    expect(falseAccepts('auc', copies(1, 0.01, 0.01, 5), settings)).toEqual([]);
  });
});
