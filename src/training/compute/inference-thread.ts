import { setTimeout as sleep } from 'node:timers/promises';
import { ComputeClient } from './compute-client.js';
import type { OpenRequest, RunReply, RunRequest } from './protocol.js';

/** Wait before a thread is opened again: doubled for each that ended without having answered anything. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 30_000;

/** How the threads of a model are. */
export interface ThreadHealth {
  /** that cannot work now */
  readonly lost: number;
  /** times that one was opened again, so far */
  readonly reopened: number;
}

/**
 * A compute thread for inference, which is opened again when it ends by itself: a server lives for months, and one full heap must not
 * be the end of its model. What was asked of the old thread fails as WORKER_LOST, retryable, and so does what is asked before the new
 * one is there. Only for sessions that keep nothing from one message to the next, since a new thread begins with the first buffers.
 */
export class InferenceThread {
  private readonly closed = new AbortController();
  private renewal: Promise<void> = Promise.resolve();
  private waitMs = FIRST_WAIT_MS;
  /** times that it was opened again */
  reopened = 0;

  private constructor(
    private readonly request: Omit<OpenRequest, 'kind'>,
    private client: ComputeClient,
  ) {
    this.watch();
  }

  /** Several with the same sessions, or none: each has buffers of its own. */
  static async openSeveral(
    request: Omit<OpenRequest, 'kind'>,
    count: number,
  ): Promise<readonly InferenceThread[]> {
    const opened = await Promise.allSettled(Array.from({ length: count }, () => ComputeClient.open(request)));
    const clients = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed === undefined) return clients.map((client) => new InferenceThread(request, client));
    await Promise.all(clients.map((client) => client.close()));
    throw failed.reason;
  }

  /** Whether what is asked now fails. */
  get isLost(): boolean {
    return this.client.isLost;
  }

  /** of the files that its sessions were made of */
  get modelBytes(): number {
    return this.client.modelBytes;
  }

  run(request: Omit<RunRequest, 'kind'>): Promise<RunReply> {
    return this.answered(this.client.run(request));
  }

  /** Runs one after the other, in one message each way. */
  runAll(runs: readonly Omit<RunRequest, 'kind'>[]): Promise<readonly RunReply[]> {
    return this.answered(this.client.runAll(runs));
  }

  /** Ends the thread once it has done what was asked for, and opens none again; safe to call twice. */
  async close(): Promise<void> {
    this.closed.abort();
    await this.renewal;
    await this.client.close();
  }

  private async answered<T>(answer: Promise<T>): Promise<T> {
    const value = await answer;
    this.waitMs = FIRST_WAIT_MS;
    return value;
  }

  private watch(): void {
    void this.client.ended.then(() => {
      if (!this.closed.signal.aborted) this.renewal = this.renew();
    });
  }

  private async renew(): Promise<void> {
    const { signal } = this.closed;
    while (!signal.aborted) {
      const waitMs = this.waitMs;
      this.waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs);
      try {
        await sleep(waitMs, undefined, { signal, ref: false });
        this.client = await ComputeClient.open(this.request);
        this.reopened += 1;
        this.watch();
        return;
      } catch {
        // Closed meanwhile, or the machine is short of something still: the next try waits longer.
      }
    }
  }
}

/** Of threads that belong together. */
export const healthOf = (threads: readonly InferenceThread[]): ThreadHealth => ({
  lost: threads.filter(({ isLost }) => isLost).length,
  reopened: threads.reduce((sum, { reopened }) => sum + reopened, 0),
});

/** Ends threads that belong together. */
export const closeAll = async (threads: readonly InferenceThread[]): Promise<void> =>
  void (await Promise.all(threads.map((thread) => thread.close())));
