import { REQUIRED_SEED_DEGREES_OF_FREEDOM } from '../../stats/index.js';
import type { Candidate } from '../trial/candidate-space.js';
import { deepCandidate, noiseGroups, noiseRecord } from './noise-runs.js';
import type { RunContext } from './run-context.js';
import {
  calibrationFor,
  measuredNoise,
  type MeasuredNoise,
  type NoiseRecord,
  type StoredCalibration,
} from './stored-calibration.js';

/** Seeds of each of the two configurations that give the wanted degrees of freedom. */
export const calibrationSeeds = Math.ceil(REQUIRED_SEED_DEGREES_OF_FREEDOM / 2) + 1;

/**
 * Noise first (3-evidence rule 8): the baseline and a deep model over several seeds give the pooled seed sd of one run, and
 * what users alone do to their difference. A calibration that the journal holds of the very same is taken instead; which
 * one is a decision, so that a resumed run has the same noise whatever was measured meanwhile.
 */
export async function calibrate(context: RunContext, baseline: Candidate): Promise<MeasuredNoise> {
  const { stored } = await context.log.decide<{ stored: StoredCalibration | null }>(
    'calibration-chosen',
    () => ({ stored: storedFor(context, baseline) ?? null }),
  );
  const record: NoiseRecord =
    stored ?? noiseRecord(context.metric, await noiseGroups(context, baseline, calibrationSeeds));
  const noise = measuredNoise(record);
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
    difference: noise.difference,
  });
  return noise;
}

/** Shuffled labels have another noise, so a null run measures its own. */
function storedFor(context: RunContext, baseline: Candidate): StoredCalibration | undefined {
  if (context.settings.nullSeed !== null) return undefined;
  const { calibrations = [], metric, settings } = context;
  return calibrationFor(calibrations, metric, baseline, deepCandidate(settings.task));
}
