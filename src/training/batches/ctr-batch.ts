import { elementCount, evaluateDim, fillDropoutMask, type DropoutMask } from '../../graph/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { CtrSource } from '../../schema/index.js';
import type { SlabTensor } from '../compute/protocol.js';
import { SlabLayout } from '../compute/slab.js';
import { inputNames, type BankUse } from '../inputs/ctr-inputs.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import type { DensePull } from '../tables/dense-pull.js';
import { EmbeddingTable } from '../tables/embedding-table.js';
import { RowIndex } from '../tables/row-index.js';
import type { RowPass } from '../tables/row-updates.js';
import type { StoredTable } from '../tables/stored-table.js';
import type { TableSet } from '../tables/table-set.js';
import { CellLayout } from './cell-layout.js';
import type { RowSlice } from './epoch-order.js';
import { indexBatch, required, type Piece } from './fill-cells.js';

export interface CtrBatchShape {
  readonly selection: FieldSelection;
  readonly banks: readonly BankUse[];
  readonly tables: TableSet<StoredTable>;
  /** samples at most */
  readonly capacity: number;
  /** names of the graph inputs that are fed */
  readonly inputs: ReadonlySet<string>;
  readonly dropoutMasks: readonly DropoutMask[];
}

/**
 * One batch of click or rating rows on its way to the compute thread and back. Its input tensors lie in `slab`, the
 * results (logits or gradients of the embedding rows) in `results`; while the thread holds these buffers, only the row
 * indexes may be used.
 */
export class CtrBatch {
  size = 0;
  slab: ArrayBuffer;
  results: ArrayBuffer;
  readonly indexes: readonly RowIndex[];
  private readonly layout = new SlabLayout();
  private readonly resultLayout = new SlabLayout();
  private readonly cells: CellLayout;

  constructor(private readonly shape: CtrBatchShape) {
    const { selection, banks, capacity, inputs } = shape;
    this.cells = new CellLayout(selection);
    for (const { name, dim } of banks) {
      this.layout.add(`bank:${name}`, 'float32', capacity * this.cells.perSample * dim);
      this.resultLayout.add(`bank:${name}`, 'float32', capacity * this.cells.perSample * dim);
    }
    this.resultLayout.add('logits', 'float32', capacity);
    const optional = (name: string, width: number): void => {
      if (inputs.has(name)) this.layout.add(name, 'float32', capacity * width);
    };
    for (const sequence of selection.sequences) optional(inputNames.mask(sequence.name), sequence.maxLength);
    optional(inputNames.numeric, selection.numeric.length);
    for (const name of inputs) if (isLabel(name)) this.layout.add(name, 'float32', capacity);
    for (const mask of shape.dropoutMasks) this.layout.add(mask.name, 'float32', maskSize(mask, capacity));
    this.slab = this.layout.allocate();
    this.results = this.resultLayout.allocate();
    this.indexes = shape.tables.groups.map((group) => new RowIndex(group.size));
  }

  /** Reads ids, masks, numbers and labels of the rows; embedding rows are gathered separately. */
  fill(source: CtrSource, slices: readonly RowSlice[]): void {
    const pieces: Piece[] = [];
    this.size = 0;
    for (const { block, rows } of slices) {
      pieces.push({ block: source.block(block), rows, first: this.size });
      this.size += rows.length;
    }
    if (this.size === 0) {
      throw new AutoModelError('BATCH_EMPTY', `A batch of split "${source.name}" has no rows`, {
        remedy: 'Check that the split holds rows.',
        details: { split: source.name },
      });
    }
    const { selection, tables } = this.shape;
    tables.groups.forEach((group, g) => {
      const banks = group.members.map(({ bank, table }) => ({ rows: this.rowsOf(bank), dim: table.dim }));
      indexBatch(this.indexes[g], group, selection, this.cells, pieces, this.size, (begin, end) => {
        for (const { rows, dim } of banks) rows.fill(0, begin * dim, end * dim);
      });
    });
    for (const piece of pieces) {
      this.fillMasks(piece);
      this.fillNumeric(piece);
      this.fillLabels(piece, source.name);
    }
  }

  fillDropout(seed: number, step: number): void {
    for (const mask of this.shape.dropoutMasks) {
      const out = this.layout.floats(this.slab, mask.name).subarray(0, maskSize(mask, this.size));
      fillDropoutMask(out, mask.rate, seed, step, mask.key);
    }
  }

  /** Copies embedding rows into the slab. Under `pull`, rows are first brought to the state after step `through`. */
  gather(pass: RowPass, pull?: DensePull, through = 0): void {
    this.shape.tables.groups.forEach((group, g) => {
      for (const { bank, table } of group.members) {
        const wanted = pass === 'all' ? undefined : pass === 'shared' ? 1 : 0;
        // Only what is trained is pulled.
        if (table instanceof EmbeddingTable) pull?.pullBatch(table, this.indexes[g], through, wanted);
        table.gather(this.indexes[g], this.rowsOf(bank), pass);
      }
    });
  }

  /** Marks the rows that both batches touch, in this batch's indexes. */
  markShared(other: CtrBatch | undefined): void {
    this.indexes.forEach((index, g) => index.markShared(other?.indexes[g]));
  }

  /** The input tensors of this batch that the graph has. */
  feeds(): SlabTensor[] {
    const { selection, inputs, dropoutMasks } = this.shape;
    const feeds = this.bankTensors(this.layout, '').filter((tensor) => inputs.has(tensor.name));
    const add = (name: string, ...dims: number[]): void => {
      if (inputs.has(name)) feeds.push(this.layout.tensor(name, [this.size, ...dims]));
    };
    for (const sequence of selection.sequences) add(inputNames.mask(sequence.name), sequence.maxLength);
    add(inputNames.numeric, selection.numeric.length);
    for (const name of inputs) if (isLabel(name)) add(name);
    for (const mask of dropoutMasks) {
      const dims = mask.shape.map((dim) => evaluateDim(dim, { B: this.size }));
      feeds.push(this.layout.tensor(mask.name, dims));
    }
    return feeds;
  }

  /** The results `grad:<embedding input>` of a training step. */
  gradientResults(): SlabTensor[] {
    return this.bankTensors(this.resultLayout, 'grad:').filter(({ name }) =>
      this.shape.inputs.has(name.slice(5)),
    );
  }

  logitResult(): SlabTensor {
    return this.resultLayout.tensor('logits', [this.size]);
  }

  logits(): Float32Array {
    return this.resultLayout.floats(this.results, 'logits').subarray(0, this.size);
  }

  gradientsOf(bank: string): Float32Array {
    return this.resultLayout.floats(this.results, `bank:${bank}`);
  }

  private rowsOf(bank: string): Float32Array {
    return this.layout.floats(this.slab, `bank:${bank}`);
  }

  private bankTensors(layout: SlabLayout, prefix: string): SlabTensor[] {
    const { banks, selection } = this.shape;
    const { size, cells } = this;
    const tensors: SlabTensor[] = [];
    for (const { name, dim, fields, sequences } of banks) {
      if (fields !== undefined) {
        tensors.push(layout.tensor(prefix + fields, [size, cells.fieldCount, dim], `bank:${name}`));
      }
      selection.sequences.forEach((sequence, s) => {
        const input = sequences.get(sequence.name);
        if (input === undefined) return;
        const at = cells.sequenceStart(size, s) * dim;
        tensors.push(layout.tensor(prefix + input, [size, sequence.maxLength, dim], `bank:${name}`, at));
      });
    }
    return tensors;
  }

  private fillMasks({ block, rows, first }: Piece): void {
    for (const { name, maxLength } of this.shape.selection.sequences) {
      if (!this.layout.has(inputNames.mask(name))) continue;
      const mask = this.layout.floats(this.slab, inputNames.mask(name));
      const { begins, ends } = required(block.ragged.get(name), name);
      for (let i = 0; i < rows.length; i += 1) {
        const start = (first + i) * maxLength;
        const length = Math.min(maxLength, ends[rows[i]] - begins[rows[i]]);
        mask.fill(1, start, start + length);
        mask.fill(0, start + length, start + maxLength);
      }
    }
  }

  private fillNumeric({ block, rows, first }: Piece): void {
    if (!this.layout.has(inputNames.numeric)) return;
    const out = this.layout.floats(this.slab, inputNames.numeric);
    const { numeric } = this.shape.selection;
    numeric.forEach(({ name }, n) => {
      const values = required(block.numeric.get(name), name);
      for (let i = 0; i < rows.length; i += 1) out[(first + i) * numeric.length + n] = values[rows[i]];
    });
  }

  private fillLabels({ block, rows, first }: Piece, split: string): void {
    for (const input of this.shape.inputs) {
      if (!isLabel(input)) continue;
      const name = input.slice('label:'.length);
      const values = input === inputNames.labels ? block.labels : block.extraLabels.get(name);
      if (values === undefined) {
        throw new AutoModelError('TEST_SEALED', `Split "${split}" has no labels to train on`, {
          details: { split },
        });
      }
      const out = this.layout.floats(this.slab, input);
      for (let i = 0; i < rows.length; i += 1) out[first + i] = values[rows[i]];
    }
  }
}

function isLabel(input: string): boolean {
  return input === inputNames.labels || input.startsWith(inputNames.extraLabel(''));
}

function maskSize(mask: DropoutMask, size: number): number {
  return evaluateDim(elementCount(mask.shape), { B: size });
}
