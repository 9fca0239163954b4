import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { asAutoModelError, AutoModelError } from '../platform/index.js';
import type { Appended, ServedEvent } from '../schema/index.js';
import { frame, MOST_PAYLOAD, scanFrames } from './frames.js';
import { IdWindow, type FrozenIds, type IdWindowState } from './id-window.js';

/** A place between two events of the log. */
export interface LogPosition {
  readonly segment: number;
  /** bytes of the segment before it */
  readonly offset: number;
  /** events of the log before it */
  readonly events: number;
}

export interface EventLogOptions {
  /** a new segment begins beyond so many bytes; default 64 MiB */
  readonly segmentBytes?: number;
  /** called for every event that is there already, in order, while the log is opened */
  readonly onEvent?: (event: ServedEvent) => void;
  /** called for every event that was stored since, in the order of the log, before its `append` resolves; must not throw */
  readonly onStored?: (event: ServedEvent) => void;
  /**
   * an event that is reported again counts once as long as so many others did not come in between (up to twice as many are
   * remembered, 16 to 32 bytes each); default a million
   */
  readonly rememberedIds?: number;
  /** what is before it is known from elsewhere (a snapshot) and not read */
  readonly from?: { readonly position: LogPosition; readonly ids: IdWindowState };
}

interface Waiting {
  readonly bytes: readonly Buffer[];
  readonly events: readonly ServedEvent[];
  readonly resolve: () => void;
  readonly reject: (error: AutoModelError) => void;
}

const segmentName = (number: number): string => `events-${String(number).padStart(6, '0')}.log`;
const isSegment = (name: string): boolean => /^events-\d{6}\.log$/.test(name);
const numberOf = (name: string): number => Number(name.slice(7, 13));

/**
 * Events in order, durable before they are acknowledged: `append` resolves when they are synced to disk. Everything that arrives
 * while one sync runs goes into the next (group commit), so the disk and not the number of clients sets the pace. Segments hold
 * frames of JSON with a checksum; what a crash left half-written at the end is cut off when the log is opened.
 */
export class EventLog {
  private queue: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private failed: AutoModelError | undefined;
  /** id → when it is durable, of events on their way */
  private readonly underWay = new Map<string, Promise<void>>();
  private told: LogPosition;

  private constructor(
    private readonly dir: string,
    private readonly segmentBytes: number,
    private readonly onStored: EventLogOptions['onStored'],
    private readonly ids: IdWindow,
    private handle: FileHandle,
    private segment: number,
    private size: number,
    private stored: number,
  ) {
    this.told = { segment, offset: size, events: stored };
  }

  /**
   * @throws JOURNAL_CORRUPT for damage anywhere but at the end, naming segment and place; also when the log ends before the place
   *   that it is to be read from
   */
  static async open(dir: string, options: EventLogOptions = {}): Promise<EventLog> {
    const { segmentBytes = 1 << 26, onEvent, onStored, rememberedIds = 1_000_000, from } = options;
    mkdirSync(dir, { recursive: true });
    const ids = new IdWindow(rememberedIds, from?.ids);
    const names = readdirSync(dir).filter(isSegment).sort();
    if (from !== undefined) requireReach(dir, from.position);
    let stored = from?.position.events ?? 0;
    let size = 0;
    for (const [index, name] of names.entries()) {
      const number = numberOf(name);
      if (from !== undefined && number < from.position.segment) continue;
      const path = join(dir, name);
      const bytes = readFileSync(path);
      const begin = number === from?.position.segment ? from.position.offset : 0;
      const read = scanFrames(bytes.subarray(begin), (payload) => {
        const event = JSON.parse(payload.toString('utf8')) as ServedEvent;
        ids.add(event.id);
        stored += 1;
        onEvent?.(event);
      });
      size = begin + read;
      if (size === bytes.length) continue;
      if (index < names.length - 1) throw damaged(path, size);
      truncateSync(path, size);
    }
    const segment = names.length === 0 ? 1 : numberOf(names.at(-1) as string);
    const handle = await openSegment(dir, segment);
    return new EventLog(dir, segmentBytes, onStored, ids, handle, segment, size, stored);
  }

  /** Number of events that are stored or on their way. */
  get events(): number {
    return this.stored + this.underWay.size;
  }

  /** Where the next event will lie; everything before it is durable and was told to `onStored`. */
  get position(): LogPosition {
    return this.told;
  }

  /** Memory that the remembered ids take. */
  get idBytes(): number {
    return this.ids.bytes;
  }

  /** The ids that it remembers: what a snapshot at `position` needs of it. */
  rememberedIds(): FrozenIds {
    return this.ids.freeze();
  }

  /**
   * Stores the events that are new; resolves when all of them are durable, those included that an earlier call is still
   * storing.
   * @throws LIMIT_EXCEEDED for an event of more than 1 MiB: then none of the call is stored; DISK_FULL
   */
  async append(events: readonly ServedEvent[]): Promise<Appended> {
    if (this.failed !== undefined) throw this.failed;
    const fresh = new Map<string, ServedEvent>();
    const bytes: Buffer[] = [];
    const earlier: Promise<void>[] = [];
    for (const event of events) {
      const onItsWay = this.underWay.get(event.id);
      if (onItsWay !== undefined) earlier.push(onItsWay);
      else if (!fresh.has(event.id) && !this.ids.has(event.id)) {
        bytes.push(framed(event));
        fresh.set(event.id, event);
      }
    }
    if (fresh.size > 0) {
      const durable = new Promise<void>((resolve, reject) => {
        this.queue.push({ bytes, events: [...fresh.values()], resolve, reject });
      });
      for (const id of fresh.keys()) this.underWay.set(id, durable);
      // Others may wait for it; that nobody else does must not count as unhandled.
      durable.catch(() => {});
      this.flushing ??= this.flush();
      await durable;
    }
    await Promise.all(earlier);
    return { stored: fresh.size, repeated: events.length - fresh.size };
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
      } catch (cause) {
        await this.takeBack(batch, asAutoModelError(cause));
        continue;
      }
      this.settle(batch);
    }
    this.flushing = undefined;
  }

  /** What is durable is told and acknowledged. */
  private settle(batch: readonly Waiting[]): void {
    for (const event of batch.flatMap(({ events }) => events)) {
      this.underWay.delete(event.id);
      this.ids.add(event.id);
      this.stored += 1;
      this.onStored?.(event);
    }
    this.told = { segment: this.segment, offset: this.size, events: this.stored };
    for (const { resolve } of batch) resolve();
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
    for (const { events } of batch) for (const { id } of events) this.underWay.delete(id);
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

function requireReach(dir: string, { segment, offset }: LogPosition): void {
  const path = join(dir, segmentName(segment));
  const size = existsSync(path) ? statSync(path).size : 0;
  if (size >= offset && (offset === 0 || existsSync(path))) return;
  throw new AutoModelError(
    'JOURNAL_CORRUPT',
    `${path} has ${size} bytes, and is to be read from byte ${offset}`,
    {
      remedy: 'Bring the file back from a copy, or read the log from its beginning.',
      details: { path, size, offset },
    },
  );
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
