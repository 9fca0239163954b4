import { AutoModelError, clock as systemClock, type Clock } from '../platform/index.js';
import { brokenness, genesis, openEvent, sealEvent, type StoredEvent } from './hash-chain.js';
import { conflict, corrupt, unknownParent } from './journal-errors.js';
import type { Journal, JournalEvent, JournalHead, ReadOptions } from './journal.js';

/** The in-memory twin: same behaviour, nothing on disk. For tests and for runs that leave no trace. */
export class MemoryJournal implements Journal {
  private readonly events: StoredEvent[] = [];
  private readonly ids = new Set<string>();
  private closed = false;

  constructor(private readonly clock: Clock = systemClock) {}

  async append(
    kind: string,
    payload: unknown,
    parent: string | null = null,
    expectedSeq?: number,
  ): Promise<JournalEvent> {
    this.assertOpen();
    const last = this.events.at(-1);
    const head = last ?? genesis;
    if (expectedSeq !== undefined && expectedSeq !== head.seq) throw conflict(expectedSeq, head.seq);
    if (parent !== null && !this.ids.has(parent)) throw unknownParent(kind, parent);
    const event = sealEvent({ at: this.clock.nowMs(), kind, payload, parent }, head, last?.at ?? 0);
    this.events.push(event);
    this.ids.add(event.id);
    return openEvent(event);
  }

  async *read(options: ReadOptions = {}): AsyncIterable<JournalEvent> {
    this.assertOpen();
    const end = this.events.length;
    for (let index = Math.max(1, options.fromSeq ?? 1) - 1; index < end; index += 1) {
      const event = this.events[index];
      if (options.kinds === undefined || options.kinds.includes(event.kind)) yield openEvent(event);
    }
  }

  async head(): Promise<JournalHead> {
    this.assertOpen();
    const { seq, hash } = this.events.at(-1) ?? genesis;
    return { seq, hash };
  }

  async verify(): Promise<JournalHead> {
    this.assertOpen();
    let hash = genesis.hash;
    for (const [index, event] of this.events.entries()) {
      const fault = brokenness(event, index + 1, hash);
      if (fault !== undefined) throw corrupt('memory', fault, { seq: index + 1 });
      hash = event.hash;
    }
    return this.head();
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private assertOpen(): void {
    if (this.closed) throw new AutoModelError('INTERNAL', 'The journal is closed');
  }
}
