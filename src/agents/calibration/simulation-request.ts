import { z } from 'zod';
import { AutoModelError } from '../../platform/index.js';
import {
  gatePlan,
  gateWorlds,
  simulateGate,
  type GateTally,
  type SimulationPlan,
} from '../../stats/index.js';
import { calibrationSeeds } from '../loop/calibration.js';
import { leadersInRace, raceRounds } from '../loop/race-rounds.js';
import { finalSeeds } from '../loop/run-settings.js';

/** Gains that are planted, in single-run sds: those of which the gate tells its power. */
const plantedGains = [1, 2, 4];

/** Some runs of one world, for a worker process. */
export const SimulationRequest = z.object({
  world: z.string(),
  candidates: z.number().int().positive(),
  seed: z.number().int(),
  from: z.number().int(),
  to: z.number().int(),
});
export type SimulationRequest = z.infer<typeof SimulationRequest>;

/** Runs that race side by side: those of a single worker. */
const lag = 2;

/** The engine's own figures and its own race, so that what is simulated is what runs. */
export function simulationPlan(candidates: number): SimulationPlan {
  return {
    ...gatePlan,
    candidates,
    calibrationSeeds,
    leadersInRace,
    finalSeeds,
    race: simulatedRace,
  };
}

const simulatedRace: SimulationPlan['race'] = (leaders, noiseSd, scoreOf) => {
  const rounds = raceRounds(leaders, noiseSd, lag);
  for (let round = rounds.next(); round.length > 0; round = rounds.next())
    rounds.commit(
      round,
      round.map(({ finalist, repeat }) => scoreOf(leaders[finalist].trial, repeat)),
    );
  return rounds.order();
};

/** Runs inside a worker process. */
export function simulateRequest({ world, candidates, seed, from, to }: SimulationRequest): GateTally {
  const found = gateWorlds.find(({ name }) => name === world);
  if (found === undefined) throw new AutoModelError('INTERNAL', `There is no simulated world ${world}`);
  return simulateGate(found, simulationPlan(candidates), { seed, from, to, gains: plantedGains });
}
