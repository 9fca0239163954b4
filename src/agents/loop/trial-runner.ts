import { existsSync } from 'node:fs';
import { AutoModelError, isErrorCode, log, throwIfInterrupted } from '../../platform/index.js';
import type { TrialExecutor, TrialOutcome, TrialProgress, TrialRequest } from '../../schema/index.js';
import { artefactIsThere } from '../trial/artefact-is-there.js';
import { predictionPath } from '../trial/prediction-files.js';

/** Where finished trials are remembered: the journal. */
export interface TrialMemory {
  /** what is known of a trial; a fault of the infrastructure only within the run that decided by it */
  recall(key: string): TrialOutcome | undefined;
  remember(request: TrialRequest, outcome: TrialOutcome): Promise<void>;
}

export interface TrialRunnerOptions {
  readonly executor: TrialExecutor;
  readonly memory: TrialMemory;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** attempts at a trial that ended in an infrastructure fault */
  readonly attempts?: number;
}

/** Faults of the machine and not of one trial: every further trial would end in them, so the run stops instead. */
const faultsOfTheMachine: ReadonlySet<string> = new Set(['DISK_FULL', 'PATH_NOT_WRITABLE', 'NATIVE_MODULE']);

/**
 * Runs each trial once: a trial that the journal knows is not repeated, unless its raw predictions (in the deletable
 * cache) are gone and asked for. Infrastructure faults are tried again and, if they last, returned as faults; a trial that
 * ran into its time limit would do so again. A fault that belongs to the machine as a whole is thrown, and so is one in
 * repeating a trial that was scored before: nothing is decided by either, and the run can be resumed.
 */
export class TrialRunner {
  private readonly running = new Map<string, Promise<TrialOutcome>>();
  /** training seconds of trials that this process ran */
  spentSeconds = 0;

  constructor(private readonly options: TrialRunnerOptions) {}

  run(request: TrialRequest, onProgress?: (progress: TrialProgress) => void): Promise<TrialOutcome> {
    const known = this.options.memory.recall(request.key);
    if (known !== undefined && isUsable(known, request)) return Promise.resolve(known);
    let promise = this.running.get(request.key);
    if (promise === undefined) {
      promise = this.attempt(request, known, onProgress).finally(() => this.running.delete(request.key));
      this.running.set(request.key, promise);
    }
    return promise;
  }

  private async attempt(
    request: TrialRequest,
    known: TrialOutcome | undefined,
    onProgress?: (progress: TrialProgress) => void,
  ): Promise<TrialOutcome> {
    const { executor, memory, signal, timeoutMs, attempts = 3 } = this.options;
    let outcome: TrialOutcome | undefined;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      throwIfInterrupted(signal);
      outcome = await executor.run(request, { timeoutMs, onProgress, signal });
      throwIfInterrupted(signal);
      if (outcome.kind === 'scored' || !outcome.infrastructure || outcome.code === 'TRIAL_TIMEOUT') break;
      log.warn({ key: request.key, code: outcome.code, attempt }, 'trial lost to an infrastructure fault');
    }
    if (outcome === undefined) throw new RangeError('attempts must be at least 1');
    if (outcome.kind === 'scored') this.spentSeconds += outcome.cost.seconds;
    else if (outcome.infrastructure && (known?.kind === 'scored' || faultsOfTheMachine.has(outcome.code)))
      throw stopped(request, outcome);
    await memory.remember(request, outcome);
    return outcome;
  }
}

function stopped(
  { key, model, seed }: TrialRequest,
  { code, message, remedy }: Extract<TrialOutcome, { kind: 'fault' }>,
): AutoModelError {
  return new AutoModelError(isErrorCode(code) ? code : 'INTERNAL', `${model}, seed ${seed}: ${message}`, {
    remedy: remedy ?? 'Mend what the message names, then start it again: what was finished is kept.',
    retryable: true,
    details: { key, model, seed },
  });
}

function isUsable(outcome: TrialOutcome, request: TrialRequest): boolean {
  if (outcome.kind === 'fault') return true;
  if (request.artefactDir !== null && !artefactIsThere(request.artefactDir)) return false;
  if (request.fit.on !== 'train') return true;
  const lies = (split: 'validation' | 'test') =>
    existsSync(predictionPath(request.predictionsDir, request.key, split));
  return lies('validation') && (!request.predictTest || lies('test'));
}
