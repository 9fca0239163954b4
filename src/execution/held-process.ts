import { AutoModelError, isErrorCode, throwIfInterrupted } from '../platform/index.js';
import { workerSettings } from './process-executor.js';
import { WorkerProcess, type CallOptions } from './worker-process.js';

export interface HeldProcessOptions {
  /** path of built JavaScript that calls serveRequests */
  readonly entry: string;
  readonly memoryLimitMb?: number;
  readonly threads?: number;
  readonly heartbeatMs?: number;
}

/**
 * A process that is kept for several requests, so that what it has opened stays open between them. One request at a time; close it
 * when done.
 */
export class HeldProcess {
  private readonly worker: WorkerProcess;

  constructor({ threads, ...options }: HeldProcessOptions) {
    this.worker = new WorkerProcess(workerSettings({ ...options, threadsPerWorker: threads }));
  }

  /**
   * The handler's result.
   * @throws AutoModelError what the handler threw; TRIAL_TIMEOUT, OUT_OF_MEMORY, WORKER_LOST, INTERRUPTED
   */
  async ask(request: unknown, options: CallOptions = {}): Promise<unknown> {
    const { signal } = options;
    if (signal !== undefined) throwIfInterrupted(signal);
    const result = await this.worker.send(request, options);
    if (signal !== undefined) throwIfInterrupted(signal);
    if (result.kind === 'value') return result.value;
    const { code, message, remedy, details, infrastructure } = result.error;
    throw new AutoModelError(isErrorCode(code) ? code : 'INTERNAL', message, {
      remedy,
      details,
      retryable: infrastructure,
    });
  }

  close(): Promise<void> {
    return this.worker.close();
  }
}
