import { join } from 'node:path';
import type { PastEvents } from '../data/index.js';
import {
  asAutoModelError,
  canonicalJson,
  clock,
  isAutoModelError,
  log as logger,
  sha256,
} from '../platform/index.js';
import type { Appended, EventSink, ServedEvent, Warning } from '../schema/index.js';
import { EventLog, type LogPosition } from './event-log.js';
import { IdWindow } from './id-window.js';
import { ServingState, type KnownRows, type StateContent } from './serving-state.js';
import { Slices } from './slices.js';
import { readSnapshot, snapshotBytes, writeSnapshot, type Snapshot } from './snapshot-file.js';
import type { StateSettings } from './state-settings.js';

export interface ServingStoreOptions {
  /** folder of event log and snapshot */
  readonly dir: string;
  readonly settings: StateSettings;
  readonly rows: KnownRows;
  /** names the log that `past` reads: a snapshot that was made over another one is not used */
  readonly pastName: string;
  /** what happened before the event log begins; only asked for where no snapshot has it */
  readonly past: () => Promise<PastEvents>;
  /** a snapshot is taken after so many events; default 100,000 */
  readonly snapshotEvents?: number;
  /** told what a snapshot holds, before it is written; must neither change it nor throw */
  readonly onSnapshot?: (content: StateContent) => void;
  /** a snapshot holds the event loop no longer than this at once; default 3 */
  readonly sliceMs?: number;
  readonly rememberedIds?: number;
  readonly segmentBytes?: number;
  readonly warn: (warning: Warning) => void;
}

/** How a store came to its state. */
export interface Recovery {
  /** undefined: no snapshot was there, or it was of no use */
  readonly snapshotAt: LogPosition | undefined;
  /** events of the log that were read */
  readonly replayed: number;
}

/**
 * State that outlives the process: events are durable before the state knows of them, and a snapshot saves reading all of them
 * again. A snapshot is only ever a shortcut; one that is damaged, too old or of other data is put aside with a warning.
 */
export class ServingStore implements EventSink {
  private sinceSnapshot: number;
  private writing: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    readonly state: ServingState,
    readonly log: EventLog,
    readonly recovery: Recovery,
    private readonly exposures: IdWindow,
    private readonly options: ServingStoreOptions,
    private readonly basis: string,
  ) {
    this.sinceSnapshot = recovery.replayed;
  }

  /** @throws JOURNAL_CORRUPT when the event log is damaged */
  static async open(options: ServingStoreOptions): Promise<ServingStore> {
    const { settings, pastName, warn } = options;
    const basis = sha256(canonicalJson({ settings, pastName }));
    const snapshot = usable(snapshotPath(options.dir), basis, warn);
    if (snapshot !== undefined) {
      try {
        return await ServingStore.opened(options, basis, snapshot);
      } catch (error) {
        // Only the shortcut may be at fault; what is wrong with the log itself comes up again below.
        if (!isAutoModelError(error) || error.code !== 'JOURNAL_CORRUPT') throw error;
        warn({ code: 'SNAPSHOT_UNUSED', message: `The snapshot is put aside: ${error.message}.` });
      }
    }
    return ServingStore.opened(options, basis, undefined);
  }

  private static async opened(
    options: ServingStoreOptions,
    basis: string,
    snapshot: Snapshot | undefined,
  ): Promise<ServingStore> {
    const { dir, settings, rows, rememberedIds = 1_000_000, segmentBytes } = options;
    const state = new ServingState(settings, rows, snapshot?.content);
    if (snapshot === undefined) state.observePast(await options.past(), clock.nowMs());
    const exposures = new IdWindow(rememberedIds, snapshot?.exposures);
    let replayed = 0;
    const log = await EventLog.open(eventFolder(dir), {
      segmentBytes,
      rememberedIds,
      onEvent: (event) => {
        replayed += 1;
        state.apply(event);
        const { experiment, variant } = event.more ?? {};
        if (event.kind === 'exposure')
          exposures.add(exposureKey(String(experiment), event.user, String(variant)));
      },
      onStored: (event) => state.apply(event),
      ...(snapshot !== undefined && { from: { position: snapshot.position, ids: snapshot.ids } }),
    });
    return new ServingStore(
      state,
      log,
      { snapshotAt: snapshot?.position, replayed },
      exposures,
      options,
      basis,
    );
  }

  /** Memory of histories and remembered ids, about. */
  get bytes(): number {
    return this.state.bytes + this.log.idBytes + this.exposures.bytes;
  }

  /** Resolves when the events are durable and the state knows of them. */
  async append(events: readonly ServedEvent[]): Promise<Appended> {
    const appended = await this.log.append(events);
    this.sinceSnapshot += appended.stored;
    if (this.sinceSnapshot >= (this.options.snapshotEvents ?? 100_000) && this.writing === undefined) {
      this.snapshot().catch((cause: unknown) => {
        const { code, message } = asAutoModelError(cause);
        this.options.warn({ code, message: `No snapshot could be written: ${message}` });
      });
    }
    return appended;
  }

  /** Whether this unit has met the variant before; from now on it has. */
  isFirstExposure(experiment: string, unit: string, variant: string): boolean {
    const key = exposureKey(experiment, unit, variant);
    if (this.exposures.has(key)) return false;
    this.exposures.add(key);
    return true;
  }

  /**
   * Writes what is known now, in slices between which others have their turn; what they change meanwhile is not in it. One that is being
   * written is waited for.
   */
  async snapshot(): Promise<void> {
    while (this.writing !== undefined) await this.writing.catch(() => {});
    this.sinceSnapshot = 0;
    this.writing = this.write(new Slices(this.options.sliceMs));
    try {
      await this.writing;
    } finally {
      this.writing = undefined;
    }
  }

  private async write(slices: Slices): Promise<void> {
    const begun = clock.monotonicMs();
    // Position, ids and state belong together: nothing happens between these lines.
    const { position } = this.log;
    const frozenIds = this.log.rememberedIds();
    const frozenExposures = this.exposures.freeze();
    const frozen = this.state.freeze();
    const frozenMs = clock.monotonicMs() - begun;
    let content: StateContent;
    try {
      content = await frozen.content(slices);
    } finally {
      frozen.release();
    }
    this.options.onSnapshot?.(content);
    const ids = await frozenIds.state(slices);
    const exposures = await frozenExposures.state(slices);
    const parts = await snapshotBytes({ basis: this.basis, position, ids, exposures, content }, slices);
    logger.debug({ frozenMs, ms: clock.monotonicMs() - begun }, 'snapshot taken');
    await writeSnapshot(snapshotPath(this.options.dir), parts);
  }

  /** Waits for events on their way, takes a snapshot, closes the log; safe to call twice. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    await this.log.close();
    await this.snapshot();
  }
}

const snapshotPath = (dir: string): string => join(dir, 'snapshot.bin');
/** Folder of the event log of a store. */
export const eventFolder = (dir: string): string => join(dir, 'events');

const exposureKey = (experiment: string, unit: string, variant: string): string =>
  JSON.stringify([experiment, unit, variant]);

function usable(path: string, basis: string, warn: ServingStoreOptions['warn']): Snapshot | undefined {
  try {
    const snapshot = readSnapshot(path);
    // Other tables or settings are no fault: the state is made anew without a word.
    return snapshot?.basis === basis ? snapshot : undefined;
  } catch (error) {
    const { message } = asAutoModelError(error);
    warn({ code: 'SNAPSHOT_UNUSED', message: `${message}; the state is made again from the event log.` });
    return undefined;
  }
}
