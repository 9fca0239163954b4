import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAutoModelError, log, removeQuietly } from '../../platform/index.js';
import type { TrialRequest } from '../../schema/index.js';
import { train, type FittedModel, type TrainOptions } from '../../training/index.js';

/** What the states of all unfinished trials may take on disk; beyond it, further trials keep none. */
const mostBytes = 4 * 2 ** 30;
/** What an interruption may cost of one training. */
const everyMs = 60_000;

/**
 * Trains as the request says and goes on from its checkpoint, be it of the rung below or of a training that was
 * interrupted. The result is the same with and without the file (training/loop ends rungs where the full training is
 * evaluated too), so a missing, broken or unwritten checkpoint costs time and nothing else.
 */
export async function trainOnwards(request: TrialRequest, options: TrainOptions): Promise<FittedModel> {
  const { checkpointPath: path, fidelity } = request;
  if (path === null) return train(options);
  const exists = existsSync(path);
  if (!exists && bytesIn(dirname(path)) >= mostBytes) return train(options);
  const fitted = await resumed({ ...options, checkpoint: { path, everyMs }, resume: exists }, path);
  if (fidelity === 1) removeQuietly(path);
  return fitted;
}

async function resumed(options: TrainOptions, path: string): Promise<FittedModel> {
  try {
    return await train(options);
  } catch (error) {
    const unusable =
      isAutoModelError(error) && (error.code === 'ARTEFACT_CORRUPT' || error.code === 'CONTRACT_MISMATCH');
    if (options.resume !== true || !unusable) throw error;
    log.warn({ path, code: error.code }, 'a checkpoint cannot be used; the trial trains from the start');
    removeQuietly(path);
    return train({ ...options, resume: false });
  }
}

function bytesIn(dir: string): number {
  if (!existsSync(dir)) return 0;
  // A file may be renamed or removed by another worker between the two calls.
  return readdirSync(dir).reduce(
    (sum, name) => sum + (statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
