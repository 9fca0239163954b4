import { CtrBatch } from '../batches/ctr-batch.js';
import type { CtrBlock, CtrSource } from '../../schema/index.js';
import type { InferenceThread } from '../compute/inference-thread.js';
import type { RunRequest, SlabTensor } from '../compute/protocol.js';
import type { BankUse } from '../inputs/ctr-inputs.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import type { StoredTable } from '../tables/stored-table.js';
import type { TableSet } from '../tables/table-set.js';
import { LeastBusy } from './least-busy.js';
import { Slots } from './slots.js';

/** Candidates of one run: more are scored in several. */
const CANDIDATES_PER_RUN = 1024;
/** Requests that are with the compute threads beside those that they work on: the next is ready, and one is read or written. */
const REQUESTS_AHEAD = 2;

/** One side of the cut graph. */
export interface RequestSideShape {
  readonly selection: FieldSelection;
  readonly tables: TableSet<StoredTable>;
  /** name of an input of the whole graph → name of the input that holds this side's part of it */
  readonly inputs: ReadonlyMap<string, string>;
}

/**
 * Scores the candidates of one request: session `request` runs once on what they share, session `candidates` on them, with
 * the first one's results in buffers of the compute thread. Requests that overlap are computed side by side where there are several
 * threads.
 */
export class RequestScorer {
  private readonly request: Side;
  private readonly candidates: Side;
  private readonly threads: LeastBusy<InferenceThread>;
  private readonly slots: Slots;
  /** Milliseconds that sessions have run so far, in all threads. */
  computeMs = 0;

  /** @param clients threads with the same sessions */
  constructor(
    clients: readonly InferenceThread[],
    banks: readonly BankUse[],
    request: RequestSideShape,
    candidates: RequestSideShape,
  ) {
    const atOnce = clients.length + REQUESTS_AHEAD;
    this.threads = new LeastBusy(clients);
    this.slots = new Slots(atOnce);
    this.request = new Side('request', banks, request, 1, atOnce);
    this.candidates = new Side('candidates', banks, candidates, CANDIDATES_PER_RUN, atOnce);
  }

  /**
   * Logits of the candidates, in order. Calls that overlap share nothing, and the next is made ready while one is computed.
   * @param request one of its rows has the fields of users and context, and the behaviour
   * @param candidates rows with the fields of items
   * @param rows of `candidates` that are scored; all of them when left out
   * @param requestRow of `request`
   * @throws ID_OUT_OF_RANGE, CONFIG_INVALID for a column that is missing
   */
  score(request: CtrBlock, candidates: CtrBlock, rows?: Int32Array, requestRow = 0): Promise<Float32Array> {
    return this.slots.take(async () => {
      const chosen = rows ?? Int32Array.from({ length: candidates.rows }, (_, row) => row);
      const logits = new Float32Array(chosen.length);
      if (chosen.length === 0) return logits;
      const filled: Filled[] = [];
      try {
        filled.push(this.request.filled(request, Int32Array.of(requestRow)));
        for (let from = 0; from < chosen.length; from += CANDIDATES_PER_RUN)
          filled.push(this.candidates.filled(candidates, chosen.subarray(from, from + CANDIDATES_PER_RUN)));
      } catch (error) {
        for (const { giveBack } of filled) giveBack();
        throw error;
      }
      // In one message: no other request comes between what this one hands over and those that read it. Runs that fail keep their slabs.
      const replies = await this.threads.take((client) => client.runAll(filled.map(({ run }) => run)));
      replies.forEach(({ slab, resultSlab, computeMs }, n) => {
        const { batch, giveBack } = filled[n];
        batch.slab = slab;
        batch.results = resultSlab;
        this.computeMs += computeMs;
        if (n > 0) logits.set(batch.logits(), (n - 1) * CANDIDATES_PER_RUN);
        giveBack();
      });
      return logits;
    });
  }
}

/** A batch that was filled, and the run that reads it: it is run or given back. */
interface Filled {
  readonly batch: CtrBatch;
  readonly run: Omit<RunRequest, 'kind'>;
  giveBack(): void;
}

/** The batches of one session. */
class Side {
  private readonly free: CtrBatch[] = [];

  constructor(
    private readonly session: 'request' | 'candidates',
    private readonly banks: readonly BankUse[],
    private readonly shape: RequestSideShape,
    private readonly capacity: number,
    /** batches that are kept for later */
    private readonly kept: number,
  ) {}

  /** Reads rows of a block into a batch. The candidates' session gives logits, the request's what stays in the thread. */
  filled(block: CtrBlock, rows: Int32Array): Filled {
    const batch = this.free.pop() ?? this.newBatch();
    const giveBack = (): void => void (this.free.length < this.kept && this.free.push(batch));
    try {
      batch.fill(sourceOf(block), [{ block: 0, rows }]);
      batch.gather('all');
    } catch (error) {
      giveBack();
      throw error;
    }
    const run = {
      session: this.session,
      slab: batch.slab,
      feeds: batch
        .feeds()
        .map((feed): SlabTensor => ({ ...feed, name: this.shape.inputs.get(feed.name) ?? feed.name })),
      scalars: {},
      results: this.session === 'request' ? [] : [batch.logitResult()],
      resultSlab: batch.results,
      scalarResults: [],
    };
    return { batch, run, giveBack };
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
