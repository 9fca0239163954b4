import { asAutoModelError, AutoModelError, type Clock } from '../platform/index.js';
import { BatchCost } from './batch-cost.js';

export interface AdmissionOptions {
  /** batches that are served at once; a function is asked anew each time, for what a deploy may change */
  readonly concurrency: number | (() => number);
  /** most requests of one batch */
  readonly batch: number;
  /** most requests that wait */
  readonly queue: number;
  /** time from its arrival within which a request that was let in should have its answer */
  readonly deadlineMs: number;
}

/** What became of requests so far, and where they are now. */
export interface AdmissionCounts {
  readonly admitted: number;
  /** refused on arrival */
  readonly shed: number;
  /** let in, and refused after all when too late */
  readonly expired: number;
  readonly waiting: number;
  /** batches, and requests in them, that are being served */
  readonly batches: number;
  readonly serving: number;
}

/** A batch that was served, for metrics. */
export interface ServedBatch {
  readonly size: number;
  readonly ms: number;
  /** how long the first of it waited */
  readonly waitedMs: number;
}

interface Waiter<Request, Answer> {
  readonly request: Request;
  readonly arrivedMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

interface Running {
  readonly size: number;
  readonly startedMs: number;
}

/**
 * Lets in as many requests as can be answered in time, and refuses the rest at once. Requests that find nobody free wait in the
 * order of their arrival and are handed over together, up to `batch` of them. From the batches served so far it is estimated when a
 * newcomer would have its answer; one whose batch would miss the deadline of its first member is refused, so that under any load the
 * ones let in are answered about as fast as ever. Who finds someone free is always let in: a wrong estimate is corrected by measuring.
 */
export class Admission<Request, Answer> {
  private readonly queue: Waiter<Request, Answer>[] = [];
  private readonly running = new Set<Running>();
  private readonly cost = new BatchCost();
  private admitted = 0;
  private shed = 0;
  private expired = 0;

  /** @param serve answers in the order of the requests; where it refuses a batch of several, they are tried one by one */
  constructor(
    private readonly options: AdmissionOptions,
    private readonly serve: (requests: readonly Request[]) => Promise<readonly Answer[]>,
    private readonly clock: Clock,
    private readonly onBatch: (batch: ServedBatch) => void = () => {},
  ) {
    for (const [name, value] of Object.entries({ concurrency: this.concurrency, batch: options.batch }))
      if (!(Number.isInteger(value) && value >= 1))
        throw new RangeError(`${name} is at least one, not ${value}`);
  }

  private get concurrency(): number {
    const { concurrency } = this.options;
    return typeof concurrency === 'number' ? concurrency : concurrency();
  }

  get counts(): AdmissionCounts {
    let serving = 0;
    for (const { size } of this.running) serving += size;
    return {
      admitted: this.admitted,
      shed: this.shed,
      expired: this.expired,
      waiting: this.queue.length,
      batches: this.running.size,
      serving,
    };
  }

  /**
   * Why a request that comes now is refused, which is counted; undefined: it would be let in. Cheap, so that a refusal costs less
   * than reading the request.
   */
  refusal(): AutoModelError | undefined {
    const { batch, queue, deadlineMs } = this.options;
    if (this.running.size < this.concurrency) return undefined;
    const nowMs = this.clock.monotonicMs();
    const answeredMs = this.expectedAnswerMs(nowMs);
    const first = this.queue[Math.floor(this.queue.length / batch) * batch]?.arrivedMs ?? nowMs;
    if (this.queue.length < queue && answeredMs <= first + deadlineMs) return undefined;
    this.shed += 1;
    return overloaded(answeredMs - nowMs);
  }

  /**
   * Rejects with OVERLOADED (retryable, `details.retryAfterMs`) for a request that is not let in, or that was and then waited
   * too long; otherwise as `serve` does. A signal that aborts takes a waiting request out.
   */
  submit(request: Request, signal?: AbortSignal): Promise<Answer> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    this.admitted += 1;
    return new Promise((resolve, reject) => {
      const waiter = { request, arrivedMs: this.clock.monotonicMs(), resolve, reject };
      this.queue.push(waiter);
      this.dispatch();
      if (this.queue.includes(waiter))
        signal?.addEventListener('abort', () => this.leave(waiter, signal), { once: true });
    });
  }

  private leave(waiter: Waiter<Request, Answer>, { reason }: AbortSignal): void {
    const at = this.queue.indexOf(waiter);
    if (at === -1) return;
    this.queue.splice(at, 1);
    waiter.reject(reason);
  }

  /** When a request that came now would have its answer, if all goes as measured; twice the usual deviation is allowed for. */
  private expectedAnswerMs(nowMs: number): number {
    const { batch } = this.options;
    const free = [...this.running].map(({ size, startedMs }) =>
      Math.max(nowMs, startedMs + this.cost.ms(size)),
    );
    const wholeBatchMs = this.cost.ms(batch);
    for (let before = this.queue.length; before >= batch; before -= batch) {
      const next = earliest(free);
      free[next] += wholeBatchMs;
    }
    const ownMs = this.cost.ms((this.queue.length % batch) + 1);
    return free[earliest(free)] + ownMs + 2 * this.cost.deviationMs;
  }

  private dispatch(): void {
    while (this.running.size < this.concurrency) {
      const nowMs = this.clock.monotonicMs();
      this.dropExpired(nowMs);
      const batch = this.queue.splice(0, this.options.batch);
      if (batch.length === 0) return;
      void this.run(batch, nowMs);
    }
  }

  /** Whoever cannot be answered in time any more makes room for those who can. The newest is served in any case. */
  private dropExpired(nowMs: number): void {
    const latest = nowMs + this.cost.ms(1) - this.options.deadlineMs;
    while (this.queue.length > 1 && this.queue[0].arrivedMs < latest) {
      this.expired += 1;
      this.queue.shift()?.reject(overloaded(this.cost.ms(this.options.batch)));
    }
  }

  private async run(batch: readonly Waiter<Request, Answer>[], startedMs: number): Promise<void> {
    const running = { size: batch.length, startedMs };
    this.running.add(running);
    try {
      const answers = await this.answersTo(batch);
      const ms = this.clock.monotonicMs() - startedMs;
      this.cost.observe(batch.length, ms);
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]);
      this.onBatch({ size: batch.length, ms, waitedMs: startedMs - batch[0].arrivedMs });
    } catch (error) {
      await this.oneByOne(batch, error);
    } finally {
      this.running.delete(running);
      this.dispatch();
    }
  }

  /** One request that cannot be answered must not fail those that happened to wait beside it. */
  private async oneByOne(batch: readonly Waiter<Request, Answer>[], error: unknown): Promise<void> {
    const hopeless = batch.length === 1 || asAutoModelError(error).retryable;
    for (const waiter of batch) {
      if (hopeless) {
        waiter.reject(error);
        continue;
      }
      try {
        waiter.resolve((await this.answersTo([waiter]))[0]);
      } catch (own) {
        waiter.reject(own);
      }
    }
  }

  private async answersTo(batch: readonly Waiter<Request, Answer>[]): Promise<readonly Answer[]> {
    const answers = await this.serve(batch.map(({ request }) => request));
    if (answers.length === batch.length) return answers;
    throw new AutoModelError('INTERNAL', `${batch.length} requests got ${answers.length} answers`);
  }
}

function earliest(times: readonly number[]): number {
  let at = 0;
  for (let i = 1; i < times.length; i += 1) if (times[i] < times[at]) at = i;
  return at;
}

function overloaded(backlogMs: number): AutoModelError {
  return new AutoModelError('OVERLOADED', 'There are more requests than can be answered in time', {
    remedy: 'Send the request again after the time in Retry-After.',
    retryable: true,
    details: { retryAfterMs: Math.ceil(backlogMs) },
  });
}
