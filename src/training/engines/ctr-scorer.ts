import { CtrBatch } from '../batches/ctr-batch.js';
import { sequentialSlices } from '../batches/epoch-order.js';
import type { CtrSource } from '../../schema/index.js';
import type { ComputeClient } from '../compute/compute-client.js';
import type { BankUse } from '../inputs/ctr-inputs.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import type { StoredTable } from '../tables/stored-table.js';
import type { TableSet } from '../tables/table-set.js';
import { Turns } from './turns.js';

const ROWS_PER_RUN = 2048;

export interface CtrScorerShape {
  readonly selection: FieldSelection;
  readonly banks: readonly BankUse[];
  readonly tables: TableSet<StoredTable>;
  /** names of the inputs of session `infer` */
  readonly inputs: ReadonlySet<string>;
}

/**
 * Scores rows with the session `infer` of a compute thread; the next rows are gathered while it computes. Calls that
 * overlap are answered one after the other, since they share the batches.
 */
export class CtrScorer {
  private batches: readonly CtrBatch[] | undefined;
  private readonly turns = new Turns();
  /** Milliseconds that the session has run so far. */
  computeMs = 0;

  constructor(
    private readonly client: Pick<ComputeClient, 'run' | 'isLost'>,
    private readonly shape: CtrScorerShape,
  ) {}

  get isLost(): boolean {
    return this.client.isLost;
  }

  /** Logits [source.rows] in the order of the rows. @throws ID_OUT_OF_RANGE, CONFIG_INVALID for a column that is missing */
  predict(source: CtrSource): Promise<Float32Array> {
    return this.turns.take(() => this.predictAlone(source));
  }

  private async predictAlone(source: CtrSource): Promise<Float32Array> {
    this.batches ??= [0, 1].map(
      () => new CtrBatch({ ...this.shape, capacity: ROWS_PER_RUN, dropoutMasks: [] }),
    );
    const [even, odd] = this.batches;
    const logits = new Float32Array(source.rows);
    let running: Promise<void> = Promise.resolve();
    try {
      for (let from = 0, turn = 0; from < source.rows; from += ROWS_PER_RUN, turn += 1) {
        const batch = turn % 2 === 0 ? even : odd;
        const to = Math.min(source.rows, from + ROWS_PER_RUN);
        batch.fill(source, sequentialSlices(source.blockStarts, from, to));
        batch.gather('all');
        await running;
        running = this.run(batch, logits, from);
        // A failure surfaces at the next await; until then it must not count as unhandled.
        running.catch(() => {});
      }
      await running;
    } catch (error) {
      // A run that failed keeps its slabs, so the next call begins with new batches.
      await running.catch(() => {});
      this.batches = undefined;
      throw error;
    }
    return logits;
  }

  private async run(batch: CtrBatch, logits: Float32Array, from: number): Promise<void> {
    const { slab, resultSlab, computeMs } = await this.client.run({
      session: 'infer',
      slab: batch.slab,
      feeds: batch.feeds(),
      scalars: {},
      results: [batch.logitResult()],
      resultSlab: batch.results,
      scalarResults: [],
    });
    batch.slab = slab;
    batch.results = resultSlab;
    this.computeMs += computeMs;
    logits.set(batch.logits(), from);
  }
}
