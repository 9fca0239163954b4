import type { DuckDBVector } from '@duckdb/node-api';

/** Growable list of 32-bit integers: for streams whose length is not known before. */
export class Int32Builder {
  private values = new Int32Array(4096);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const wider = new Int32Array(this.values.length * 2);
      wider.set(this.values);
      this.values = wider;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  finish(): Int32Array<ArrayBuffer> {
    return this.values.slice(0, this.length);
  }
}

/** Copies `count` numbers of a vector into a typed array; a null is a fault of the statement and throws. */
export function copyNumbers(
  vector: DuckDBVector,
  from: number,
  count: number,
  target: Float64Array | Float32Array | Int32Array,
  at: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const value = vector.getItem(from + i);
    if (typeof value !== 'number')
      throw new TypeError(`expected a number, got ${value === null ? 'null' : typeof value}`);
    target[at + i] = value;
  }
}
