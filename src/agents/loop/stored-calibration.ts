import { z } from 'zod';
import { canonicalJson } from '../../platform/index.js';
import { Assignment } from '../../schema/index.js';
import {
  pooledSeedNoise,
  REQUIRED_SEED_DEGREES_OF_FREEDOM,
  type PooledSeedNoise,
} from '../../stats/index.js';
import type { Candidate } from '../trial/candidate-space.js';

const CandidateRecord = z.object({ model: z.string(), assignment: Assignment });

/** What calibration has measured on one metric: enough to have the noise of the gate without running anything. */
export const NoiseRecord = z.object({
  metric: z.string(),
  /** value per finished seed on the gate's users */
  groups: z.array(z.object({ family: z.string(), values: z.array(z.number()) })),
  /** error of deep minus baseline from users alone; null when one of them never ran */
  difference: z.object({ userSe: z.number(), userDf: z.number() }).nullable(),
});
export type NoiseRecord = z.infer<typeof NoiseRecord>;

/**
 * A calibration as the journal keeps it, one per contract and metric. It stands for a later run's own where that would
 * measure the same thing: same rows and inputs, same engine, same two configurations. Seeds and threads may differ, which
 * leaves the distribution of scores as it is.
 */
export const StoredCalibration = NoiseRecord.extend({
  contractHash: z.string(),
  encoding: z.string(),
  engine: z.string(),
  baseline: CandidateRecord,
  deep: CandidateRecord,
});
export type StoredCalibration = z.infer<typeof StoredCalibration>;

/** The noise of the gate: seed sd of one run, and what users alone do to a difference. */
export interface MeasuredNoise extends PooledSeedNoise {
  readonly difference: NoiseRecord['difference'];
}

/** @throws CONFIG_INVALID when no configuration was run with two seeds */
export function measuredNoise(record: NoiseRecord): MeasuredNoise {
  return { ...pooledSeedNoise(record.groups), difference: record.difference };
}

/** The latest calibration with enough runs that measured these two configurations on the metric. */
export function calibrationFor(
  stored: readonly StoredCalibration[],
  metric: string,
  baseline: Candidate,
  deep: Candidate,
): StoredCalibration | undefined {
  const same = (a: Candidate, b: Candidate) => canonicalJson({ ...a }) === canonicalJson({ ...b });
  return stored.findLast(
    (record) =>
      record.metric === metric &&
      same(record.baseline, baseline) &&
      same(record.deep, deep) &&
      isEnough(record),
  );
}

/** Whether it rests on as many runs as a run of evolve would make of its own; of fewer, nothing is decided. */
export function isEnough({ groups }: NoiseRecord): boolean {
  const degreesOfFreedom = groups.reduce((sum, { values }) => sum + Math.max(0, values.length - 1), 0);
  return degreesOfFreedom >= REQUIRED_SEED_DEGREES_OF_FREEDOM;
}
