import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { asAutoModelError, AutoModelError } from '../platform/index.js';
import type { Appended, ServedEvent } from '../schema/index.js';
import { frame, MOST_PAYLOAD, scanFrames } from './frames.js';

export interface EventLogOptions {
  /** a new segment begins beyond so many bytes; default 64 MiB */
  readonly segmentBytes?: number;
  /** called for every event that is there already, in order, while the log is opened */
  readonly onEvent?: (event: ServedEvent) => void;
}

interface Waiting {
  readonly bytes: readonly Buffer[];
  readonly ids: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: AutoModelError) => void;
}

const segmentName = (number: number): string => `events-${String(number).padStart(6, '0')}.log`;
const isSegment = (name: string): boolean => /^events-\d{6}\.log$/.test(name);

/**
 * Events in order, durable before they are acknowledged: `append` resolves when they are synced to disk. Everything that arrives
 * while one sync runs goes into the next (group commit), so the disk and not the number of clients sets the pace. Segments hold
 * frames of JSON with a checksum; what a crash left half-written at the end is cut off when the log is opened.
 */
export class EventLog {
  private queue: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private failed: AutoModelError | undefined;
  /** id → when it is durable; undefined once it is */
  private readonly known = new Map<string, Promise<void> | undefined>();

  private constructor(
    private readonly dir: string,
    private readonly segmentBytes: number,
    private handle: FileHandle,
    private segment: number,
    private size: number,
  ) {}

  /** @throws JOURNAL_CORRUPT for damage anywhere but at the end, naming segment and place */
  static async open(
    dir: string,
    { segmentBytes = 1 << 26, onEvent }: EventLogOptions = {},
  ): Promise<EventLog> {
    mkdirSync(dir, { recursive: true });
    const names = readdirSync(dir).filter(isSegment).sort();
    const known: string[] = [];
    let size = 0;
    for (const [index, name] of names.entries()) {
      const path = join(dir, name);
      const bytes = readFileSync(path);
      size = scanFrames(bytes, (payload) => {
        const event = JSON.parse(payload.toString('utf8')) as ServedEvent;
        known.push(event.id);
        onEvent?.(event);
      });
      if (size === bytes.length) continue;
      if (index < names.length - 1) throw damaged(path, size);
      truncateSync(path, size);
    }
    const segment = names.length === 0 ? 1 : Number((names.at(-1) as string).slice(7, 13));
    const handle = await openSegment(dir, segment);
    const log = new EventLog(dir, segmentBytes, handle, segment, size);
    for (const id of known) log.known.set(id, undefined);
    return log;
  }

  /** Number of events that are stored or on their way. */
  get events(): number {
    return this.known.size;
  }

  /**
   * Stores the events that are new; resolves when all of them are durable, those included that an earlier call is still
   * storing.
   * @throws LIMIT_EXCEEDED for an event of more than 1 MiB: then none of the call is stored; DISK_FULL
   */
  async append(events: readonly ServedEvent[]): Promise<Appended> {
    if (this.failed !== undefined) throw this.failed;
    const fresh = new Map<string, Buffer>();
    const earlier: (Promise<void> | undefined)[] = [];
    for (const event of events) {
      if (this.known.has(event.id)) earlier.push(this.known.get(event.id));
      else if (!fresh.has(event.id)) fresh.set(event.id, framed(event));
    }
    const ids = [...fresh.keys()];
    const bytes = [...fresh.values()];
    if (ids.length > 0) {
      const durable = new Promise<void>((resolve, reject) => {
        this.queue.push({ bytes, ids, resolve, reject });
      });
      for (const id of ids) this.known.set(id, durable);
      // Others may wait for it; that nobody else does must not count as unhandled.
      durable.catch(() => {});
      this.flushing ??= this.flush();
      await durable;
    }
    await Promise.all(earlier);
    return { stored: ids.length, repeated: events.length - ids.length };
  }

  /** Waits for what is on its way and closes the file. */
  async close(): Promise<void> {
    await this.flushing;
    this.failed ??= new AutoModelError('USAGE', 'The event log is closed');
    await this.handle.close();
  }

  private async flush(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      try {
        // Behind something half-written nothing would be found again.
        if (this.failed !== undefined) throw this.failed;
        await this.write(Buffer.concat(batch.flatMap(({ bytes }) => bytes)));
        for (const { ids, resolve } of batch) {
          for (const id of ids) this.known.set(id, undefined);
          resolve();
        }
      } catch (cause) {
        await this.takeBack(batch, asAutoModelError(cause));
      }
    }
    this.flushing = undefined;
  }

  private async write(bytes: Buffer): Promise<void> {
    if (this.size > 0 && this.size + bytes.length > this.segmentBytes) await this.nextSegment();
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at);
      at += bytesWritten;
    }
    await this.handle.datasync();
    this.size += bytes.length;
  }

  private async nextSegment(): Promise<void> {
    const handle = await openSegment(this.dir, this.segment + 1);
    await this.handle.close();
    this.handle = handle;
    this.segment += 1;
    this.size = 0;
  }

  /**
   * What could not be stored is not known and may be sent again. Half of it may be in the file: it is cut off. When even that fails,
   * nobody knows what is on the disk, and the log takes no more.
   */
  private async takeBack(batch: readonly Waiting[], error: AutoModelError): Promise<void> {
    for (const id of batch.flatMap(({ ids }) => ids)) this.known.delete(id);
    try {
      await this.handle.truncate(this.size);
      await this.handle.datasync();
    } catch {
      this.failed = error;
    }
    for (const { reject } of batch) reject(error);
  }
}

/** Opens a segment to append to; a new one is in its folder for good before anything is acknowledged from it. */
async function openSegment(dir: string, number: number): Promise<FileHandle> {
  const handle = await open(join(dir, segmentName(number)), 'a');
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return handle;
}

function framed(event: ServedEvent): Buffer {
  const payload = Buffer.from(JSON.stringify(event));
  if (payload.length <= MOST_PAYLOAD) return frame(payload);
  throw new AutoModelError(
    'LIMIT_EXCEEDED',
    `The event ${event.id.slice(0, 80)} has ${payload.length} bytes`,
    {
      remedy: `Send events of at most ${MOST_PAYLOAD} bytes.`,
      details: { bytes: payload.length, limit: MOST_PAYLOAD },
    },
  );
}

/** Calls `each` with every event of the log in a folder, oldest first; what is half-written at the end is left out. */
export function readEventLog(dir: string, each: (event: ServedEvent) => void): void {
  if (!existsSync(dir)) return;
  const names = readdirSync(dir).filter(isSegment).sort();
  for (const [index, name] of names.entries()) {
    const bytes = readFileSync(join(dir, name));
    const end = scanFrames(bytes, (payload) => each(JSON.parse(payload.toString('utf8')) as ServedEvent));
    if (end < bytes.length && index < names.length - 1) throw damaged(join(dir, name), end);
  }
}

function damaged(path: string, at: number): AutoModelError {
  return new AutoModelError(
    'JOURNAL_CORRUPT',
    `${path} is damaged from byte ${at} on, and later segments follow`,
    {
      remedy: 'Bring the file back from a copy, or move it away to go on without its events.',
      details: { path, at },
    },
  );
}
