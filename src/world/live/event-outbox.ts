import type { EventSink, ServedEvent } from '../../schema/index.js';
import { idOf, requestIdOf } from './ids.js';
import type { PageRecord } from './page-record.js';

interface Waiting {
  /** second in which the report arrives */
  readonly due: number;
  readonly event: ServedEvent;
}

/**
 * Reports what users did, when the report is due: impressions at once, the rest after its delay, lost and dropped events never.
 * Events are handed over in order of arrival, then of id, so that no batching of requests shows.
 */
export class EventOutbox {
  private readonly waiting = new Map<number, Waiting[]>();
  private nextTick = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly beginSecond: number,
    private readonly tickSeconds: number,
  ) {}

  add(page: PageRecord): void {
    if (page.dropped) return;
    const requestId = requestIdOf(page.user, page.ordinal);
    const user = idOf(page.user);
    for (let position = 0; position < page.reached; position += 1) {
      if (page.lost[position] === 1) continue;
      const item = idOf(page.item[position]);
      const seen = page.seenSecond[position];
      const put = (kind: string, due: number, afterMs: number, value?: number): void =>
        this.put(due, {
          id: `${requestId}-${position}-${kind}`,
          atMs: seen * 1000 + afterMs,
          user,
          item,
          kind,
          requestId,
          position,
          ...(value === undefined ? {} : { value }),
        });
      put('impression', seen, 0);
      const due = page.reportedSecond[position];
      const dwellMs = page.dwellMs[position];
      if (page.click[position] === 1) put('click', due, 500, dwellMs / 1000);
      if (page.liked[position] === 1) put('like', due, dwellMs);
      if (page.hidden[position] === 1) put('hide', due, dwellMs);
      if (page.paid[position] > 0) put('purchase', due, dwellMs, page.paid[position]);
    }
  }

  /** Hands over everything that is due before the end of a tick. */
  async deliver(tick: number): Promise<void> {
    const events: Waiting[] = [];
    for (; this.nextTick <= tick; this.nextTick += 1) {
      const due = this.waiting.get(this.nextTick);
      if (due === undefined) continue;
      this.waiting.delete(this.nextTick);
      events.push(...due);
    }
    if (events.length === 0) return;
    events.sort((a, b) => a.due - b.due || (a.event.id < b.event.id ? -1 : 1));
    await this.sink.append(events.map(({ event }) => event));
  }

  private put(due: number, event: ServedEvent): void {
    const tick = Math.max(this.nextTick, Math.floor((due - this.beginSecond) / this.tickSeconds));
    const there = this.waiting.get(tick);
    if (there === undefined) this.waiting.set(tick, [{ due, event }]);
    else there.push({ due, event });
  }
}
