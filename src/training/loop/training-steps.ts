import { clock } from '../../platform/index.js';
import { openEngine, type EngineOptions } from '../engines/open-engine.js';
import { LearningRates } from '../tables/learning-rates.js';

/** What a number of steps took, wall milliseconds; overlapped work counts in each of its parts. */
export interface StepTimes {
  readonly steps: number;
  /** rows, or users of next-item models */
  readonly rows: number;
  readonly wallMs: number;
  readonly prepareMs: number;
  readonly computeMs: number;
  readonly updateMs: number;
  /**
   * What batches prepared further ahead could have saved at most: of each step counts the busier of its two threads, and no queue
   * between them gets below the busier one over all steps.
   */
  readonly unevenMs: number;
}

/**
 * A training that only makes steps, for as long as it is told: what one wants to time. It sees the batches that a training sees, at
 * the recipe's first learning rates, and never looks at validation but to time that too.
 */
export class TrainingSteps {
  private step = 0;

  private constructor(
    private readonly engine: Awaited<ReturnType<typeof openEngine>>,
    private readonly options: EngineOptions,
    private readonly learningRates: LearningRates,
  ) {}

  /** @throws BATCH_EMPTY, USAGE, and the shape errors of the model */
  static async open(options: EngineOptions): Promise<TrainingSteps> {
    const learningRates = new LearningRates();
    return new TrainingSteps(await openEngine(options, learningRates), options, learningRates);
  }

  get rowsPerEpoch(): number {
    return this.engine.samplesPerEpoch;
  }

  /** floating-point operations and bytes of one step with so many rows, see graph `cost` */
  costOf(rows: number): { readonly flops: number; readonly bytes: number } {
    return this.engine.stepCost(rows);
  }

  /** Makes steps until so many milliseconds are over, but `least` at least. */
  async make({ ms, least }: { readonly ms: number; readonly least: number }): Promise<StepTimes> {
    const { recipe } = this.options;
    const rates = { dense: recipe.learningRate, embedding: recipe.embeddingLearningRate };
    const { timings } = this.engine;
    const before = { ...timings };
    const begun = clock.monotonicMs();
    let last = before;
    let rows = 0;
    let steps = 0;
    let busier = 0;
    while (steps < least || clock.monotonicMs() - begun < ms) {
      this.step += 1;
      this.learningRates.record(this.step, rates.embedding);
      await this.engine.step(this.step, rates, Number.MAX_SAFE_INTEGER);
      rows += this.rowsOf(this.step);
      steps += 1;
      const now = { ...timings };
      busier += Math.max(tablesMs(now) - tablesMs(last), now.computeMs - last.computeMs);
      last = now;
    }
    const part = (name: keyof typeof timings): number => last[name] - before[name];
    const computeMs = part('computeMs');
    const tables = tablesMs(last) - tablesMs(before);
    return {
      steps,
      rows,
      wallMs: clock.monotonicMs() - begun,
      prepareMs: part('prepareMs'),
      computeMs,
      updateMs: part('updateMs'),
      unevenMs: Math.max(0, busier - Math.max(computeMs, tables)),
    };
  }

  /** Scores validation once, as a training does at every evaluation; milliseconds. */
  async evaluate(): Promise<number> {
    const begun = clock.monotonicMs();
    await this.engine.evaluate();
    return clock.monotonicMs() - begun;
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  /** The last batch of an epoch may be smaller. */
  private rowsOf(step: number): number {
    const { stepsPerEpoch, samplesPerEpoch } = this.engine;
    const { batchSize } = this.options.recipe;
    return step % stepsPerEpoch === 0 ? samplesPerEpoch - (stepsPerEpoch - 1) * batchSize : batchSize;
  }
}

/** Of the thread that has the tables. */
const tablesMs = ({
  prepareMs,
  updateMs,
}: {
  readonly prepareMs: number;
  readonly updateMs: number;
}): number => prepareMs + updateMs;
