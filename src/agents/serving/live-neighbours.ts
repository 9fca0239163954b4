import { Worker } from 'node:worker_threads';
import { asAutoModelError, AutoModelError, workerEntry } from '../../platform/index.js';
import type { NeighbourLists } from '../../pipeline/index.js';
import type { Warning } from '../../schema/index.js';
import { Slices, type ServingState, type StateContent } from '../../serving/index.js';
import type { FlatHistories } from './count-neighbours.js';
import { keptNeighbourLists, nameInSlices } from './neighbour-lists.js';
import type { CountRequest } from './neighbour-thread.js';

/** Of more events than this, whole users are left out, evenly: a second or two of one core. */
const MOST_EVENTS = 5_000_000;
/** A count that takes longer is given up: the lists that there are stay. */
const MOST_MS = 60_000;

/**
 * Neighbours of items as they were counted last. A snapshot of the state has all that users did, so with each one they are counted again, in a
 * thread of their own; requests meanwhile are answered by the lists before. One count at a time.
 */
export class LiveNeighbours {
  current: NeighbourLists;
  private counting: Promise<void> | undefined;
  private worker: Worker | undefined;
  private closed = false;

  /**
   * @param path where lists are kept, so that a restart recommends what was recommended until then
   * @param basis what they depend on beside the state
   */
  constructor(
    private readonly path: string,
    state: ServingState,
    private readonly basis: string,
    private readonly warn: (warning: Warning) => void,
  ) {
    this.current = keptNeighbourLists(path, state, basis);
  }

  /** Counts again by what a snapshot holds; while a count is under way nothing is begun. Never rejects: a fault is told. */
  refresh(content: Pick<StateContent, 'histories' | 'catalogue'>): Promise<void> {
    this.counting ??= this.count(content)
      .catch((cause: unknown) => {
        if (this.closed) return;
        const { code, message } = asAutoModelError(cause);
        this.warn({ code, message: `Neighbours of items stay as they were: ${message}` });
      })
      .finally(() => void (this.counting = undefined));
    return this.counting;
  }

  /** Resolves when no count is under way. */
  async settled(): Promise<void> {
    await this.counting;
  }

  /** Gives up what is under way, and counts no more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.worker?.terminate();
    await this.counting;
  }

  private async count({
    histories,
    catalogue,
  }: Pick<StateContent, 'histories' | 'catalogue'>): Promise<void> {
    const slices = new Slices();
    const flat = await flattened(histories, catalogue.ids.length, slices);
    const name = await nameInSlices(catalogue.ids, this.basis, slices);
    if (this.closed) return;
    const lists = await this.inThread({ histories: flat, path: this.path, name });
    if (!this.closed) this.current = lists;
  }

  private inThread(request: CountRequest): Promise<NeighbourLists> {
    const { items, offsets } = request.histories;
    const worker = new Worker(workerEntry('agents/serving/neighbour-thread'), {
      workerData: request,
      transferList: [items.buffer as ArrayBuffer, offsets.buffer as ArrayBuffer],
    });
    this.worker = worker;
    return new Promise<NeighbourLists>((resolve, reject) => {
      const timer = setTimeout(() => void worker.terminate(), MOST_MS);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        clearTimeout(timer);
        this.worker = undefined;
        reject(
          new AutoModelError(
            'WORKER_LOST',
            `The thread that counts them ended, or took longer than ${MOST_MS} ms`,
          ),
        );
      });
    });
  }
}

async function flattened(
  histories: StateContent['histories'],
  itemCount: number,
  slices: Slices,
): Promise<FlatHistories> {
  const events = histories.reduce((sum, [, items]) => sum + items.length, 0);
  const every = Math.max(1, Math.ceil(events / MOST_EVENTS));
  const taken = every === 1 ? histories : histories.filter((_, u) => u % every === 0);
  const offsets = new Int32Array(taken.length + 1);
  taken.forEach(([, own], u) => (offsets[u + 1] = offsets[u] + own.length));
  const items = new Int32Array(offsets[taken.length]);
  for (const [u, [, own]] of taken.entries()) {
    items.set(own, offsets[u]);
    if (slices.isDue) await slices.rest();
  }
  return { items, offsets, itemCount };
}
