import { hashKeys } from '../platform/index.js';

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

  /** The pairs one after the other. */
  prints(): Uint32Array {
    const out = new Uint32Array(2 * this.size);
    let n = 0;
    for (let at = 0; at < this.slots.length; at += 2) {
      if (this.slots[at] === 0 && this.slots[at + 1] === 0) continue;
      out[n++] = this.slots[at];
      out[n++] = this.slots[at + 1];
    }
    return out;
  }

  private grow(): void {
    const prints = this.prints();
    this.slots = new Uint32Array(2 * this.slots.length);
    this.size = 0;
    for (let at = 0; at < prints.length; at += 2) this.add(prints[at], prints[at + 1]);
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

/** What a snapshot holds of a window: the older and the newer ids. */
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

  state(): IdWindowState {
    return { older: this.older.prints(), newer: this.newer.prints() };
  }
}

function filled(prints: Uint32Array = new Uint32Array(0)): PrintTable {
  const table = new PrintTable();
  for (let at = 0; at < prints.length; at += 2) table.add(prints[at], prints[at + 1]);
  return table;
}
