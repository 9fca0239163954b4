import { AutoModelError } from '../platform/index.js';
import type { TrialExecutor, TrialOutcome, TrialRequest, TrialRunOptions } from '../schema/index.js';
import { faultOf, parseOutcome } from './outcomes.js';
import { WorkerProcess, type CallResult, type WorkerSettings } from './worker-process.js';

export interface ProcessExecutorOptions {
  /** path of the built worker entry, see platform workerEntry */
  readonly entry: string;
  /** trials at once, each in a process of its own */
  readonly workers: number;
  readonly threadsPerWorker?: number;
  /** MiB of JavaScript heap and of resident memory per worker; default none */
  readonly memoryLimitMb?: number;
  /** default 1000 */
  readonly heartbeatMs?: number;
  /** default 300,000: a synchronous step of a trial may be long */
  readonly hungAfterMs?: number;
  /** default 60,000 */
  readonly startupTimeoutMs?: number;
  /** default 2000 */
  readonly cancelGraceMs?: number;
  /** how often a trial whose worker died is started again before its outcome is WORKER_LOST; default 2 */
  readonly retries?: number;
}

/** The settings of a worker, with the defaults that every kind of process shares. */
export function workerSettings(options: Omit<ProcessExecutorOptions, 'workers' | 'retries'>): WorkerSettings {
  return {
    entry: options.entry,
    threads: options.threadsPerWorker,
    memoryLimitMb: options.memoryLimitMb,
    heartbeatMs: options.heartbeatMs ?? 1000,
    hungAfterMs: options.hungAfterMs ?? 300_000,
    startupTimeoutMs: options.startupTimeoutMs ?? 60_000,
    cancelGraceMs: options.cancelGraceMs ?? 2000,
  };
}

/**
 * Runs trials in child processes that are started when needed and kept warm. Exactly one outcome per request, whatever
 * happens to the worker: a timeout is TRIAL_TIMEOUT, memory over the limit OUT_OF_MEMORY, a worker that dies is replaced
 * and its trial started again, and only after `retries` is it WORKER_LOST. All of these are infrastructure faults, never
 * scores.
 */
export function createProcessExecutor(options: ProcessExecutorOptions): TrialExecutor {
  return new ProcessExecutor(options);
}

class ProcessExecutor implements TrialExecutor {
  readonly concurrency: number;
  private readonly settings: WorkerSettings;
  private readonly retries: number;
  private readonly idle: WorkerProcess[] = [];
  private readonly busy = new Set<WorkerProcess>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private closed = false;

  constructor(options: ProcessExecutorOptions) {
    this.concurrency = Math.max(1, options.workers);
    this.settings = workerSettings(options);
    this.retries = options.retries ?? 2;
  }

  async run(request: TrialRequest, options: TrialRunOptions = {}): Promise<TrialOutcome> {
    await this.takePlace();
    try {
      for (let attempt = 1; ; attempt += 1) {
        this.assertOpen();
        if (isAborted(options.signal)) return cancelled();
        const fresh = this.idle.length === 0;
        const result = await this.attempt(request, options);
        this.assertOpen();
        if (isAborted(options.signal)) return cancelled();
        if (attempt <= this.retries && isWorthRepeating(result, fresh)) continue;
        return result.kind === 'value' ? parseOutcome(result.value) : faultOf(result.error);
      }
    } finally {
      this.givePlace();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const wake of this.waiting.splice(0)) wake();
    await Promise.all([...this.idle.splice(0), ...this.busy].map((worker) => worker.close()));
  }

  private async attempt(request: TrialRequest, options: TrialRunOptions): Promise<CallResult> {
    const worker = this.takeWorker();
    this.busy.add(worker);
    const result = await worker.send(request, options);
    this.busy.delete(worker);
    if (worker.alive && !this.closed) this.idle.push(worker);
    else worker.kill();
    return result;
  }

  /** An idle worker that still lives (one may have been killed while it waited), or a new one. */
  private takeWorker(): WorkerProcess {
    for (let worker = this.idle.pop(); worker !== undefined; worker = this.idle.pop()) {
      if (worker.alive) return worker;
    }
    return new WorkerProcess(this.settings);
  }

  private async takePlace(): Promise<void> {
    this.assertOpen();
    if (this.running >= this.concurrency) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    // a woken waiter inherits the place of the one that woke it
  }

  private givePlace(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }

  private assertOpen(): void {
    if (this.closed) throw new AutoModelError('INTERRUPTED', 'The executor was closed', { retryable: true });
  }
}

/** A call, so that the compiler does not take the answer for settled across an await. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function cancelled(): TrialOutcome {
  return { kind: 'fault', code: 'INTERRUPTED', message: 'Cancelled', infrastructure: true };
}

/**
 * A dead worker says nothing about its trial. Memory over the limit does, unless earlier trials had left theirs in the
 * same process.
 */
function isWorthRepeating(result: CallResult, workerWasFresh: boolean): boolean {
  if (result.kind !== 'lost') return false;
  return result.error.code === 'WORKER_LOST' || (result.error.code === 'OUT_OF_MEMORY' && !workerWasFresh);
}
