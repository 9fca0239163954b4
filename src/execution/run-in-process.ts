import { AutoModelError, isErrorCode } from '../platform/index.js';
import { workerSettings } from './process-executor.js';
import { WorkerProcess, type CallResult, type WorkerSettings } from './worker-process.js';

export interface RunInProcessOptions {
  /** limit of the request itself; the start of the process is not counted */
  readonly timeoutMs: number;
  readonly memoryLimitMb?: number;
  readonly threads?: number;
  readonly heartbeatMs?: number;
  /** how many workers may be lost before WORKER_LOST is the answer (1); more only where a request has no effects */
  readonly attempts?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly message: string }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs one request in a process of its own, which ends with it: for work that must be kept apart (the scorer that alone
 * opens sealed labels) or that may crash (native modules).
 * @param entry path of built JavaScript that calls serveRequests
 * @returns the handler's result
 * @throws AutoModelError what the handler threw; TRIAL_TIMEOUT, OUT_OF_MEMORY, WORKER_LOST, INTERRUPTED
 */
export async function runInProcess(
  entry: string,
  request: unknown,
  options: RunInProcessOptions,
): Promise<unknown> {
  const { memoryLimitMb, threads, heartbeatMs, attempts = 1, ...call } = options;
  const settings = workerSettings({ entry, threadsPerWorker: threads, memoryLimitMb, heartbeatMs });
  for (let attempt = 1; ; attempt += 1) {
    const result = await sentToNew(settings, request, call);
    if (result.kind === 'value') return result.value;
    const { code, message, remedy, details, infrastructure } = result.error;
    if (code === 'WORKER_LOST' && attempt < attempts) continue;
    throw new AutoModelError(isErrorCode(code) ? code : 'INTERNAL', message, {
      remedy,
      details,
      retryable: infrastructure,
    });
  }
}

async function sentToNew(
  settings: WorkerSettings,
  request: unknown,
  { timeoutMs, onProgress, signal }: RunInProcessOptions,
): Promise<CallResult> {
  assertWanted(signal);
  const worker = new WorkerProcess(settings);
  try {
    const result = await worker.send(request, { timeoutMs, onProgress, signal });
    assertWanted(signal);
    return result;
  } finally {
    await worker.close();
  }
}

function assertWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AutoModelError('INTERRUPTED', 'Cancelled', { retryable: true });
}
