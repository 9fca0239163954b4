import type { FieldSelection } from '../inputs/field-selection.js';

/**
 * Where the embedding rows of a batch of B samples lie: first the fields, cell b * F + f, then each sequence, cell
 * start + b * L + l. All banks share this numbering; a cell is `dim` floats wide in a bank.
 */
export class CellLayout {
  readonly fieldCount: number;
  readonly sequenceLengths: readonly number[];

  constructor(selection: FieldSelection) {
    this.fieldCount = selection.embedded.length;
    this.sequenceLengths = selection.sequences.map((sequence) => sequence.maxLength);
  }

  /** cells of one sample */
  get perSample(): number {
    return this.fieldCount + this.sequenceLengths.reduce((sum, length) => sum + length, 0);
  }

  /** first cell of a sequence in a batch of `size` samples */
  sequenceStart(size: number, sequence: number): number {
    let cells = this.fieldCount;
    for (let s = 0; s < sequence; s += 1) cells += this.sequenceLengths[s];
    return size * cells;
  }
}
