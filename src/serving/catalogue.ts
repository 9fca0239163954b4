import type { RawRecord, RawRow } from '../data/index.js';
import { gathered, type Frozen } from './frozen.js';
import { MomentMap, type Kept } from './moment-map.js';

/** An item as the project's tables have it. */
export interface CatalogueItem {
  readonly id: string;
  /** its columns of the event table, and its rows of other tables */
  readonly record: RawRecord;
  /** when it appeared; undefined: not known */
  readonly createdMs: number | undefined;
}

/** What events said of items: all of a catalogue that the project's tables do not have. */
export interface CatalogueState {
  readonly ids: readonly string[];
  /** [items] NaN: not known */
  readonly createdMs: Float64Array;
  /** dense indices of items that were taken out */
  readonly removed: readonly number[];
  /** columns that events reported, by dense index */
  readonly reported: readonly (readonly [number, RawRow])[];
}

const noRecord: RawRecord = { event: {} };

/**
 * Items by dense index. Indices are given once and stay: histories and counts refer to them. What an event reports of an item
 * stands before what the project's tables say.
 */
export class Catalogue {
  private readonly ids: string[] = [];
  private readonly indices = new Map<string, number>();
  private readonly records: RawRecord[] = [];
  private readonly reported = new MomentMap<number, Kept & { row: RawRow }, RawRow>(({ row }) => row);
  private readonly removed = new Set<number>();
  private created = new Float64Array(0);
  private readonly changes: number[] = [];

  /** @param tables other tables that have columns of items */
  constructor(
    private readonly tables: readonly string[] = [],
    state?: CatalogueState,
  ) {
    if (state === undefined) return;
    state.ids.forEach((id, index) => {
      this.add(id, state.createdMs[index]);
    });
    for (const index of state.removed) this.removed.add(index);
    for (const [index, row] of state.reported) this.reported.add(index, { row, copiedIn: 0 });
  }

  get size(): number {
    return this.ids.length;
  }

  /** Counts every change of any item, so that others can follow: see `changedSince`. */
  get revision(): number {
    return this.changes.length;
  }

  idOf(index: number): string {
    return this.ids[index];
  }

  indexOf(id: string): number | undefined {
    return this.indices.get(id);
  }

  /** Whether it may be recommended: items that were taken out may not. */
  isThere(index: number): boolean {
    return index < this.ids.length && !this.removed.has(index);
  }

  /** An item as the project's tables have it; known ones get a new row and keep their moment. */
  put({ id, record, createdMs }: CatalogueItem): number {
    const known = this.indices.get(id);
    const index = known ?? this.add(id, createdMs ?? Number.NaN);
    if (known !== undefined && createdMs !== undefined && Number.isNaN(this.created[index])) {
      this.created[index] = createdMs;
    }
    this.records[index] = record;
    this.changes.push(index);
    return index;
  }

  /** The item that an event names; one that nobody knows begins to exist with it, without a row. */
  named(id: string, atMs: number): number {
    return this.indices.get(id) ?? this.add(id, atMs);
  }

  /** Columns of an item, as an event reports them; those that it leaves out stay. Brings back what was taken out. */
  report(id: string, row: RawRow, atMs: number): void {
    const index = this.named(id, atMs);
    const known = this.reported.get(index);
    if (known === undefined) this.reported.add(index, { row: { ...row }, copiedIn: 0 });
    else {
      this.reported.beforeChange(known);
      known.row = { ...known.row, ...row };
    }
    this.removed.delete(index);
    this.changes.push(index);
  }

  remove(id: string, atMs: number): void {
    const index = this.named(id, atMs);
    this.removed.add(index);
    this.changes.push(index);
  }

  /** Raw values of an item. */
  recordOf(index: number): RawRecord {
    const record = this.records[index] ?? noRecord;
    const row = this.reported.get(index)?.row;
    return row === undefined ? record : overlaid(record, row, this.tables);
  }

  /** [items] when each appeared; NaN where it is not known. A view, to be asked for anew. */
  createdMs(): Float64Array {
    return this.created.subarray(0, this.ids.length);
  }

  /** Indices of items that changed since that revision, in no particular order, each once. */
  changedSince(revision: number): Int32Array {
    return Int32Array.from(new Set(this.changes.slice(revision)));
  }

  /** What events said of items until now, to be read while more is said. */
  freeze(): Frozen<CatalogueState> {
    const { size } = this;
    const createdMs = this.createdMs().slice();
    const removed = [...this.removed];
    const reported = this.reported.freeze();
    return {
      content: async (slices) => ({
        // Indices are given once and stay.
        ids: await gathered(this.ids.values(), size, slices),
        createdMs,
        removed,
        reported: await gathered(reported.entries(), reported.size, slices),
      }),
      release: () => reported.release(),
    };
  }

  private add(id: string, createdMs: number): number {
    const index = this.ids.length;
    if (index === this.created.length) {
      const wider = new Float64Array(Math.max(64, 2 * index));
      wider.set(this.created);
      this.created = wider;
    }
    this.ids.push(id);
    this.indices.set(id, index);
    this.created[index] = createdMs;
    this.changes.push(index);
    return index;
  }
}

/** A record with these columns in front, in the event table and in every one of those other tables. */
export function overlaid(
  { event, joined = {}, atMicros }: RawRecord,
  row: RawRow,
  tables: readonly string[],
): RawRecord {
  return {
    event: { ...event, ...row },
    joined: Object.fromEntries(tables.map((table) => [table, { ...joined[table], ...row }])),
    ...(atMicros !== undefined && { atMicros }),
  };
}
