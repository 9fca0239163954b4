/**
 * One fact of a run. `seq` (1, 2, 3 ...) is the order; `at` (milliseconds since 1970) is for people: it never runs
 * back, even when the clock does, and nothing is decided by it.
 */
export interface JournalEvent {
  readonly seq: number;
  /** content id, 24 hex digits, unique in the journal */
  readonly id: string;
  readonly at: number;
  /** noun-verb, for example trial-finished */
  readonly kind: string;
  /** a JSON value */
  readonly payload: unknown;
  /** id of the event that this one follows from */
  readonly parent: string | null;
  /** SHA-256 over the previous event's hash and this event's canonical JSON */
  readonly hash: string;
}

export interface JournalHead {
  /** 0 for an empty journal */
  readonly seq: number;
  readonly hash: string;
}

export interface ReadOptions {
  /** first sequence number to read; default 1 */
  readonly fromSeq?: number;
  /** only these kinds; default all */
  readonly kinds?: readonly string[];
}

/**
 * Append-only memory of a project. Everything else (knowledge, leaderboards, reports) is a projection that can be
 * rebuilt from it.
 */
export interface Journal {
  /**
   * Adds one event; when the promise resolves it is on disk and survives a crash of process or machine.
   * @param payload any JSON value; members that are undefined are left out
   * @param parent id of an earlier event
   * @param expectedSeq compare-and-append: fails with JOURNAL_CONFLICT unless the head still has this seq
   * @throws AutoModelError DISK_FULL (nothing was added), JOURNAL_CONFLICT, INTERNAL (no JSON form, unknown parent,
   *   journal closed or opened for reading)
   */
  append(kind: string, payload: unknown, parent?: string | null, expectedSeq?: number): Promise<JournalEvent>;
  /**
   * Events in order of seq as they stood when the call began; each is checked against its hash on the way.
   * @throws AutoModelError JOURNAL_CORRUPT naming the event (details.seq) and, where known, the page of the file
   */
  read(options?: ReadOptions): AsyncIterable<JournalEvent>;
  head(): Promise<JournalHead>;
  /**
   * Checks storage and the whole hash chain.
   * @throws AutoModelError JOURNAL_CORRUPT with the first broken event or page, and what to do
   */
  verify(): Promise<JournalHead>;
  /** Frees the file and, for a writer, the project. Closing twice is harmless. */
  close(): Promise<void>;
}

/** All events of `read` as an array. */
export async function readAll(journal: Journal, options?: ReadOptions): Promise<JournalEvent[]> {
  const events: JournalEvent[] = [];
  for await (const event of journal.read(options)) events.push(event);
  return events;
}
