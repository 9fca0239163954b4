import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../src/agents/loop/calibration.js';
import { RunJournal } from '../../../src/agents/loop/run-journal.js';
import {
  isEnough,
  measuredNoise,
  type StoredCalibration,
} from '../../../src/agents/loop/stored-calibration.js';
import { MemoryJournal, readAll } from '../../../src/journal/index.js';
import { calibrateResult } from '../../cli/example-results.js';
import { baseline } from '../support/gate.js';
import { scriptedRun, type ScriptedRunOptions } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { storedCalibration } from '../support/stored-calibration.js';

const world = simulatedWorld(3, 60);
const script = { quality: () => 1 };
const stored = storedCalibration(world);

async function calibrated(
  calibrations: readonly StoredCalibration[],
  over: Partial<ScriptedRunOptions> = {},
) {
  const run = await scriptedRun({ world, script, known: { calibrations }, ...over });
  return { run, noise: await calibrate(run.context, baseline.candidate) };
}

describe('a stored calibration', () => {
  it('of the same configurations is taken, and nothing is trained', async () => {
    const { run, noise } = await calibrated([storedCalibration(world, { groups: [] }), stored]);
    expect(run.requests).toEqual([]);
    expect(noise).toEqual(measuredNoise(stored));
    expect(await run.decided('calibration-chosen')).toEqual([{ stored }]);
    expect(await run.decided('noise-measured')).toMatchObject([
      { metric: 'auc', sd: noise.sd, degreesOfFreedom: 20, difference: stored.difference },
    ]);
  });

  it('is the latest of several', async () => {
    const later = storedCalibration(world, { difference: { userSe: 0.009, userDf: 30 } });
    expect((await calibrated([stored, later])).noise.difference).toEqual(later.difference);
  });

  it.each([
    ['of another baseline', { baseline: { model: 'lr', assignment: { 'recipe.embeddingL2': 0.5 } } }],
    ['of another deep model', { deep: { model: 'fm', assignment: {} } }],
    ['of another metric', { metric: 'gauc' }],
    ['of too few runs', { groups: stored.groups.map((g) => ({ ...g, values: g.values.slice(0, 10) })) }],
  ])('%s is left alone', async (_, over: Partial<StoredCalibration>) => {
    const { run, noise } = await calibrated([storedCalibration(world, over)]);
    expect(run.requests.length).toBeGreaterThan(20);
    expect(noise.sd).not.toBe(measuredNoise(stored).sd);
    expect(await run.decided('calibration-chosen')).toEqual([{ stored: null }]);
  });

  it('decides something from 20 degrees of freedom on, however they are divided', () => {
    const of = (...runs: readonly number[]) =>
      isEnough({ ...stored, groups: runs.map((n) => ({ family: 'lr', values: Array(n).fill(0.7) })) });
    expect([of(11, 11), of(21, 0), of(21, 1)]).toEqual([true, true, true]);
    expect([of(11, 10), of(20, 1), of(20, 0), of(7, 7), of()]).toEqual([false, false, false, false, false]);
  });

  it('is not that of shuffled labels', async () => {
    const { run } = await calibrated([stored], { settings: { nullSeed: 4 } });
    expect(run.requests.length).toBeGreaterThan(20);
  });

  it('is a decision: a resumed run keeps it when it is gone, and goes without one that came later', async () => {
    const journalOf = async ({ run }: Awaited<ReturnType<typeof calibrated>>) => readAll(run.journal);
    const with_ = await calibrated([stored]);
    const gone = await calibrated([], { journalled: await journalOf(with_) });
    expect(gone.noise).toEqual(with_.noise);
    expect(gone.run.requests).toEqual([]);
    const without = await calibrated([]);
    const came = await calibrated([stored], { journalled: await journalOf(without) });
    expect(came.noise).toEqual(without.noise);
    expect(came.run.context.log.replaying).toBe(false);
  });

  it('is killed and resumed anywhere to the same journal', async () => {
    const whole = await calibrated([stored]);
    const events = await readAll(whole.run.journal);
    for (let cut = 0; cut <= events.length; cut += 1) {
      const resumed = await calibrated([stored], { journalled: events.slice(0, cut) });
      const plain = async (journal: typeof whole.run.journal) =>
        (await readAll(journal)).map(({ kind, payload }) => ({ kind, payload }));
      expect(await plain(resumed.run.journal)).toEqual(await plain(whole.run.journal));
    }
  });
});

describe('the journal', () => {
  it('gives back the calibrations of the same contract, inputs and engine, oldest first', async () => {
    const journal = new MemoryJournal();
    const memory = await RunJournal.open(journal);
    const [told] = calibrateResult.metrics;
    const second = { ...stored, metric: 'gauc' };
    await memory.noteCalibration(stored, told);
    await memory.noteCalibration({ ...stored, engine: '0.9.0' }, told);
    await memory.noteCalibration({ ...stored, contractHash: 'other' }, told);
    await memory.noteCalibration(second, told);
    await journal.append('noise-calibrated', {
      runId: 'calibrate',
      decision: { calibration: { metric: 7 } },
    });
    const after = await RunJournal.open(journal);
    const { contractHash, encoding, engine } = stored;
    expect(after.calibrations(contractHash, encoding, engine)).toEqual([stored, second]);
    expect(after.calibrations(contractHash, 'other inputs', engine)).toEqual([]);
    // It belongs to no run: a run's decisions do not change by it.
    expect(after.runIds()).toEqual([]);
  });
});
