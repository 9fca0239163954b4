type Column = Int32Array | Uint32Array | Float32Array | Uint8Array;

/** Typed columns of one length that grow by doubling. The record's arrays are replaced when they grow: read them anew. */
export class GrowingColumns<Columns extends Record<string, Column>> {
  rows = 0;
  columns: Columns;
  private capacity: number;

  constructor(make: (capacity: number) => Columns, capacity = 1024) {
    this.columns = make(capacity);
    this.capacity = capacity;
    this.make = make;
  }

  private readonly make: (capacity: number) => Columns;

  /** Makes room for more rows. @returns the first of them */
  add(rows: number): number {
    const first = this.rows;
    this.rows += rows;
    if (this.rows > this.capacity) {
      while (this.rows > this.capacity) this.capacity *= 2;
      const wider = this.make(this.capacity);
      for (const name of Object.keys(wider)) wider[name].set(this.columns[name]);
      this.columns = wider;
    }
    return first;
  }
}
