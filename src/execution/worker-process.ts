import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { clock, config, log, systemFaultIn } from '../platform/index.js';
import type { TrialProgress } from '../schema/index.js';
import type { FromWorker, ToWorker, WorkerError } from './messages.js';
import { brandVariable, killProcessTree, residentMb } from './process-tree.js';

export interface WorkerSettings {
  /** path of built JavaScript that calls serveTrials or serveRequests, see platform workerEntry */
  readonly entry: string;
  /** sets AUTOMODEL_THREADS of the worker */
  readonly threads?: number;
  /** limit of the worker's JavaScript heap and of its resident memory, MiB */
  readonly memoryLimitMb?: number;
  /** how often the worker reports and its memory is looked at */
  readonly heartbeatMs: number;
  /** a worker whose main thread is silent this long during a request is given up; keep it above any long synchronous step */
  readonly hungAfterMs: number;
  /** from start to ready */
  readonly startupTimeoutMs: number;
  /** time between asking a request to stop and killing its worker */
  readonly cancelGraceMs: number;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: TrialProgress) => void;
  readonly signal?: AbortSignal;
}

/** How a call ended. `lost` means that the worker is gone too. */
export type CallResult =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: WorkerError }
  | { readonly kind: 'lost'; readonly error: WorkerError };

interface Call {
  readonly id: number;
  readonly options: CallOptions;
  readonly settle: (result: CallResult) => void;
}

const stderrTailCharacters = 4000;
const lastWordsMs = 500;
const maxTimerMs = 2 ** 31 - 1;

/** SIGKILL that is not ours is most often the kernel's, for want of memory. */
const killedRemedy =
  'The system may have run out of memory: use fewer --workers, or set --trial-memory below what is free.';

let brands = 0;
const startedMs = clock.nowMs();

/** Unlike that of any other worker of this machine. */
function nextBrand(): string {
  brands += 1;
  return `${process.pid}-${startedMs}-${brands}`;
}

/** Live workers, so that an engine that ends in any orderly way takes them with it (kill -9 is the watchdog's case). */
const live = new Set<WorkerProcess>();
process.on('exit', () => {
  for (const worker of live) worker.kill();
});

/** One child process that answers one request at a time. It leads its own process group and sees a scrubbed environment. */
export class WorkerProcess {
  /** requests answered so far */
  answered = 0;
  private readonly child: ChildProcess;
  private readonly ready: Promise<boolean>;
  private readonly gone: Promise<void>;
  private call: Call | undefined;
  private nextId = 1;
  private lastSeenMs = clock.monotonicMs();
  private reportedMb = 0;
  private stderrTail = '';
  /** why we killed it; undefined when it died by itself */
  private sentence: WorkerError | undefined;
  private dead = false;
  private readonly brand = nextBrand();

  constructor(private readonly settings: WorkerSettings) {
    // Stacks then name lines of the sources: a shape error points into the model.
    const flags = ['--enable-source-maps'];
    if (settings.memoryLimitMb !== undefined) flags.push(`--max-old-space-size=${settings.memoryLimitMb}`);
    const threads = settings.threads === undefined ? {} : { AUTOMODEL_THREADS: String(settings.threads) };
    this.child = fork(settings.entry, [String(process.pid), String(settings.heartbeatMs), this.brand], {
      detached: true,
      env: { ...config.childEnvironment, ...threads, [brandVariable]: this.brand },
      execArgv: flags,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'], // stdout belongs to the engine's own result
    });
    live.add(this);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderrTail = (this.stderrTail + text).slice(-stderrTailCharacters);
    });
    if (this.child.stderr !== null) createInterface(this.child.stderr).on('line', (line) => this.pass(line));
    let markReady: (ready: boolean) => void;
    this.ready = new Promise((resolve) => (markReady = resolve));
    this.child.on('message', (message: FromWorker) => {
      this.lastSeenMs = clock.monotonicMs();
      if (message.kind === 'ready') markReady(true);
      else this.receive(message);
    });
    this.child.on('error', (error) => (this.stderrTail += error.message));
    this.gone = new Promise((resolve) => {
      const end = () => {
        if (this.dead) return;
        this.dead = true;
        live.delete(this);
        this.kill(); // what it had started
        void this.lastWords().then(() => {
          markReady(false);
          resolve();
        });
      };
      this.child.on('error', end);
      this.child.on('exit', end);
    });
  }

  get alive(): boolean {
    return !this.dead && this.sentence === undefined;
  }

  /** Sends one request; never rejects. */
  async send(request: unknown, options: CallOptions): Promise<CallResult> {
    const startup = setTimeout(() => {
      this.condemn('WORKER_LOST', `The worker was not ready within ${this.settings.startupTimeoutMs} ms`);
    }, this.settings.startupTimeoutMs);
    const ready = await this.ready;
    clearTimeout(startup);
    if (!ready) return this.lost();

    const id = this.nextId++;
    let settle: (result: CallResult) => void = () => undefined;
    const reply = new Promise<CallResult>((resolve) => (settle = resolve));
    this.call = { id, options, settle };
    const stopWatching = this.watch(id, options);
    this.post({ kind: 'run', id, request });
    const result = await Promise.race([reply, this.gone.then(() => this.lost())]);
    stopWatching();
    this.call = undefined;
    this.answered += 1;
    return result;
  }

  /** Kills the worker's whole process tree. */
  kill(): void {
    if (this.child.pid !== undefined) killProcessTree(this.child.pid, this.brand);
  }

  /** Kills and waits until the process is gone. */
  async close(): Promise<void> {
    this.condemn('INTERRUPTED', 'The worker was closed');
    await this.gone;
  }

  private receive(message: Exclude<FromWorker, { kind: 'ready' }>): void {
    if (message.kind === 'heartbeat') {
      this.reportedMb = message.rssMb;
      return;
    }
    if (this.call?.id !== message.id) return; // a late word about a request that is over
    if (this.sentence !== undefined) return; // a condemned worker gives no score
    if (message.kind === 'progress') {
      this.call.options.onProgress?.({ done: message.done, message: message.message });
    } else if (message.tookMs > (this.call.options.timeoutMs ?? Number.POSITIVE_INFINITY)) {
      this.expire(this.call);
    } else if (message.kind === 'result') this.call.settle({ kind: 'value', value: message.value });
    else this.call.settle({ kind: 'error', error: message.error });
  }

  /** Timeout, silence, memory and cancellation of the request that runs. */
  private watch(id: number, options: CallOptions): () => void {
    const timers: NodeJS.Timeout[] = [];
    this.lastSeenMs = clock.monotonicMs();
    if (options.timeoutMs !== undefined) {
      // An engine that was busy may look late: an answer that lies there already says itself whether it kept the limit.
      const end = () => setImmediate(() => this.call?.id === id && this.expire(this.call));
      timers.push(setTimeout(end, Math.min(options.timeoutMs, maxTimerMs)));
    }
    timers.push(setInterval(() => this.inspect(), this.settings.heartbeatMs));
    const cancel = () => {
      this.post({ kind: 'cancel', id });
      timers.push(setTimeout(() => this.condemn('INTERRUPTED', 'Cancelled'), this.settings.cancelGraceMs));
    };
    if (options.signal?.aborted === true) cancel();
    options.signal?.addEventListener('abort', cancel, { once: true });
    return () => {
      for (const timer of timers) clearTimeout(timer);
      options.signal?.removeEventListener('abort', cancel);
    };
  }

  private inspect(): void {
    const { memoryLimitMb, hungAfterMs } = this.settings;
    const usedMb = (this.child.pid === undefined ? undefined : residentMb(this.child.pid)) ?? this.reportedMb;
    if (memoryLimitMb !== undefined && usedMb > memoryLimitMb) {
      const used = Math.round(usedMb);
      this.condemn('OUT_OF_MEMORY', `The worker used ${used} MiB, over its limit of ${memoryLimitMb} MiB`);
    }
    const silentMs = Math.round(clock.monotonicMs() - this.lastSeenMs);
    if (silentMs > hungAfterMs)
      this.condemn('WORKER_LOST', `The worker gave no sign of life for ${silentMs} ms`);
  }

  private expire({ options }: Call): void {
    this.condemn('TRIAL_TIMEOUT', `Stopped after its limit of ${options.timeoutMs} ms`);
  }

  private condemn(code: string, message: string): void {
    if (this.dead) return;
    this.sentence ??= { code, message, remedy: undefined, details: {}, infrastructure: true };
    this.kill();
  }

  private lost(): CallResult {
    return { kind: 'lost', error: this.sentence ?? this.causeOfDeath() };
  }

  private causeOfDeath(): WorkerError {
    const { exitCode, signalCode } = this.child;
    const details = { exitCode, signal: signalCode };
    if (/heap out of memory|Allocation failed/i.test(this.stderrTail)) {
      const limit =
        this.settings.memoryLimitMb === undefined ? '' : `, limited to ${this.settings.memoryLimitMb} MiB,`;
      const message = `The worker's JavaScript heap${limit} was full`;
      return { code: 'OUT_OF_MEMORY', message, remedy: undefined, details, infrastructure: true };
    }
    const how = signalCode === null ? `ended with exit code ${exitCode}` : `was killed by ${signalCode}`;
    const said = lastError(this.stderrTail);
    const message = said === '' ? `The worker ${how}` : `The worker ${how}: ${said}`;
    const fault = systemFaultIn(this.stderrTail);
    if (fault !== undefined) {
      const { code, remedy, systemCode } = fault;
      return { code, message, remedy, details: { ...details, systemCode }, infrastructure: true };
    }
    const remedy = signalCode === 'SIGKILL' ? killedRemedy : undefined;
    return { code: 'WORKER_LOST', message, remedy, details, infrastructure: true };
  }

  /** A worker's own log lines join the engine's log; crash dumps and what native code prints would only disturb it. */
  private pass(line: string): void {
    if (line.startsWith('{"level":')) process.stderr.write(`${line}\n`);
    else log.debug({ worker: this.child.pid, line }, 'a worker wrote to stderr');
  }

  /** Waits until all that a dead worker wrote has arrived, but not for ever: a stray may hold the pipe open. */
  private async lastWords(): Promise<void> {
    const { stderr } = this.child;
    if (stderr === null || stderr.closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, lastWordsMs);
      stderr.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private post(message: ToWorker): void {
    // a failed send means that the worker is dying; its exit settles the call
    this.child.send(message as object, () => undefined);
  }
}

/** The line of a dead process's output that says most. */
function lastError(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines[lines.length - 1]).trim();
}
