/**
 * Which rows of a vocabulary one batch reads, and where they go. A position is one (row, cell) pair; a cell is the place
 * of one embedding row in the batch's inputs. Positions stand in batch order and know the number of their distinct row, so
 * that duplicate ids are summed before the update, always in the same order. Single values come first, bags after them.
 */
export class RowIndex {
  positions = 0;
  uniques = 0;
  bags = 0;
  /** positions before this one are single values, the others members of bags */
  firstBagPosition = 0;
  /** cell of each position */
  cells: Int32Array;
  /** index into `ids` of each position */
  locals: Int32Array;
  /** share of the row in its cell: 1, or 1/members of its bag */
  shares: Float32Array;
  /** distinct row ids in order of first appearance */
  ids: Int32Array;
  /** 1 for distinct rows that the neighbouring batch touches too, see `markShared` */
  shared: Uint8Array;
  /** cell of each bag */
  bagCells = new Int32Array(0);
  /** position of the first member of each bag; its members end where the next bag begins */
  bagBegins = new Int32Array(0);
  private readonly slots: Int32Array;
  private base = 0;

  /** @param vocabularySize ids are in [0, vocabularySize) */
  constructor(readonly vocabularySize: number) {
    this.cells = new Int32Array(0);
    this.locals = new Int32Array(0);
    this.shares = new Float32Array(0);
    this.ids = new Int32Array(0);
    this.shared = new Uint8Array(0);
    this.slots = new Int32Array(vocabularySize).fill(-1);
  }

  /** Forgets the batch; constant time. */
  clear(): void {
    this.base += this.uniques;
    this.positions = 0;
    this.uniques = 0;
    this.bags = 0;
    this.firstBagPosition = 0;
    if (this.base > 0x3fffffff) {
      this.slots.fill(-1);
      this.base = 0;
    }
  }

  /** Makes room for so many further positions (and bags). */
  reserve(positions: number, bags = 0): void {
    const needed = this.positions + positions;
    if (needed > this.cells.length) {
      const size = Math.max(needed, Math.ceil(this.cells.length * 1.5));
      this.cells = grown(this.cells, new Int32Array(size));
      this.locals = grown(this.locals, new Int32Array(size));
      this.shares = grown(this.shares, new Float32Array(size));
      const distinct = Math.min(size, this.vocabularySize);
      this.ids = grown(this.ids, new Int32Array(distinct));
      this.shared = grown(this.shared, new Uint8Array(distinct));
    }
    if (this.bags + bags > this.bagCells.length) {
      this.bagCells = grown(this.bagCells, new Int32Array(this.bags + bags));
      this.bagBegins = grown(this.bagBegins, new Int32Array(this.bags + bags));
    }
  }

  /** Adds a position. The caller has reserved it and checked that 0 < id < vocabularySize. */
  add(id: number, cell: number, share: number): void {
    const position = this.positions++;
    let local = this.slots[id] - this.base;
    if (local < 0) {
      local = this.uniques++;
      this.slots[id] = this.base + local;
      this.ids[local] = id;
    }
    this.locals[position] = local;
    this.cells[position] = cell;
    this.shares[position] = share;
  }

  /** Ends the single values; what is added from here on belongs to bags. */
  beginBags(): void {
    this.firstBagPosition = this.positions;
  }

  /** Opens a bag that the following `add` calls fill. */
  openBag(cell: number): void {
    this.bagCells[this.bags] = cell;
    this.bagBegins[this.bags] = this.positions;
    this.bags += 1;
  }

  /** Whether the batch reads row `id`. */
  has(id: number): boolean {
    return this.slots[id] >= this.base;
  }

  /** Marks in `shared` the rows that `other` touches too; none when it is undefined. */
  markShared(other: RowIndex | undefined): void {
    const { shared, ids, uniques } = this;
    if (other === undefined) {
      shared.fill(0, 0, uniques);
      return;
    }
    for (let local = 0; local < uniques; local += 1) shared[local] = other.has(ids[local]) ? 1 : 0;
  }
}

function grown<T extends Int32Array | Float32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
