import { describe, expect, it } from 'vitest';
import { checkGain, resolutionOf } from '../../../src/agents/loop/gain-check.js';
import { measuredNoise, type MeasuredNoise } from '../../../src/agents/loop/stored-calibration.js';
import { readAll } from '../../../src/journal/index.js';
import { alphaForLook, smallestResolvableGain } from '../../../src/stats/index.js';
import { scriptedRun, settingsOf, type ScriptedRunOptions } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { storedCalibration } from '../support/stored-calibration.js';

const world = simulatedWorld(4, 60);
const settings = settingsOf(world);
const noise = measuredNoise(storedCalibration(world, { difference: { userSe: 0.001, userDf: 90 } }));
const fewUsers = measuredNoise(storedCalibration(world, { difference: { userSe: 0.02, userDf: 90 } }));
const script = { quality: () => 1 };

async function checked(
  minimumGain: number | null,
  over: Partial<ScriptedRunOptions> = {},
  measured: MeasuredNoise = noise,
) {
  const run = await scriptedRun({
    world,
    script,
    ...over,
    settings: { minimumGain, ...over.settings },
  });
  return {
    run,
    outcome: await checkGain(run.context, measured).then(
      () => 'goes on',
      (error) => error,
    ),
  };
}

const resolvable = resolutionOf('auc', 0.001, noise, settings)?.resolvableGain ?? Number.NaN;

describe('what the gate resolves', () => {
  it('is told at the level of the first look and at 80 % power', () => {
    const budget = {
      seedSd: noise.sd,
      seedDegreesOfFreedom: noise.degreesOfFreedom,
      userSe: 0.001,
      userDegreesOfFreedom: 90,
    };
    expect(noise.drifted).toBe(false);
    expect(resolvable).toBeCloseTo(smallestResolvableGain(budget, 5, alphaForLook(1), 0.8), 12);
  });

  it('takes the larger noise where families drift', () => {
    const drifting = measuredNoise(
      storedCalibration(world, {
        groups: [0.0002, 0.003].map((sd, i) => ({
          family: ['lr', 'dnn'][i],
          values: Array.from({ length: 11 }, (_, k) => 0.7 + sd * Math.sin(3 * k)),
        })),
      }),
    );
    expect(drifting.drifted).toBe(true);
    const found = resolutionOf('auc', 0.001, drifting, settings);
    expect(found?.resolvableGain).toBeGreaterThan(resolvable);
  });

  it('is not known where one of the models never ran', () => {
    const unknown = measuredNoise(storedCalibration(world, { difference: null }));
    expect(resolutionOf('auc', 0.001, unknown, settings)).toBeUndefined();
  });
});

describe('a gain that is asked for', () => {
  it('below what the gate resolves is refused with the figures, and nothing is decided', async () => {
    const { run, outcome } = await checked(resolvable * 0.95);
    expect(outcome).toMatchObject({
      code: 'GAIN_UNRESOLVABLE',
      details: {
        metric: 'auc',
        wantedGain: resolvable * 0.95,
        resolvableGain: resolvable,
        seeds: 5,
        power: 0.8,
      },
    });
    expect(outcome.message).toContain('5 paired seeds find');
    expect(outcome.remedy).toContain('--force');
    expect(await run.decided('gain-checked')).toEqual([]);
  });

  it('says how many seeds would do, or that the users are the limit', async () => {
    const bySeeds = (await checked(resolvable * 0.95)).outcome;
    const needed = bySeeds.details.seedsNeeded as number;
    expect(needed).toBeGreaterThan(5);
    expect(bySeeds.remedy).toContain(`--gate-seeds ${needed}`);
    const enough = await checked(resolvable * 0.95, { settings: { gateSeeds: needed } });
    expect(enough.outcome).toBe('goes on');
    const byUsers = (await checked(0.01, {}, fewUsers)).outcome;
    expect(byUsers.details).toMatchObject({ seedsNeeded: null });
    expect(byUsers.details.userLimit).toBeGreaterThan(0.01);
    expect(byUsers.message).toContain('no number of seeds');
    expect(byUsers.remedy).toContain('more users');
  });

  it('that is resolvable, or zero, or not named, or of a null run is not refused', async () => {
    for (const [gain, over] of [
      [resolvable * 1.05, {}],
      [0, {}],
      [null, {}],
      [resolvable / 10, { settings: { nullSeed: 3 } }],
    ] as const) {
      const { run, outcome } = await checked(gain, over);
      expect(outcome).toBe('goes on');
      expect(run.warnings).toEqual([]);
    }
  });

  it('is chased under force, with a warning; a resumed run needs no force again', async () => {
    const forced = await checked(resolvable / 10, { known: { force: true } });
    expect(forced.outcome).toBe('goes on');
    expect(forced.run.warnings.map(({ code }) => code)).toEqual(['GAIN_UNRESOLVABLE']);
    expect(await forced.run.decided('gain-checked')).toMatchObject([{ forced: true }]);
    const resumed = await checked(resolvable / 10, { journalled: await readAll(forced.run.journal) });
    expect(resumed.outcome).toBe('goes on');
    expect(resumed.run.warnings).toHaveLength(1);
  });
});
