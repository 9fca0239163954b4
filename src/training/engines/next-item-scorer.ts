import { AutoModelError } from '../../platform/index.js';
import { FIRST_VALUE_ID, type NextItemCases, type NextItemDataset } from '../../schema/index.js';
import { meanTieRank, topKWithTies } from '../../stats/index.js';
import { checkedItem } from '../batches/item-id.js';
import type { ComputeClient } from '../compute/compute-client.js';
import { SlabLayout } from '../compute/slab.js';
import { nextItemInputNames as names } from '../inputs/next-item-inputs.js';
import { TopListsBuilder, type TopLists } from '../loop/top-lists.js';
import { Turns } from './turns.js';

const MOST_CASES_PER_RUN = 256;
const LOGIT_BYTES_PER_RUN = 64 << 20;

/** Histories that cases refer to. */
export type EventLog = Pick<NextItemDataset, 'events' | 'offsets'>;

export interface NextItemScorerShape {
  readonly itemCount: number;
  readonly maxLength: number;
  /** names of the inputs of session `infer` */
  readonly inputs: ReadonlySet<string>;
}

/**
 * Scores all items for histories with the session `infer` of a compute thread. Calls that overlap are answered one after
 * the other, since they share the slabs.
 */
export class NextItemScorer {
  private readonly casesPerRun: number;
  private readonly layout = new SlabLayout();
  private readonly resultLayout = new SlabLayout();
  private slabs: ArrayBuffer[] = [];
  private results: ArrayBuffer[] = [];
  private readonly turns = new Turns();

  constructor(
    private readonly client: Pick<ComputeClient, 'run'>,
    private readonly shape: NextItemScorerShape,
  ) {
    const { itemCount, maxLength } = shape;
    this.casesPerRun = Math.max(
      1,
      Math.min(MOST_CASES_PER_RUN, Math.floor(LOGIT_BYTES_PER_RUN / (4 * itemCount))),
    );
    this.layout.add(names.items, 'int32', this.casesPerRun * maxLength);
    this.layout.add(names.mask, 'float32', this.casesPerRun * maxLength);
    this.resultLayout.add('logits', 'float32', this.casesPerRun * itemCount);
    this.allocate();
  }

  /** See `FittedModel.rankCases`. */
  async rankCases(log: EventLog, cases: NextItemCases, k: number): Promise<TopLists> {
    const lists = new TopListsBuilder(cases.count, k);
    await this.score(log, cases, (row, c, history) => {
      const top = topKWithTies(row, k, { excluded: history, firstCandidate: FIRST_VALUE_ID });
      lists.add(c, top, new Set(history), (item) => row[item]);
    });
    return lists.build();
  }

  /** See `FittedModel.rankTargets`. */
  async rankTargets(log: EventLog, cases: NextItemCases): Promise<Float32Array> {
    const { targets } = cases;
    if (targets === undefined) {
      throw new AutoModelError('TEST_SEALED', 'The targets of these cases are sealed', {
        remedy: 'Rank the cases and let the scorer open the sealed file.',
      });
    }
    const ranks = new Float32Array(cases.count);
    await this.score(log, cases, (row, c, history) => {
      const known = targets[c] >= FIRST_VALUE_ID && targets[c] < row.length;
      ranks[c] = known
        ? meanTieRank(row, targets[c], { excluded: history, firstCandidate: FIRST_VALUE_ID })
        : Number.POSITIVE_INFINITY;
    });
    return ranks;
  }

  /** Calls `use` with the logits [itemCount] and the history of every case, in order. @throws ID_OUT_OF_RANGE */
  score(
    log: EventLog,
    cases: NextItemCases,
    use: (logits: Float32Array, index: number, history: Int32Array) => void,
  ): Promise<void> {
    return this.turns.take(() => this.scoreAlone(log, cases, use));
  }

  private async scoreAlone(
    log: EventLog,
    cases: NextItemCases,
    use: (logits: Float32Array, index: number, history: Int32Array) => void,
  ): Promise<void> {
    const historyOf = (c: number): Int32Array =>
      log.events.subarray(log.offsets[cases.users[c]], cases.historyEnds[c]);
    let finish: () => Promise<void> = () => Promise.resolve();
    let running: Promise<unknown> = Promise.resolve();
    try {
      for (let from = 0, turn = 0; from < cases.count; from += this.casesPerRun, turn = 1 - turn) {
        const size = Math.min(this.casesPerRun, cases.count - from);
        for (let i = 0; i < size; i += 1) this.fill(turn, i, historyOf(from + i), cases.users[from + i]);
        const result = this.run(turn, size);
        // A failure surfaces when the result is used; until then it must not count as unhandled.
        running = result.catch(() => {});
        await finish();
        const first = from;
        finish = async () => {
          const logits = await result;
          for (let i = 0; i < size; i += 1) {
            const row = logits.subarray(i * this.shape.itemCount, (i + 1) * this.shape.itemCount);
            use(row, first + i, historyOf(first + i));
          }
        };
      }
      await finish();
    } catch (error) {
      // A run that failed keeps its slabs, so the next call begins with new ones.
      await running;
      this.allocate();
      throw error;
    }
  }

  private allocate(): void {
    this.slabs = [0, 1].map(() => this.layout.allocate());
    this.results = [0, 1].map(() => this.resultLayout.allocate());
  }

  private fill(turn: number, place: number, history: Int32Array, user: number): void {
    const { maxLength, itemCount } = this.shape;
    const items = this.layout.integers(this.slabs[turn], names.items);
    const mask = this.layout.floats(this.slabs[turn], names.mask);
    const recent = history.subarray(Math.max(0, history.length - maxLength));
    for (const id of recent) checkedItem(id, user, itemCount);
    const row = place * maxLength;
    const end = row + maxLength;
    const begin = end - recent.length;
    items.fill(0, row, begin);
    mask.fill(0, row, begin);
    items.set(recent, begin);
    mask.fill(1, begin, end);
  }

  private async run(turn: number, size: number): Promise<Float32Array> {
    const { maxLength, inputs, itemCount } = this.shape;
    const reply = await this.client.run({
      session: 'infer',
      slab: this.slabs[turn],
      feeds: [names.items, names.mask]
        .filter((name) => inputs.has(name))
        .map((name) => this.layout.tensor(name, [size, maxLength])),
      scalars: {},
      results: [this.resultLayout.tensor('logits', [size, itemCount])],
      resultSlab: this.results[turn],
      scalarResults: [],
    });
    this.slabs[turn] = reply.slab;
    this.results[turn] = reply.resultSlab;
    return this.resultLayout.floats(reply.resultSlab, 'logits');
  }
}
