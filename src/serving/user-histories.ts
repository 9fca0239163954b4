import { MomentMap, type Kept, type Moment } from './moment-map.js';

/** What a user takes beside the slots, bytes: map entry, id, ring and array; measured with ids of eight characters on Node 20. */
const USER_BYTES = 300;
/** How many slots the first entry of a user takes; doubled as the history grows. */
const FIRST_SLOTS = 8;

interface Ring extends Kept {
  items: Int32Array;
  /** where the oldest one stands */
  first: number;
  size: number;
}

/**
 * What every user did last: the newest `most` items of each, in the order in which they were observed. A ring per user, so that an
 * event costs no allocation once a user's history is full, and a user with one event takes a few bytes.
 */
export class UserHistories {
  private readonly rings = new MomentMap<string, Ring, Int32Array>(unrolled);
  private slots = 0;

  /** @param most items of a user that are kept */
  constructor(readonly most: number) {
    if (!(Number.isInteger(most) && most >= 1))
      throw new RangeError(`A history keeps at least one item, not ${most}`);
  }

  get users(): number {
    return this.rings.size;
  }

  /** Memory that the histories take, about. */
  get bytes(): number {
    return 4 * this.slots + USER_BYTES * this.rings.size;
  }

  /** @param item dense index in the catalogue */
  observe(user: string, item: number): void {
    let ring = this.rings.get(user);
    if (ring === undefined) {
      ring = { items: new Int32Array(Math.min(FIRST_SLOTS, this.most)), first: 0, size: 0, copiedIn: 0 };
      this.rings.add(user, ring);
      this.slots += ring.items.length;
    } else this.rings.beforeChange(ring);
    if (ring.size === ring.items.length && ring.size < this.most) {
      const wider = new Int32Array(Math.min(this.most, 2 * ring.size));
      wider.set(unrolled(ring));
      this.slots += wider.length - ring.items.length;
      ring.items = wider;
      ring.first = 0;
    }
    if (ring.size < ring.items.length) {
      ring.items[(ring.first + ring.size) % ring.items.length] = item;
      ring.size += 1;
    } else {
      ring.items[ring.first] = item;
      ring.first = (ring.first + 1) % ring.items.length;
    }
  }

  /** Items of a user, oldest first; empty for a user that nobody knows. */
  of(user: string): Int32Array {
    const ring = this.rings.get(user);
    return ring === undefined ? new Int32Array(0) : unrolled(ring);
  }

  /** All users with their items, oldest first, in the order in which they came. */
  entries(): IterableIterator<readonly [string, Int32Array]> {
    return this.rings.entries();
  }

  /** The same as of now, to be read while users go on. */
  freeze(): Moment<string, Int32Array> {
    return this.rings.freeze();
  }
}

function unrolled({ items, first, size }: Ring): Int32Array {
  const out = new Int32Array(size);
  const head = Math.min(size, items.length - first);
  out.set(items.subarray(first, first + head));
  out.set(items.subarray(0, size - head), head);
  return out;
}
