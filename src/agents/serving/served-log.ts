import { asAutoModelError } from '../../platform/index.js';
import type { EventSink, ServedEvent, Warning } from '../../schema/index.js';

/** Notes wait so long at most before they are written. */
const WAIT_MS = 50;
/** As many as this are written at once without waiting. */
const BATCH = 256;
/** Beyond this many the disk cannot follow: what comes then is counted as lost and not kept. */
const MOST_WAITING = 50_000;

/**
 * Writes what was answered, behind the answers: nobody waits for it. A kill can lose the last moments of it, never an event that was
 * acknowledged to a client.
 */
export class ServedLog {
  private waiting: ServedEvent[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private underWay = 0;
  lost = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly warn: (warning: Warning) => void,
  ) {}

  note(event: ServedEvent): void {
    if (this.waiting.length + this.underWay >= MOST_WAITING) {
      this.lost += 1;
      return;
    }
    this.waiting.push(event);
    if (this.waiting.length >= BATCH) this.write();
    else this.timer ??= setTimeout(() => this.write(), WAIT_MS).unref();
  }

  /** Resolves when everything that was noted before is written. */
  async flush(): Promise<void> {
    this.write();
    await this.writing;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const events = this.waiting;
    if (events.length === 0) return;
    this.waiting = [];
    this.underWay += events.length;
    const written = this.append(events);
    this.writing = Promise.all([this.writing, written]).then(() => void (this.underWay -= events.length));
  }

  private async append(events: readonly ServedEvent[]): Promise<void> {
    try {
      await this.sink.append(events);
    } catch (cause) {
      const error = asAutoModelError(cause);
      // One that is too large must not take the others with it.
      if (error.code === 'LIMIT_EXCEEDED' && events.length > 1) {
        await Promise.all(events.map((event) => this.append([event])));
        return;
      }
      if (this.lost === 0)
        this.warn({ code: error.code, message: `Answers are not logged: ${error.message}` });
      this.lost += events.length;
    }
  }
}
