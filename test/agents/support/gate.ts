import { passGate, type Incumbent } from '../../../src/agents/loop/gate-looks.js';
import type { Contender } from '../../../src/agents/loop/race.js';
import type { RunContext } from '../../../src/agents/loop/run-context.js';
import { pooledSeedNoise } from '../../../src/stats/index.js';

export const baseline: Incumbent = { trial: -1, candidate: { model: 'lr', assignment: {} } };

/** A contender that is told from others by one hyper-parameter. */
export function contender(trial: number, model = 'dnn'): Contender {
  return { trial, candidate: { model, assignment: { units: 8 + trial } }, mean: 0.7 };
}

/** Seed noise as a calibration of the simulated worlds would find it, with 20 degrees of freedom. */
export const quietNoise = pooledSeedNoise(
  ['lr', 'dnn'].map((family) => ({
    family,
    values: Array.from({ length: 11 }, (_, i) => 0.7 + 0.014 * Math.sin(i)),
  })),
);

/** One visit to the gate without a limit in minutes. */
export function visit(
  context: RunContext,
  contenders: readonly Contender[],
  { noise = quietNoise, looksBefore = 0, start = baseline, withMinutes = false } = {},
) {
  return passGate(context, contenders, start, noise, looksBefore, withMinutes);
}
