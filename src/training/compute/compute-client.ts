import { Worker } from 'node:worker_threads';
import { asAutoModelError, AutoModelError, workerEntry } from '../../platform/index.js';
import type { ComputeReply, ComputeRequest, OpenRequest, RunReply, RunRequest } from './protocol.js';

interface Waiting {
  readonly resolve: (reply: ComputeReply) => void;
  readonly reject: (error: AutoModelError) => void;
}

/** The caller's side of a compute thread. Requests are answered in the order in which they were sent. */
export class ComputeClient {
  private readonly worker = new Worker(workerEntry('training/compute/compute-thread'));
  private readonly waiting: Waiting[] = [];
  private lost: AutoModelError | undefined;
  private closing: Promise<void> | undefined;
  /** fulfilled when the thread has ended, whatever for */
  readonly ended: Promise<void>;
  /** of the files that its sessions were made of */
  modelBytes = 0;

  private constructor() {
    this.worker.on('message', (reply: ComputeReply) => this.waiting.shift()?.resolve(reply));
    this.worker.on('error', (cause) => this.fail(`The compute thread failed: ${cause.message}`, cause));
    this.ended = new Promise((resolve) =>
      this.worker.on('exit', (code) => {
        this.fail(`The compute thread ended with code ${code}`);
        resolve();
      }),
    );
  }

  static async open(request: Omit<OpenRequest, 'kind'>): Promise<ComputeClient> {
    const client = new ComputeClient();
    try {
      await client.send({ kind: 'open', ...request }, []);
      for (const { model } of Object.values(request.sessions)) client.modelBytes += model.byteLength;
    } catch (error) {
      await client.worker.terminate();
      throw error;
    }
    return client;
  }

  /** Whether the thread has ended, so that everything it is asked for fails. */
  get isLost(): boolean {
    return this.lost !== undefined;
  }

  async run(request: Omit<RunRequest, 'kind'>): Promise<RunReply> {
    const reply = await this.send({ kind: 'run', ...request }, [request.slab, request.resultSlab]);
    if (reply.kind !== 'ran') throw unexpected(reply);
    return reply;
  }

  /** Runs one after the other, in one message each way. */
  async runAll(runs: readonly Omit<RunRequest, 'kind'>[]): Promise<readonly RunReply[]> {
    const slabs = runs.flatMap(({ slab, resultSlab }) => [slab, resultSlab]);
    const reply = await this.send({ kind: 'run-all', runs }, slabs);
    if (reply.kind !== 'ran-all') throw unexpected(reply);
    return reply.replies;
  }

  async copy(pairs: readonly (readonly [string, string])[]): Promise<void> {
    await this.send({ kind: 'copy', pairs }, []);
  }

  async put(buffers: Readonly<Record<string, Float32Array>>): Promise<void> {
    await this.send({ kind: 'put', buffers }, []);
  }

  async clear(names: readonly string[]): Promise<void> {
    await this.send({ kind: 'clear', names }, []);
  }

  async export(names: readonly string[]): Promise<Readonly<Record<string, Float32Array>>> {
    const reply = await this.send({ kind: 'export', names }, []);
    if (reply.kind !== 'exported') throw unexpected(reply);
    return reply.buffers;
  }

  /** Releases the sessions and ends the thread once it has done what was asked for; safe to call twice, also at once. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.lost !== undefined) return;
    await this.send({ kind: 'close' }, []);
    this.lost = new AutoModelError('INTERNAL', 'The compute thread is closed');
    await this.worker.terminate();
  }

  private send(request: ComputeRequest, transfer: readonly ArrayBuffer[]): Promise<ComputeReply> {
    const { lost } = this;
    if (lost !== undefined) return Promise.reject(lost);
    return new Promise<ComputeReply>((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(request, transfer);
    }).then((reply) => {
      if (reply.kind === 'failed') throw asAutoModelError(new Error(`ONNX Runtime: ${reply.message}`));
      return reply;
    });
  }

  private fail(message: string, cause?: unknown): void {
    const { code, remedy } = asAutoModelError(cause);
    this.lost ??=
      code === 'OUT_OF_MEMORY'
        ? new AutoModelError(code, message, { remedy, cause })
        : new AutoModelError('WORKER_LOST', message, { retryable: true, cause });
    for (const { reject } of this.waiting.splice(0)) reject(this.lost);
  }
}

function unexpected(reply: ComputeReply): AutoModelError {
  return new AutoModelError('INTERNAL', `The compute thread answered "${reply.kind}" out of turn`);
}
