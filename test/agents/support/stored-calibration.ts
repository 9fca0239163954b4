import { deepCandidate } from '../../../src/agents/loop/noise-runs.js';
import type { StoredCalibration } from '../../../src/agents/loop/stored-calibration.js';
import { baseline } from './gate.js';
import type { SimulatedWorld } from './simulated-world.js';

/** A calibration with 20 degrees of freedom, as the journal would hold it. */
export function storedCalibration(
  world: SimulatedWorld,
  over: Partial<StoredCalibration> = {},
): StoredCalibration {
  const values = (sd: number) => Array.from({ length: 11 }, (_, i) => 0.7 + sd * Math.sin(3 * i));
  return {
    metric: 'auc',
    contractHash: world.dataset.contract.hash,
    encoding: 'encoded',
    engine: '1.0.0',
    baseline: baseline.candidate,
    deep: deepCandidate('ctr'),
    groups: [
      { family: 'lr', values: values(0.002) },
      { family: 'dnn', values: values(0.003) },
    ],
    difference: { userSe: 0.004, userDf: 90 },
    ...over,
  };
}
