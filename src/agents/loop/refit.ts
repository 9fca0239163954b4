import { join } from 'node:path';
import { config as machine, workerEntry } from '../../platform/index.js';
import { createProcessExecutor } from '../../execution/index.js';
import { keepsArtefact, modelById } from '../../models/index.js';
import type { Candidate } from '../trial/candidate-space.js';
import { requestFor, type RunContext } from './run-context.js';
import { harnessSeed } from './run-settings.js';
import { TrialRunner, type TrialMemory } from './trial-runner.js';

/**
 * The accepted recipe, fitted once more with a fixed number of epochs on train + validation (or, after the claim, on all
 * rows) and kept. The claim belongs to the recipe; the artefact says what it was fitted on.
 */
export async function refit(
  context: RunContext,
  candidate: Candidate,
  epochs: number,
  artefactsDir: string,
  memory: TrialMemory,
  memoryLimitMb: number,
): Promise<void> {
  const on = context.settings.refit;
  if (!keepsArtefact(modelById(candidate.model, context.settings.task))) {
    context.io.warn({
      code: 'NO_ARTEFACT',
      message: `${candidate.model} is a floor of click tasks and keeps no artefact; there is nothing to predict with.`,
    });
    await context.log.record('refit-finished', { artefact: null, fittedOn: on, epochs });
    return;
  }
  const plain = requestFor(context, candidate, {
    seed: harnessSeed(context.settings.seed, 'refit', 0),
    validationShare: 'all',
    fit: { on, epochs: Math.max(0.01, epochs) },
  });
  const artefactPath = join(artefactsDir, plain.key.slice(0, 16));
  const request = { ...plain, artefactDir: artefactPath, threads: machine.threads };
  context.io.onProgress({ kind: 'phase', name: `Refit ${candidate.model} on ${on}`, done: 0, total: 1 });
  if (on === 'all') {
    await context.log.record('test-opened', {
      contractHash: context.settings.contractHash,
      keys: [request.key],
      purpose: 'refit after the claim',
    });
  }
  const executor = createProcessExecutor({
    entry: workerEntry('agents/trial/refit-worker'),
    workers: 1,
    threadsPerWorker: machine.threads,
    memoryLimitMb,
  });
  try {
    const runner = new TrialRunner({ executor, memory, signal: context.io.signal });
    const outcome = await runner.run(request);
    if (outcome.kind === 'fault') {
      context.io.warn({ code: outcome.code, message: `The refit failed: ${outcome.message}` });
      await context.log.record('refit-finished', { artefact: null, code: outcome.code });
      return;
    }
  } finally {
    await executor.close();
  }
  const artefact = plain.key.slice(0, 16);
  await context.log.record('refit-finished', { artefact, fittedOn: on, epochs });
}
