import { throwIfInterrupted } from '../platform/index.js';
import { HeldProcess, type HeldProcessOptions } from './held-process.js';

export interface RunInProcessOptions extends Omit<HeldProcessOptions, 'entry'> {
  /** limit of the request itself; the start of the process is not counted */
  readonly timeoutMs: number;
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
  { timeoutMs, onProgress, signal, ...options }: RunInProcessOptions,
): Promise<unknown> {
  // Who is cancelled already starts nothing.
  if (signal !== undefined) throwIfInterrupted(signal);
  const held = new HeldProcess({ entry, ...options });
  try {
    return await held.ask(request, { timeoutMs, onProgress, signal });
  } finally {
    await held.close();
  }
}
