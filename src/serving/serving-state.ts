import type { PastEvents, RawRecord, RawRow } from '../data/index.js';
import { DecayedCounts, type DecayedCountsState } from '../stats/index.js';
import type { ServedEvent } from '../schema/index.js';
import { Catalogue, overlaid, type CatalogueItem, type CatalogueState } from './catalogue.js';
import { gathered, type Frozen } from './frozen.js';
import { MomentMap, type Kept } from './moment-map.js';
import { matches, type StateSettings } from './state-settings.js';
import { UserHistories } from './user-histories.js';

/** Rows of a project's tables: what is known before any event is served. */
export interface KnownRows {
  readonly items: readonly CatalogueItem[];
  /** raw values of users by id */
  readonly users: ReadonlyMap<string, RawRecord>;
  /** tables other than that of events that have columns of items, of users */
  readonly itemTables: readonly string[];
  readonly userTables: readonly string[];
}

/** All that events made of the state; with the rows of the tables it is the state. */
export interface StateContent {
  readonly catalogue: CatalogueState;
  readonly histories: readonly (readonly [string, Int32Array])[];
  readonly seen: readonly (readonly [string, Int32Array])[];
  readonly counts: DecayedCountsState;
  readonly users: readonly (readonly [string, RawRow])[];
}

const noRecord: RawRecord = { event: {} };

/**
 * What a recommender knows of items and users while it serves: the catalogue, users' rows, what each user did and saw last, and
 * what is popular. Fed with events one by one; the same events in the same order make the same state.
 */
export class ServingState {
  readonly catalogue: Catalogue;
  readonly counts: DecayedCounts;
  readonly histories: UserHistories;
  private readonly seen: UserHistories | undefined;
  private readonly reported = new MomentMap<string, Kept & { row: RawRow }, RawRow>(({ row }) => row);

  constructor(
    readonly settings: StateSettings,
    private readonly rows: KnownRows,
    content?: StateContent,
  ) {
    this.catalogue = new Catalogue(rows.itemTables, content?.catalogue);
    for (const item of rows.items) this.catalogue.put(item);
    this.counts = new DecayedCounts({ halfLifeHours: settings.popularityHalfLifeHours }, content?.counts);
    this.histories = filled(settings.historyLength, content?.histories);
    this.seen = settings.seenLength === 0 ? undefined : filled(settings.seenLength, content?.seen);
    for (const [user, row] of content?.users ?? []) this.reported.add(user, { row, copiedIn: 0 });
  }

  /** Users that are known by a row, by an event or by what they did. */
  get users(): number {
    return Math.max(this.rows.users.size, this.histories.users, this.seen?.users ?? 0);
  }

  /** Memory of what users did and saw, about. Rows of items and users are JavaScript's own and are not in it. */
  get bytes(): number {
    return this.histories.bytes + (this.seen?.bytes ?? 0);
  }

  /**
   * The log that the project was trained on, in order of time; every row of it was seen.
   * @param nowMs moment of events of a log without a clock
   */
  observePast({ users, items, userOf, itemOf, atMs, isPositive }: PastEvents, nowMs: number): void {
    const firstMs = new Float64Array(items.length).fill(Number.NaN);
    for (let e = itemOf.length - 1; e >= 0; e -= 1) firstMs[itemOf[e]] = atMs[e];
    const indices = Int32Array.from(items, (id, i) => this.catalogue.named(id, firstMs[i]));
    for (let e = 0; e < userOf.length; e += 1) {
      const item = indices[itemOf[e]];
      const user = users[userOf[e]];
      this.seen?.observe(user, item);
      if (isPositive[e] === 1) this.observePositive(user, item, Number.isNaN(atMs[e]) ? nowMs : atMs[e]);
    }
  }

  apply({ kind, user, item, atMs, value, more = {} }: ServedEvent): void {
    const { settings } = this;
    if (kind === settings.userKind) this.report(user, more);
    if (item === undefined) return;
    if (kind === settings.itemKind) return this.catalogue.report(item, more, atMs);
    if (kind === settings.removedKind) return this.catalogue.remove(item, atMs);
    const isPositive = matches(settings.positive, kind, value);
    const isSeen = this.seen !== undefined && matches(settings.seen, kind, value);
    if (!isPositive && !isSeen) return;
    const index = this.catalogue.named(item, atMs);
    if (isSeen) this.seen?.observe(user, index);
    if (isPositive) this.observePositive(user, index, atMs);
  }

  /** Raw values of a user; without any for one that nobody knows. */
  userRecord(user: string): RawRecord {
    const record = this.rows.users.get(user) ?? noRecord;
    const row = this.reported.get(user)?.row;
    return row === undefined ? record : overlaid(record, row, this.rows.userTables);
  }

  /** What the user saw last and is held back: half of the catalogue at most, the newest. */
  seenBy(user: string): Int32Array {
    const seen = this.seen?.of(user) ?? new Int32Array(0);
    return seen.subarray(Math.max(0, seen.length - (this.catalogue.size >> 1)));
  }

  /** All that events made of the state until now, to be read while more of them come. One at a time. */
  freeze(): Frozen<StateContent> {
    const catalogue = this.catalogue.freeze();
    const counts = this.counts.state();
    const histories = this.histories.freeze();
    const seen = this.seen?.freeze();
    const users = this.reported.freeze();
    return {
      content: async (slices) => ({
        catalogue: await catalogue.content(slices),
        counts,
        histories: await gathered(histories.entries(), histories.size, slices),
        seen: seen === undefined ? [] : await gathered(seen.entries(), seen.size, slices),
        users: await gathered(users.entries(), users.size, slices),
      }),
      release: () => [catalogue, histories, seen, users].forEach((one) => one?.release()),
    };
  }

  private report(user: string, row: RawRow): void {
    const known = this.reported.get(user);
    if (known === undefined) this.reported.add(user, { row: { ...row }, copiedIn: 0 });
    else {
      this.reported.beforeChange(known);
      known.row = { ...known.row, ...row };
    }
  }

  private observePositive(user: string, item: number, atMs: number): void {
    this.histories.observe(user, item);
    this.counts.observe(item, atMs);
  }
}

function filled(most: number, content: StateContent['histories'] = []): UserHistories {
  const histories = new UserHistories(most);
  for (const [user, items] of content) for (const item of items) histories.observe(user, item);
  return histories;
}
