import { describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { simulationPlan } from '../../../src/agents/calibration/simulation-request.js';
import { leadersInRace } from '../../../src/agents/loop/race-rounds.js';
import { SimulatedGate } from '../../../src/schema/index.js';
import { gatePlan, gateWorlds } from '../../../src/stats/index.js';
import { listeningIo } from '../tiny-project.js';

const options = { runs: 40, candidates: 30, seed: 2 };

describe('simulateGate', () => {
  it('simulates every world in worker processes; how many of them changes no figure', async () => {
    const { io, events } = listeningIo();
    const one = await operations.simulateGate({ ...options, workers: 1 }, io);
    expect(SimulatedGate.safeParse(one).error).toBeUndefined();
    expect(one.worlds.map(({ name }) => name)).toEqual(gateWorlds.map(({ name }) => name));
    expect(events.at(-1)).toMatchObject({ kind: 'phase', done: gateWorlds.length, total: gateWorlds.length });
    const two = await operations.simulateGate({ ...options, workers: 2 }, io);
    expect({ ...two, seconds: 0 }).toEqual({ ...one, seconds: 0 });
    for (const world of one.worlds) {
      expect(world.falseAccepts.filter(({ control }) => control)).toHaveLength(3);
      for (const { rate, runs } of world.falseAccepts) expect(rate).toBeCloseTo(runs / 40, 12);
      expect(world.planted.map(({ gainInSd }) => gainInSd)).toEqual([1, 1, 2, 2, 4, 4]);
      expect(world.reported.map(({ report }) => report)).toEqual([
        'best-screening',
        'race',
        'fresh-seeds-and-users',
      ]);
    }
    expect(one.kept).toBe(
      one.worlds.every(({ falseAccepts }) =>
        falseAccepts.every(({ control, rate }) => control || rate <= 0.056),
      ),
    );
  });

  it('runs the engine’s own figures', () => {
    expect(simulationPlan(500)).toEqual({
      ...gatePlan,
      candidates: 500,
      calibrationSeeds: 11,
      leadersInRace,
      finalSeeds: 3,
      race: expect.any(Function),
    });
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const { io } = listeningIo(controller.signal);
    controller.abort();
    await expect(operations.simulateGate({ ...options, workers: 1 }, io)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
