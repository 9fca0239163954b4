import { cost } from '../../graph/index.js';
import { AutoModelError, clock } from '../../platform/index.js';
import { NegativeSampler } from '../batches/negative-sampler.js';
import { NextItemBatch } from '../batches/next-item-batch.js';
import { NextItemWindows, type MicroBatch } from '../batches/next-item-windows.js';
import type { StateArray } from '../checkpoint/checkpoint-file.js';
import { stateNamed } from '../checkpoint/state-named.js';
import { ComputeClient } from '../compute/compute-client.js';
import { denseModel, liveNames, type DenseModel } from '../compute/dense-model.js';
import { BestWeights } from './best-weights.js';
import { buildNextItemModel, type NextItemModel, type NextItemModelOptions } from './next-item-model.js';
import { NextItemScorer } from './next-item-scorer.js';
import type { EngineTimings, StepRates, StepResult, TrainingEngine } from './training-engine.js';

/** Logits of one part of a batch: what still lies well in caches and memory; and what no part may exceed. */
const PREFERRED_LOGIT_BYTES = 256 << 20;
const MOST_LOGIT_BYTES = 1 << 30;

export interface NextItemEngineOptions extends NextItemModelOptions {
  readonly threads: number;
  readonly schedule: 'overlapped' | 'serial';
  /** bytes of logits per part; the default serves all but tests */
  readonly logitBytes?: number;
}

/** A batch in parts, filled. */
interface PreparedStep {
  readonly step: number;
  readonly parts: readonly MicroBatch[];
  readonly first: NextItemBatch;
}

/**
 * Trains next-item models. A batch of users is split where its logits would not fit; the parts' gradients are summed with
 * weights positions / all positions, which is the gradient of the whole batch.
 */
export class NextItemEngine implements TrainingEngine {
  readonly stepsPerEpoch: number;
  readonly samplesPerEpoch: number;
  readonly timings: EngineTimings = { prepareMs: 0, computeMs: 0, updateMs: 0 };
  readonly scorer: NextItemScorer;
  private readonly best: BestWeights;
  private readonly batches: readonly NextItemBatch[];
  private turn = 0;
  private prepared: PreparedStep | undefined;

  private constructor(
    private readonly options: NextItemEngineOptions,
    private readonly windows: NextItemWindows,
    private readonly positionLimit: number,
    readonly model: NextItemModel,
    readonly dense: DenseModel,
    readonly client: ComputeClient,
  ) {
    const { recipe, dataset, seed } = options;
    this.samplesPerEpoch = windows.users.length;
    this.stepsPerEpoch = Math.ceil(windows.users.length / recipe.batchSize);
    const sampler =
      recipe.loss === 'softmax'
        ? undefined
        : new NegativeSampler(
            dataset,
            recipe.negatives,
            recipe.loss === 'bpr' ? 'uniform' : 'popularity',
            seed,
          );
    const users = Math.min(recipe.batchSize, windows.users.length);
    const positions = Math.min(
      windows.mostPositions(users),
      Math.max(positionLimit, windows.mostPositions(1)),
    );
    const inputs = new Set(model.step.inputs.map(({ name }) => name));
    const { dropoutMasks } = model.step;
    this.batches = [0, 1].map(
      () => new NextItemBatch({ windows, sampler, users, positions, inputs, dropoutMasks }),
    );
    this.best = new BestWeights(client, dense.weightNames, []);
    this.scorer = new NextItemScorer(client, {
      itemCount: dataset.itemCount,
      maxLength: recipe.maxLength,
      inputs: liveNames(model.inference.graph, model.inference.logits),
    });
  }

  static async open(options: NextItemEngineOptions): Promise<NextItemEngine> {
    const { recipe, dataset, seed, threads } = options;
    const windows = new NextItemWindows(dataset, recipe.maxLength, seed);
    const limit = positionLimit(options, windows);
    const split = windows.mostPositions(recipe.batchSize) > limit;
    const model = buildNextItemModel(options, split);
    const steps = [
      ...(model.apply === undefined ? [] : ([['apply', model.apply]] as const)),
      ['step', model.step] as const,
    ];
    const dense = denseModel(Object.fromEntries(steps), model.inference, seed, split);
    const client = await ComputeClient.open({ threads, sessions: dense.sessions, buffers: dense.buffers });
    return new NextItemEngine(options, windows, limit, model, dense, client);
  }

  get parameterCount(): number {
    return this.model.step.layout.flatSize;
  }

  get flopsPerSample(): number {
    const { graph, logits } = this.model.inference;
    return cost(graph, { logits }).flopsPerSample;
  }

  /** floating-point operations and bytes of one whole step on users whose windows are the longest. */
  stepCost(samples: number): { readonly flops: number; readonly bytes: number } {
    const { graph } = this.model.step;
    const P = this.windows.mostPositions(samples);
    const { flopsPerSample: flops, bytesPerSample: bytes } = cost(graph, graph.outputs, {
      sizes: { B: samples, P, N: this.options.recipe.negatives },
    });
    return { flops, bytes };
  }

  async step(step: number, rates: StepRates, last: number): Promise<StepResult> {
    const { parts, first } = this.prepared?.step === step ? this.prepared : this.prepare(step);
    this.prepared = undefined;
    const total = parts.reduce((sum, part) => sum + part.positions, 0);
    if (this.model.apply !== undefined) await this.client.clear(['gradient_accumulator']);
    let loss = 0;
    const observables: Record<string, number> = {};
    let batch = first;
    for (let p = 0; p < parts.length; p += 1) {
      const share = parts[p].positions / total;
      const running = this.run(batch, step, rates.dense, share);
      // A failure surfaces at the await below; until then it must not count as unhandled.
      running.catch(() => {});
      const overlapped = this.options.schedule === 'overlapped';
      let next: NextItemBatch | undefined;
      if (overlapped && p + 1 < parts.length) next = this.fill(parts[p + 1], step, p + 1);
      else if (overlapped && step < last) this.prepared = this.prepare(step + 1);
      const scalars = await running;
      loss += share * scalars['loss'];
      for (const name of this.model.step.observables)
        observables[name] = (observables[name] ?? 0) + share * scalars[name];
      if (p + 1 < parts.length) batch = next ?? this.fill(parts[p + 1], step, p + 1);
    }
    if (this.model.apply !== undefined) await this.apply(step, rates.dense);
    return { loss, observables };
  }

  settle(): void {
    // All of a next-item model lives in the compute thread, which is done when `step` returns.
  }

  async evaluate(): Promise<Float32Array> {
    return this.scorer.rankTargets(this.options.dataset, this.options.dataset.validation);
  }

  async keepBest(): Promise<void> {
    await this.best.keep();
  }

  async restoreBest(): Promise<void> {
    await this.best.restore();
  }

  async exportState(): Promise<ReadonlyMap<string, StateArray>> {
    const state = new Map<string, StateArray>(Object.entries(await this.client.export(this.dense.names)));
    await this.best.export(state);
    return state;
  }

  async importState(state: ReadonlyMap<string, StateArray>): Promise<void> {
    await this.client.put(
      Object.fromEntries(this.dense.names.map((name) => [name, stateNamed(state, name, Float32Array)])),
    );
    await this.best.import(state);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private prepare(step: number): PreparedStep {
    const { recipe } = this.options;
    const epoch = Math.floor((step - 1) / this.stepsPerEpoch);
    const from = ((step - 1) % this.stepsPerEpoch) * recipe.batchSize;
    const users = this.windows.usersOf(epoch, from, from + recipe.batchSize);
    const parts = this.windows.split(users, this.positionLimit);
    return { step, parts, first: this.fill(parts[0], step, 0) };
  }

  private fill(part: MicroBatch, step: number, number: number): NextItemBatch {
    const begun = clock.monotonicMs();
    const batch = this.batches[this.turn];
    this.turn = 1 - this.turn;
    batch.fill(part, this.options.seed, step, number);
    this.timings.prepareMs += clock.monotonicMs() - begun;
    return batch;
  }

  private async run(batch: NextItemBatch, step: number, learningRate: number, share: number) {
    const split = this.model.apply !== undefined;
    const reply = await this.client.run({
      session: 'step',
      slab: batch.slab,
      feeds: batch.feeds(),
      scalars: split ? { loss_scale: share } : { loss_scale: 1, step, learning_rate: learningRate },
      results: [],
      resultSlab: batch.results,
      scalarResults: ['loss', ...this.model.step.observables],
    });
    batch.slab = reply.slab;
    batch.results = reply.resultSlab;
    this.timings.computeMs += reply.computeMs;
    return reply.scalars;
  }

  private async apply(step: number, learningRate: number): Promise<void> {
    const nothing = new ArrayBuffer(0);
    const reply = await this.client.run({
      session: 'apply',
      slab: nothing,
      feeds: [],
      scalars: { step, learning_rate: learningRate },
      results: [],
      resultSlab: new ArrayBuffer(0),
      scalarResults: [],
    });
    this.timings.updateMs += reply.computeMs;
  }
}

/** Positions per part, so that float32 logits [positions, candidates of the loss] stay below the limit. */
function positionLimit(options: NextItemEngineOptions, windows: NextItemWindows): number {
  const { recipe, dataset } = options;
  const width = recipe.loss === 'softmax' ? dataset.itemCount : recipe.negatives + 1;
  const longest = windows.mostPositions(1) * width * 4;
  if (longest > MOST_LOGIT_BYTES) {
    throw new AutoModelError(
      'LIMIT_EXCEEDED',
      `The logits of one user need ${Math.round(longest / 2 ** 20)} MiB, more than ${MOST_LOGIT_BYTES / 2 ** 20} MiB`,
      {
        remedy: 'Set recipe.loss to sampled-softmax, or a smaller recipe.maxLength.',
        details: { bytes: longest },
      },
    );
  }
  return Math.max(1, Math.floor((options.logitBytes ?? PREFERRED_LOGIT_BYTES) / (width * 4)));
}
