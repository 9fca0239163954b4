import { AutoModelError } from '../platform/index.js';

/** What a value remembers: the last moment whose reader has it, or need not have it. */
export interface Kept {
  copiedIn: number;
}

/** The entries of a map as they were at one moment, in the order in which they came. */
export interface Moment<K, C> {
  readonly size: number;
  /** Once. The map may change between any two of them. */
  entries(): IterableIterator<readonly [K, C]>;
  /** Ends it: changes cost nothing more from then on. */
  release(): void;
}

/**
 * A map that only grows, and that can be read as of one moment while it changes: a value that changes before the reader came to it is
 * copied first (copy on write). While nobody reads, a change costs one comparison. One reader at a time.
 */
export class MomentMap<K, V extends Kept, C extends object> {
  private readonly values = new Map<K, V>();
  private moment = 0;
  /** copies that the reader will ask for; undefined: nobody reads */
  private saved: Map<V, C> | undefined;

  /** @param copy of a value, which later changes of the value leave alone */
  constructor(private readonly copy: (value: V) => C) {}

  get size(): number {
    return this.values.size;
  }

  get(key: K): V | undefined {
    return this.values.get(key);
  }

  /** Adds a value under a key that is new. */
  add(key: K, value: V): void {
    value.copiedIn = this.moment;
    this.values.set(key, value);
  }

  /** To be called before a value is changed in place. */
  beforeChange(value: V): void {
    if (this.saved === undefined || value.copiedIn === this.moment) return;
    value.copiedIn = this.moment;
    this.saved.set(value, this.copy(value));
  }

  /** The entries as they are now, to be read later. @throws INTERNAL while another one is read */
  freeze(): Moment<K, C> {
    if (this.saved !== undefined)
      throw new AutoModelError('INTERNAL', 'Two moments of a map are read at once');
    this.moment += 1;
    this.saved = new Map();
    const { size } = this.values;
    return { size, entries: () => this.read(size), release: () => void (this.saved = undefined) };
  }

  /** All entries as they are. */
  *entries(): IterableIterator<readonly [K, C]> {
    for (const [key, value] of this.values) yield [key, this.copy(value)];
  }

  private *read(size: number): IterableIterator<readonly [K, C]> {
    let left = size;
    if (left === 0) return;
    for (const [key, value] of this.values) {
      const before = this.saved?.get(value);
      if (before === undefined) value.copiedIn = this.moment;
      else this.saved?.delete(value);
      yield [key, before ?? this.copy(value)];
      left -= 1;
      // What comes after was not there yet.
      if (left === 0) return;
    }
  }
}
