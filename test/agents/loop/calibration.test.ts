import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../src/agents/loop/calibration.js';
import { pairedOn } from '../../../src/agents/evaluation/paired.js';
import { minuteShares } from '../../../src/agents/loop/deadline.js';
import { harnessSeed } from '../../../src/agents/loop/run-settings.js';
import { seedNoiseFor } from '../../../src/stats/index.js';
import { baseline } from '../support/gate.js';
import { scriptedRun, type Script, type ScriptedRunOptions } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

const world = simulatedWorld(2);
const plain: Script = { quality: () => 1, seconds: 10 };

async function calibrated(over: Partial<ScriptedRunOptions> = {}, minutes: number | null = null) {
  const run = await scriptedRun({ world, script: plain, ...over });
  run.context.deadline.begin(minutes, 0);
  return { run, noise: await calibrate(run.context, baseline.candidate) };
}

function sd(values: readonly number[]): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
}

describe('calibrate', () => {
  it('pools the seed sd of the baseline and a deep model, with 20 degrees of freedom, on the gate users', async () => {
    const { run, noise } = await calibrated();
    expect(noise.degreesOfFreedom).toBe(20);
    expect(noise.enough).toBe(true);
    expect(run.warnings).toEqual([]);
    const groups = ['lr', 'dnn'].map((model) => {
      const own = new Map(run.requests.filter((r) => r.model === model).map((r) => [r.seed, r]));
      return [...own.values()].map((r) => run.context.scorer.score(r, 'gate')['auc'].value);
    });
    expect(groups.map((values) => values.length)).toEqual([11, 11]);
    const byHand = Math.sqrt((sd(groups[0]) ** 2 + sd(groups[1]) ** 2) / 2);
    expect(noise.sd).toBeCloseTo(byHand, 12);
    expect(noise.sd).toBeGreaterThan(0);
    expect(new Set(run.scored.map(({ share }) => share))).toEqual(new Set(['gate']));
    expect(await run.decided('noise-measured')).toMatchObject([{ metric: 'auc', degreesOfFreedom: 20 }]);
  });

  it('takes the seeds from the harness', async () => {
    const { run } = await calibrated();
    const seeds = new Set(run.requests.map(({ seed }) => seed));
    expect([...seeds].sort()).toEqual(Array.from({ length: 11 }, (_, i) => harnessSeed(7, 'gate', i)).sort());
  });

  it('takes fewer seeds where the minutes are short, never fewer than the gate, and says so', async () => {
    const afford = async (seedsPerModel: number) => {
      const seconds = plain.seconds ?? 0;
      // Both models share the minutes and two workers run side by side; the probe has used one run before.
      const minutes = (seconds + 0.001 + (seedsPerModel * seconds * 2) / 2) / 60 / minuteShares.calibration;
      const { run, noise } = await calibrated({}, minutes);
      const [first] = await run.decided<{ seeds: number }>('calibration-planned');
      return { seeds: first.seeds, degreesOfFreedom: noise.degreesOfFreedom, warned: run.warnings };
    };
    expect((await afford(8)).seeds).toBe(8);
    expect((await afford(40)).seeds).toBe(11);
    const least = await afford(1);
    expect(least).toMatchObject({ seeds: 5, degreesOfFreedom: 8 });
    expect(least.warned.map(({ code }) => code)).toEqual(['FEW_CALIBRATION_RUNS']);
  });

  it('plans the least when the timed run was lost, and does not count lost runs as values', async () => {
    const first = harnessSeed(7, 'gate', 0);
    const script: Script = { ...plain, fault: ({ seed }) => (seed === first ? 'lost' : undefined) };
    const { run, noise } = await calibrated({ script }, 60);
    expect(await run.decided('calibration-planned')).toMatchObject([{ seeds: 5 }, { seeds: 5 }]);
    expect(noise.degreesOfFreedom).toBe(6);
    // Scores lie near 0.8: one zero among them would be an sd of a third.
    expect(noise.sd).toBeLessThan(0.05);
    const untimed = await calibrated({ script });
    expect(untimed.noise.degreesOfFreedom).toBe(18);
  });

  it('rests on the baseline alone when the deep model fails, and on nothing at all refuses', async () => {
    const failing = (models: readonly string[]): Script => ({
      ...plain,
      fault: ({ model }) => (models.includes(model) ? 'own' : undefined),
    });
    const { noise } = await calibrated({ script: failing(['dnn']) });
    expect(noise.degreesOfFreedom).toBe(10);
    await expect(calibrated({ script: failing(['dnn', 'lr']) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('warns when families differ in noise, and hands the larger one on', async () => {
    const wild = {
      ...world,
      predictions: (...[request, quality]: Parameters<typeof world.predictions>) =>
        request.model === 'lr'
          ? world.predictions({ ...request, seed: 1 + (request.seed % 2) }, quality)
          : world
              .predictions(request, quality)
              .map((v, row) => v + (((request.seed >> (row % 16)) & 3) - 1.5)),
    };
    const { run, noise } = await calibrated({ world: wild });
    expect(noise.drifted).toBe(true);
    expect(run.warnings.map(({ code }) => code)).toEqual(['SEED_NOISE_DRIFTS']);
    const dnn = noise.families.find(({ family }) => family === 'dnn');
    expect(seedNoiseFor(noise, 'lr', 'dnn').sd).toBe(dnn?.sd);
  });

  it('says what users alone do to the difference of the two models', async () => {
    const { run, noise } = await calibrated();
    const tables = (model: string) => {
      const own = new Map(run.requests.filter((r) => r.model === model).map((r) => [r.seed, r]));
      return [...own.values()].map((r) => run.context.scorer.score(r, 'gate'));
    };
    const { userSe, userDf } = pairedOn('auc', tables('dnn'), tables('lr'), noise);
    expect(noise.difference).toEqual({ userSe, userDf });
    expect(userSe).toBeGreaterThan(0);
    const failing: Script = { ...plain, fault: ({ model }) => (model === 'dnn' ? 'own' : undefined) };
    expect((await calibrated({ script: failing })).noise.difference).toBeNull();
  });

  it('is repeated from the journal, whatever the clock says the second time', async () => {
    const { run, noise } = await calibrated({}, 60);
    const journalled = [];
    for await (const event of run.journal.read()) journalled.push(event);
    const slow = await calibrated({ journalled, script: { ...plain, seconds: 1000 } }, 60);
    expect(slow.noise).toEqual(noise);
    expect(slow.run.context.log.replaying).toBe(false);
    const fresh = await calibrated({ script: { ...plain, seconds: 1000 } }, 60);
    expect(fresh.noise.degreesOfFreedom).toBeLessThan(noise.degreesOfFreedom);
  });
});
