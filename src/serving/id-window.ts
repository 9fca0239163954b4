import { hashKeys } from '../platform/index.js';
import type { Slices } from './slices.js';

/** Two numbers of 32 bits that stand for an id; never both zero, which marks an empty slot. */
function printOf(id: string): readonly [number, number] {
  const high = hashKeys('id', id);
  const low = hashKeys(high, id.length, id, 'window');
  return [high, low === 0 && high === 0 ? 1 : low];
}

/** Open addressing over pairs of 32-bit numbers, at most half full; grows by doubling. */
class PrintTable {
  private slots = new Uint32Array(64);
  size = 0;

  get bytes(): number {
    return this.slots.byteLength;
  }

  has(high: number, low: number): boolean {
    const at = this.slotOf(high, low);
    return this.slots[at] !== 0 || this.slots[at + 1] !== 0;
  }

  add(high: number, low: number): void {
    const at = this.slotOf(high, low);
    if (this.slots[at] !== 0 || this.slots[at + 1] !== 0) return;
    this.slots[at] = high;
    this.slots[at + 1] = low;
    this.size += 1;
    if (4 * this.size > this.slots.length) this.grow();
  }

  /** The slots as they are now: what is added later is not among them. */
  copy(): Uint32Array {
    return this.slots.slice();
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Uint32Array(2 * this.slots.length);
    this.size = 0;
    for (let at = 0; at < slots.length; at += 2)
      if (slots[at] !== 0 || slots[at + 1] !== 0) this.add(slots[at], slots[at + 1]);
  }

  /** Where the pair lies, or where it would. */
  private slotOf(high: number, low: number): number {
    const mask = this.slots.length / 2 - 1;
    for (let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask; ; slot = (slot + 1) & mask) {
      const at = 2 * slot;
      const isFree = this.slots[at] === 0 && this.slots[at + 1] === 0;
      if (isFree || (this.slots[at] === high && this.slots[at + 1] === low)) return at;
    }
  }
}

/** What a snapshot holds of a window: the older and the newer ids, each as two numbers, in any order. */
export interface IdWindowState {
  readonly older: Uint32Array;
  readonly newer: Uint32Array;
}

/**
 * The last ids, at least `most` and at most twice as many, in 16 to 32 bytes each and whatever their length. An id is kept as 64
 * bits of a hash: among a million, a new id is taken for an old one with a chance of 5e-14. Two generations: when the newer one is
 * full, the older one is forgotten.
 */
export class IdWindow {
  private older: PrintTable;
  private newer: PrintTable;

  constructor(
    readonly most: number,
    state?: IdWindowState,
  ) {
    if (!(Number.isInteger(most) && most >= 1))
      throw new RangeError(`A window holds at least one id, not ${most}`);
    this.older = filled(state?.older);
    this.newer = filled(state?.newer);
  }

  get bytes(): number {
    return this.older.bytes + this.newer.bytes;
  }

  has(id: string): boolean {
    const [high, low] = printOf(id);
    return this.newer.has(high, low) || this.older.has(high, low);
  }

  add(id: string): void {
    if (this.newer.size >= this.most) {
      this.older = this.newer;
      this.newer = new PrintTable();
    }
    const [high, low] = printOf(id);
    this.newer.add(high, low);
  }

  /** The ids as of now, to be read while others are added. */
  freeze(): FrozenIds {
    const tables = [this.older, this.newer].map((table) => table.copy());
    return {
      state: async (slices) => ({
        older: await printsIn(tables[0], slices),
        newer: await printsIn(tables[1], slices),
      }),
    };
  }
}

export interface FrozenIds {
  state(slices: Slices): Promise<IdWindowState>;
}

/** Slots that are looked at between two looks at the clock. */
const AT_ONCE = 8192;

/** The pairs that slots hold, one after the other. */
async function printsIn(slots: Uint32Array, slices: Slices): Promise<Uint32Array> {
  // At most every second slot is taken.
  const out = new Uint32Array(slots.length);
  let n = 0;
  for (let from = 0; from < slots.length; from += AT_ONCE) {
    const end = Math.min(from + AT_ONCE, slots.length);
    for (let at = from; at < end; at += 2) {
      if (slots[at] === 0 && slots[at + 1] === 0) continue;
      out[n++] = slots[at];
      out[n++] = slots[at + 1];
    }
    if (slices.isDue) await slices.rest();
  }
  return out.slice(0, n);
}

function filled(prints: Uint32Array = new Uint32Array(0)): PrintTable {
  const table = new PrintTable();
  for (let at = 0; at < prints.length; at += 2) table.add(prints[at], prints[at + 1]);
  return table;
}
