import { cost } from '../../graph/index.js';
import { AutoModelError, clock } from '../../platform/index.js';
import { CtrBatch } from '../batches/ctr-batch.js';
import { EpochOrder } from '../batches/epoch-order.js';
import type { StateArray } from '../checkpoint/checkpoint-file.js';
import { ComputeClient } from '../compute/compute-client.js';
import { denseModel, liveNames, type DenseModel } from '../compute/dense-model.js';
import type { LearningRates } from '../tables/learning-rates.js';
import { RowUpdater, type RowPass } from '../tables/row-updates.js';
import { sparseOptimizers } from '../tables/sparse-optimizers.js';
import { stateNamed } from '../checkpoint/state-named.js';
import { BestWeights } from './best-weights.js';
import { buildCtrModel, type CtrModel, type CtrModelOptions } from './ctr-model.js';
import { CtrScorer } from './ctr-scorer.js';
import type { EngineTimings, StepRates, StepResult, TrainingEngine } from './training-engine.js';

export interface CtrEngineOptions extends CtrModelOptions {
  readonly threads: number;
  /** embedding rates so far, kept by the loop */
  readonly learningRates: LearningRates;
  readonly schedule: 'overlapped' | 'serial';
}

/** A batch whose gradient has arrived and whose rows are not all updated yet. */
interface Pending {
  readonly batch: CtrBatch;
  readonly step: number;
  readonly learningRate: number;
  sharedDone: boolean;
}

/**
 * Trains click and rating models. While the compute thread works on a batch, this thread applies the row updates that
 * the batch does not wait for, and prepares the next one; rows that two neighbouring batches share are updated and
 * gathered in between. Every row sees the same operations in the same order as without overlap.
 */
export class CtrEngine implements TrainingEngine {
  readonly stepsPerEpoch: number;
  readonly samplesPerEpoch: number;
  readonly timings: EngineTimings = { prepareMs: 0, computeMs: 0, updateMs: 0 };
  readonly scorer: CtrScorer;
  private readonly order: EpochOrder;
  private readonly batches: readonly CtrBatch[];
  private readonly best: BestWeights;
  private readonly updater: RowUpdater;
  private prepared: { readonly batch: CtrBatch; readonly step: number } | undefined;
  private pending: Pending | undefined;
  private steps = 0;

  private constructor(
    private readonly options: CtrEngineOptions,
    readonly model: CtrModel,
    readonly dense: DenseModel,
    readonly client: ComputeClient,
  ) {
    const { recipe, dataset, seed } = options;
    const { step, tables, banks, selection } = model;
    this.samplesPerEpoch = dataset.train.rows;
    this.stepsPerEpoch = Math.ceil(dataset.train.rows / recipe.batchSize);
    this.order = new EpochOrder(dataset.train.blockStarts, seed);
    this.updater = new RowUpdater({
      optimizer: sparseOptimizers[recipe.embeddingOptimizer],
      l2: recipe.embeddingL2,
      l2Mode: recipe.l2Mode,
      learningRates: options.learningRates,
    });
    const inputs = new Set(step.inputs.map(({ name }) => name));
    const capacity = Math.min(recipe.batchSize, dataset.train.rows);
    this.batches = [0, 1].map(
      () => new CtrBatch({ selection, banks, tables, capacity, inputs, dropoutMasks: step.dropoutMasks }),
    );
    const inferInputs = liveNames(model.inference.graph, model.inference.logits);
    this.scorer = new CtrScorer(client, { selection, banks, tables, inputs: inferInputs });
    this.best = new BestWeights(client, dense.weightNames, tables.tables);
  }

  static async open(options: CtrEngineOptions): Promise<CtrEngine> {
    const { dataset, seed, threads } = options;
    if (dataset.train.rows === 0) {
      throw new AutoModelError('BATCH_EMPTY', 'The train split has no rows', {
        remedy: 'Choose another split.',
      });
    }
    const model = buildCtrModel(options);
    for (const table of model.tables.tables) table.initialise(seed);
    const dense = denseModel({ step: model.step }, model.inference, seed, false);
    const client = await ComputeClient.open({ threads, sessions: dense.sessions, buffers: dense.buffers });
    return new CtrEngine(options, model, dense, client);
  }

  get parameterCount(): number {
    return this.model.step.layout.flatSize + this.model.tables.parameterCount;
  }

  get flopsPerSample(): number {
    const { graph, logits } = this.model.inference;
    return cost(graph, { logits }).flopsPerSample;
  }

  /** floating-point operations and bytes of one whole step: forward, backward, update of dense weights. */
  stepCost(samples: number): { readonly flops: number; readonly bytes: number } {
    const { graph } = this.model.step;
    const { flopsPerSample: flops, bytesPerSample: bytes } = cost(graph, graph.outputs, {
      sizes: { B: samples },
    });
    return { flops, bytes };
  }

  async step(step: number, rates: StepRates, last: number): Promise<StepResult> {
    const overlapped = this.options.schedule === 'overlapped';
    this.applyPending('shared');
    const batch = this.completePreparation(step);
    const running = this.client.run({
      session: 'step',
      slab: batch.slab,
      feeds: batch.feeds(),
      scalars: { step, learning_rate: rates.dense, loss_scale: 1 },
      results: batch.gradientResults(),
      resultSlab: batch.results,
      scalarResults: ['loss', ...this.model.step.observables],
    });
    // A failure surfaces at the await below; until then it must not count as unhandled.
    running.catch(() => {});
    if (overlapped) {
      this.applyPending('private');
      if (step < last) this.prepareNext(step + 1, batch);
    }
    const reply = await running;
    batch.slab = reply.slab;
    batch.results = reply.resultSlab;
    this.timings.computeMs += reply.computeMs;
    this.steps = step;
    this.pending = { batch, step, learningRate: rates.embedding, sharedDone: false };
    if (!overlapped) this.applyRest();
    const { loss, ...observables } = reply.scalars;
    return { loss, observables };
  }

  /** Applies everything that is owed to the tables, the pull of dense-equivalent L2 to rows at rest included. */
  settle(): void {
    this.applyRest();
    const { pull } = this.updater;
    if (pull !== undefined) for (const table of this.model.tables.tables) pull.pullAll(table, this.steps);
  }

  async evaluate(): Promise<Float32Array> {
    this.settle();
    return this.scorer.predict(this.options.dataset.validation);
  }

  async keepBest(): Promise<void> {
    this.settle();
    await this.best.keep();
  }

  async restoreBest(): Promise<void> {
    this.settle();
    await this.best.restore();
  }

  async exportState(): Promise<ReadonlyMap<string, StateArray>> {
    this.applyRest();
    const state = new Map<string, StateArray>(Object.entries(await this.client.export(this.dense.names)));
    for (const table of this.model.tables.tables) state.set(`table:${table.name}`, table.integers);
    await this.best.export(state);
    return state;
  }

  async importState(state: ReadonlyMap<string, StateArray>, step: number): Promise<void> {
    this.steps = step;
    const dense: Record<string, Float32Array> = {};
    for (const name of this.dense.names) dense[name] = stateNamed(state, name, Float32Array);
    await this.client.put(dense);
    for (const table of this.model.tables.tables) {
      table.integers.set(stateNamed(state, `table:${table.name}`, Int32Array));
    }
    await this.best.import(state);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** The batch of `step`, ready to be computed: prepared from scratch, or the rest of what overlapped. */
  private completePreparation(step: number): CtrBatch {
    const begun = clock.monotonicMs();
    let batch: CtrBatch;
    if (this.prepared?.step === step) {
      ({ batch } = this.prepared);
      batch.gather('shared', this.updater.pull, step - 1);
    } else {
      this.applyRest();
      batch = this.batches[step % 2];
      this.read(batch, step);
      batch.gather('all', this.updater.pull, step - 1);
    }
    this.prepared = undefined;
    this.timings.prepareMs += clock.monotonicMs() - begun;
    return batch;
  }

  private prepareNext(step: number, running: CtrBatch): void {
    const begun = clock.monotonicMs();
    const batch = this.batches[step % 2];
    this.read(batch, step);
    batch.markShared(running);
    batch.gather('private', this.updater.pull, step - 1);
    running.markShared(batch);
    this.prepared = { batch, step };
    this.timings.prepareMs += clock.monotonicMs() - begun;
  }

  private read(batch: CtrBatch, step: number): void {
    const { dataset, recipe, seed } = this.options;
    const epoch = Math.floor((step - 1) / this.stepsPerEpoch);
    const from = ((step - 1) % this.stepsPerEpoch) * recipe.batchSize;
    const to = Math.min(dataset.train.rows, from + recipe.batchSize);
    batch.fill(dataset.train, this.order.slices(epoch, from, to));
    batch.fillDropout(seed, step);
  }

  private applyPending(part: 'shared' | 'private'): void {
    const { pending } = this;
    if (pending === undefined || (part === 'shared' && pending.sharedDone)) return;
    const begun = clock.monotonicMs();
    // Marks exist only when a next batch was prepared against this one; otherwise one pass does it all.
    const marked = this.prepared?.step === pending.step + 1 || pending.sharedDone;
    const pass: RowPass = marked ? part : 'all';
    this.model.tables.groups.forEach((group, g) => {
      for (const { bank, table } of group.members) {
        const gradients = pending.batch.gradientsOf(bank);
        this.updater.update(
          table,
          pending.batch.indexes[g],
          gradients,
          pass,
          pending.learningRate,
          pending.step,
        );
      }
    });
    pending.sharedDone = true;
    if (pass !== 'shared') this.pending = undefined;
    this.timings.updateMs += clock.monotonicMs() - begun;
  }

  /** The rest of the pending update. Rows at rest are left to a later pull, so that a checkpoint changes no bits. */
  private applyRest(): void {
    this.applyPending('shared');
    this.applyPending('private');
  }
}
