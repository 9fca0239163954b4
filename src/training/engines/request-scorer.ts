import { CtrBatch } from '../batches/ctr-batch.js';
import type { CtrBlock, CtrSource } from '../../schema/index.js';
import type { ComputeClient } from '../compute/compute-client.js';
import type { SlabTensor } from '../compute/protocol.js';
import type { BankUse } from '../inputs/ctr-inputs.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import type { StoredTable } from '../tables/stored-table.js';
import type { TableSet } from '../tables/table-set.js';
import { Turns } from './turns.js';

/** Candidates of one run: more are scored in several. */
const CANDIDATES_PER_RUN = 1024;

/** One side of the cut graph. */
export interface RequestSideShape {
  readonly selection: FieldSelection;
  readonly tables: TableSet<StoredTable>;
  /** name of an input of the whole graph → name of the input that holds this side's part of it */
  readonly inputs: ReadonlyMap<string, string>;
}

/**
 * Scores the candidates of one request: session `request` runs once on what they share, session `candidates` on them, with
 * the first one's results in buffers of the compute thread.
 */
export class RequestScorer {
  private readonly request: Side;
  private readonly candidates: Side;
  private readonly turns = new Turns();

  constructor(
    private readonly client: ComputeClient,
    banks: readonly BankUse[],
    request: RequestSideShape,
    candidates: RequestSideShape,
  ) {
    this.request = new Side(client, 'request', banks, request, 1);
    this.candidates = new Side(client, 'candidates', banks, candidates, CANDIDATES_PER_RUN);
  }

  /**
   * Logits [candidates.rows]. Calls that overlap are answered one after the other.
   * @param request its first row has the fields of users and context, and the behaviour
   * @param candidates rows with the fields of items
   * @throws ID_OUT_OF_RANGE, CONFIG_INVALID for a column that is missing
   */
  score(request: CtrBlock, candidates: CtrBlock): Promise<Float32Array> {
    return this.turns.take(async () => {
      const logits = new Float32Array(candidates.rows);
      let first: Promise<unknown> | undefined;
      if (candidates.rows > 0) this.request.fill(request, 0, 1);
      for (let from = 0; from < candidates.rows; from += CANDIDATES_PER_RUN) {
        this.candidates.fill(candidates, from, Math.min(candidates.rows, from + CANDIDATES_PER_RUN));
        if (first === undefined) {
          // The thread goes from one to the other without coming back in between.
          first = this.request.run();
          // A failure surfaces below; until then it must not count as unhandled.
          first.catch(() => {});
        }
        logits.set(await this.candidates.run(), from);
      }
      await first;
      return logits;
    });
  }
}

/** The batches of one session. */
class Side {
  private batch: CtrBatch;

  constructor(
    private readonly client: ComputeClient,
    private readonly session: 'request' | 'candidates',
    private readonly banks: readonly BankUse[],
    private readonly shape: RequestSideShape,
    private readonly capacity: number,
  ) {
    this.batch = this.newBatch();
  }

  /** Reads rows [from, to) into the batch. */
  fill(block: CtrBlock, from: number, to: number): void {
    const rows = Int32Array.from({ length: to - from }, (_, i) => from + i);
    this.batch.fill(sourceOf(block), [{ block: 0, rows }]);
    this.batch.gather('all');
  }

  /** Logits of what was filled in, for the candidates' session; nothing for the request's. */
  async run(): Promise<Float32Array> {
    const { batch } = this;
    const isRequest = this.session === 'request';
    try {
      const reply = await this.client.run({
        session: this.session,
        slab: batch.slab,
        feeds: batch
          .feeds()
          .map((feed): SlabTensor => ({ ...feed, name: this.shape.inputs.get(feed.name) ?? feed.name })),
        scalars: {},
        results: isRequest ? [] : [batch.logitResult()],
        resultSlab: batch.results,
        scalarResults: [],
      });
      batch.slab = reply.slab;
      batch.results = reply.resultSlab;
    } catch (error) {
      // A run that failed keeps its slabs.
      this.batch = this.newBatch();
      throw error;
    }
    return isRequest ? new Float32Array(0) : batch.logits().slice();
  }

  private newBatch(): CtrBatch {
    const { selection, tables, inputs } = this.shape;
    return new CtrBatch({
      selection,
      banks: this.banks,
      tables,
      capacity: this.capacity,
      inputs: new Set(inputs.keys()),
      dropoutMasks: [],
    });
  }
}

function sourceOf(block: CtrBlock): CtrSource {
  return { name: 'test', rows: block.rows, blockCount: 1, blockStarts: [0, block.rows], block: () => block };
}
