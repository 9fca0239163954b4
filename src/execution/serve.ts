import { Worker } from 'node:worker_threads';
import { AutoModelError, clock } from '../platform/index.js';
import { TrialRequest, type TrialOutcome, type TrialProgress } from '../schema/index.js';
import { describeError, type FromWorker, type ToWorker } from './messages.js';
import { faultOf } from './outcomes.js';
import { killProcessTree, volunteerForOutOfMemory } from './process-tree.js';

export interface ServeContext {
  readonly onProgress: (progress: TrialProgress) => void;
  /** aborted when the engine no longer wants the answer; a worker that does not stop soon is killed */
  readonly signal: AbortSignal;
}

const watchdogPollMs = 500;
const bytesPerMb = 1024 * 1024;

/**
 * The worker's side of `runInProcess` and of the executor: answers one request at a time until the engine goes away,
 * and then ends at once with everything it started. Call it once, as the last thing of a worker entry.
 * @param handler its result must survive a structured clone; what it throws reaches the engine as an error
 */
export function serveRequests(handler: (request: unknown, context: ServeContext) => Promise<unknown>): void {
  if (process.send === undefined) {
    throw new AutoModelError('USAGE', 'A worker entry is started by the engine, not by hand', {
      remedy: 'Run automodel instead.',
    });
  }
  const [, , enginePid, beat, brand] = process.argv;
  process.on('disconnect', () => killProcessTree(process.pid, brand));
  volunteerForOutOfMemory();
  startWatchdog(Number(enginePid), brand);
  const heartbeatMs = Number(beat);
  setInterval(
    () => send({ kind: 'heartbeat', rssMb: process.memoryUsage.rss() / bytesPerMb }),
    heartbeatMs,
  ).unref();

  const running = new Map<number, AbortController>();
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'cancel') {
      running.get(message.id)?.abort();
      return;
    }
    const { id, request } = message;
    const begun = clock.monotonicMs();
    const controller = new AbortController();
    running.set(id, controller);
    const onProgress = ({ done, message: text }: TrialProgress) =>
      send({ kind: 'progress', id, done, message: text });
    void answer(handler, request, { onProgress, signal: controller.signal }).then((reply) => {
      running.delete(id);
      const tookMs = clock.monotonicMs() - begun;
      send(
        'error' in reply
          ? { kind: 'error', id, tookMs, error: reply.error }
          : { kind: 'result', id, tookMs, value: reply.value },
      );
    });
  });
  send({ kind: 'ready' });
}

/**
 * The worker's side of `createProcessExecutor`. An AutoModelError becomes a fault with its code (infrastructure when it
 * is of exit class 5), anything else INTERNAL.
 */
export function serveTrials(
  handler: (request: TrialRequest, context: ServeContext) => Promise<TrialOutcome>,
): void {
  serveRequests((request, context) => runTrial(handler, request, context));
}

/** One trial with its errors turned into fault outcomes; shared with the inline executor. */
export async function runTrial(
  handler: (request: TrialRequest, context: ServeContext) => Promise<TrialOutcome>,
  request: unknown,
  context: ServeContext,
): Promise<TrialOutcome> {
  try {
    return await handler(TrialRequest.parse(request), context);
  } catch (error) {
    return faultOf(describeError(error));
  }
}

type Reply = { readonly value: unknown } | { readonly error: ReturnType<typeof describeError> };

async function answer(
  handler: (request: unknown, context: ServeContext) => Promise<unknown>,
  request: unknown,
  context: ServeContext,
): Promise<Reply> {
  try {
    return { value: await handler(request, context) };
  } catch (error) {
    return { error: describeError(error) };
  }
}

function startWatchdog(enginePid: number, brand: string): void {
  const watchdog = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: { enginePid, brand, pollMs: watchdogPollMs },
    stdout: true,
  });
  watchdog.unref();
}

function send(message: FromWorker): void {
  // a failed send means that the engine is gone; `disconnect` and the watchdog end this process
  process.send?.(message, undefined, undefined, () => undefined);
}
