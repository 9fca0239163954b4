import { Rng } from '../../platform/index.js';

/** Rows of one block that belong to a batch. */
export interface RowSlice {
  readonly block: number;
  /** row numbers inside the block */
  readonly rows: Int32Array;
}

/**
 * The order in which an epoch visits the rows of a split: blocks shuffled, then the rows inside each block. A function of
 * (seed, epoch) alone, so a position in the data is (epoch, step) and nothing else needs saving.
 */
export class EpochOrder {
  private epoch = -1;
  private blockOrder: Int32Array = new Int32Array(0);
  /** rows before the i-th visited block */
  private starts: Float64Array = new Float64Array(0);
  private readonly permutations = new Map<number, Int32Array>();

  /** @param blockStarts rows of all blocks before block i; length blockCount + 1 */
  constructor(
    private readonly blockStarts: readonly number[],
    private readonly seed: number,
  ) {}

  /** Rows [from, to) of the epoch's order, by block. */
  slices(epoch: number, from: number, to: number): RowSlice[] {
    if (epoch !== this.epoch) this.begin(epoch);
    const slices: RowSlice[] = [];
    let visit = 0;
    while (visit < this.blockOrder.length && this.starts[visit + 1] <= from) visit += 1;
    for (const first = visit; visit < this.blockOrder.length && this.starts[visit] < to; visit += 1) {
      const block = this.blockOrder[visit];
      const start = this.starts[visit];
      const rows = this.permutation(block).subarray(Math.max(0, from - start), to - start);
      if (rows.length > 0) slices.push({ block, rows });
      if (visit > first) this.permutations.delete(this.blockOrder[visit - 1]);
    }
    return slices;
  }

  private begin(epoch: number): void {
    const count = this.blockStarts.length - 1;
    this.epoch = epoch;
    this.permutations.clear();
    this.blockOrder = new Rng([this.seed, 'blocks', epoch]).shuffle(
      Int32Array.from({ length: count }, (_, i) => i),
    );
    this.starts = new Float64Array(count + 1);
    this.blockOrder.forEach((block, visit) => {
      this.starts[visit + 1] = this.starts[visit] + this.size(block);
    });
  }

  private size(block: number): number {
    return this.blockStarts[block + 1] - this.blockStarts[block];
  }

  private permutation(block: number): Int32Array {
    let permutation = this.permutations.get(block);
    if (permutation === undefined) {
      const identity = Int32Array.from({ length: this.size(block) }, (_, i) => i);
      permutation = new Rng([this.seed, 'rows', this.epoch, block]).shuffle(identity);
      this.permutations.set(block, permutation);
    }
    return permutation;
  }
}

/** Rows [from, to) of a split in their own order. */
export function sequentialSlices(blockStarts: readonly number[], from: number, to: number): RowSlice[] {
  const slices: RowSlice[] = [];
  for (let block = 0; block + 1 < blockStarts.length; block += 1) {
    const begin = Math.max(from, blockStarts[block]);
    const end = Math.min(to, blockStarts[block + 1]);
    if (begin >= end) continue;
    const first = begin - blockStarts[block];
    slices.push({ block, rows: Int32Array.from({ length: end - begin }, (_, i) => first + i) });
  }
  return slices;
}
