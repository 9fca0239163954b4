import { isAutoModelError, throwIfInterrupted } from '../platform/index.js';
import { HeldProcess, type HeldProcessOptions } from './held-process.js';
import type { CallOptions } from './worker-process.js';

export interface RunInProcessOptions extends Omit<HeldProcessOptions, 'entry'> {
  /** limit of the request itself; the start of the process is not counted */
  readonly timeoutMs: number;
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
  { timeoutMs, attempts = 1, onProgress, signal, ...options }: RunInProcessOptions,
): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askNew({ entry, ...options }, request, { timeoutMs, onProgress, signal });
    } catch (error) {
      const isLost = isAutoModelError(error) && error.code === 'WORKER_LOST';
      if (!isLost || attempt >= attempts) throw error;
    }
  }
}

async function askNew(options: HeldProcessOptions, request: unknown, call: CallOptions): Promise<unknown> {
  // Who is cancelled already starts nothing.
  if (call.signal !== undefined) throwIfInterrupted(call.signal);
  const held = new HeldProcess(options);
  try {
    return await held.ask(request, call);
  } finally {
    await held.close();
  }
}
