import { AutoModelError } from '../platform/index.js';
import type { TrialExecutor, TrialOutcome, TrialRequest, TrialRunOptions } from '../schema/index.js';
import { parseOutcome } from './outcomes.js';
import { runTrial, type ServeContext } from './serve.js';

export type TrialHandler = (request: TrialRequest, context: ServeContext) => Promise<TrialOutcome>;

/**
 * The in-memory twin of the process executor: runs the handler in this process, one trial at a time. It cannot stop a
 * busy loop or limit memory; everything else behaves alike.
 */
export function createInlineExecutor(handler: TrialHandler): TrialExecutor {
  const closing = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  const closed = () => new AutoModelError('INTERRUPTED', 'The executor was closed', { retryable: true });

  const runOne = async (request: TrialRequest, options: TrialRunOptions): Promise<TrialOutcome> => {
    if (closing.signal.aborted) throw closed();
    if (options.signal?.aborted === true) return interruption('INTERRUPTED', 'Cancelled');
    const controller = new AbortController();
    let stop: (fault: TrialOutcome) => void = () => undefined;
    const stopped = new Promise<TrialOutcome>((resolve) => (stop = resolve));
    const end = (code: string, message: string) => {
      controller.abort();
      stop(interruption(code, message));
    };
    const cancel = () => end('INTERRUPTED', 'Cancelled');
    options.signal?.addEventListener('abort', cancel, { once: true });
    closing.signal.addEventListener('abort', cancel, { once: true });
    const { timeoutMs } = options;
    const expire = () => end('TRIAL_TIMEOUT', `Stopped after its limit of ${timeoutMs} ms`);
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    const onProgress: ServeContext['onProgress'] = (progress) => {
      if (!controller.signal.aborted) options.onProgress?.(progress);
    };
    try {
      const work = runTrial(handler, request, { onProgress, signal: controller.signal });
      const outcome = parseOutcome(await Promise.race([work, stopped]));
      if (closing.signal.aborted) throw closed();
      return outcome;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', cancel);
      closing.signal.removeEventListener('abort', cancel);
    }
  };

  return {
    concurrency: 1,
    async run(request, options = {}) {
      const result = queue.then(() => runOne(request, options));
      queue = result.catch(() => undefined);
      return result;
    },
    async close() {
      closing.abort();
      await queue;
    },
  };
}

function interruption(code: string, message: string): TrialOutcome {
  return { kind: 'fault', code, message, infrastructure: true };
}
