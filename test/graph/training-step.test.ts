import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  batchNorm,
  binaryCrossEntropy,
  buildApplyGraph,
  buildGradientGraph,
  buildTrainingStep,
  dropout,
  filled,
  gatherRows,
  glorotUniform,
  Graph,
  heNormal,
  lower,
  matmul,
  mean,
  mul,
  normal,
  ones,
  parameterViews,
  relu,
  reshape,
  square,
  sub,
  sum,
  uniform,
  zeros,
  type Node,
  type OptimizerSpec,
} from '../../src/graph/index.js';
import { Rng } from '../../src/platform/index.js';
import { evaluate, type Fed } from './support/evaluate.js';
import { ReferenceOptimizer } from './support/reference-optimizers.js';
import { StepRunner } from './support/step-runner.js';

/** loss = sum(w * c) + sum(u * d): the gradient is (c, d), whatever the parameters are. */
function linear(): { graph: Graph; loss: Node } {
  const graph = new Graph({ mode: 'train' });
  const w = graph.parameter('w', [2, 2], normal(1));
  const u = graph.parameter('u', [3], uniform(1), { decay: false });
  const loss = add(sum(mul(w, graph.input('c', [2, 2]))), sum(mul(u, graph.input('d', [3]))));
  return { graph, loss };
}

const specs: readonly OptimizerSpec[] = [
  { kind: 'sgd' },
  { kind: 'sgd', weightDecay: 0.1 },
  { kind: 'adagrad', initialAccumulator: 0.1 },
  { kind: 'adagrad', weightDecay: 0.05 },
  { kind: 'adam' },
  { kind: 'adam', beta1: 0.8, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.1 },
  { kind: 'adamw', weightDecay: 0.1 },
];

describe('optimisers', () => {
  it.each(
    specs.flatMap((spec) => [undefined, 0.5].map((clip) => [JSON.stringify(spec), clip, spec] as const)),
  )('%s with clipping at %s follow the published rule', async (_title, clipNorm, optimizer) => {
    const { graph, loss } = linear();
    const step = buildTrainingStep(graph, { loss, optimizer, clipNorm });
    const runner = await StepRunner.create(step);
    const decays = step.layout.parameters.flatMap(({ size, decay }) =>
      Array.from({ length: size }, () => decay),
    );
    const reference = new ReferenceOptimizer(optimizer, Array.from(step.initialParameters(1)), decays);
    const rng = new Rng([3, 'gradients']);
    for (let i = 0; i < 6; i += 1) {
      const gradient = Array.from({ length: 7 }, () => Math.fround(rng.normal()));
      const out = await runner.run({
        c: { data: gradient.slice(0, 4), shape: [2, 2] },
        d: { data: gradient.slice(4), shape: [3] },
      });
      const norm = reference.update(gradient, Math.fround(0.1), clipNorm);
      if (clipNorm !== undefined) expect(out.gradient_norm[0]).toBeCloseTo(norm, 4);
      for (const [j, value] of reference.parameters.entries())
        expect(out.parameters_out[j]).toBeCloseTo(value, 5);
    }
  });

  it('a wrong rule would be seen', async () => {
    const { graph, loss } = linear();
    const runner = await StepRunner.create(buildTrainingStep(graph, { loss, optimizer: { kind: 'adam' } }));
    const reference = new ReferenceOptimizer(
      { kind: 'adam', beta1: 0.91 },
      Array.from(runner.carried.get('parameters')!),
      [],
    );
    let worst = 0;
    for (let i = 0; i < 3; i += 1) {
      const gradient = Array.from({ length: 7 }, (_, j) => (i === 1 ? -1 : 1) * (j + 1));
      const out = await runner.run({
        c: { data: gradient.slice(0, 4), shape: [2, 2] },
        d: { data: gradient.slice(4), shape: [3] },
      });
      reference.update(gradient, 0.1);
      worst = Math.max(
        worst,
        ...reference.parameters.map((value, j) => Math.abs(value - out.parameters_out[j])),
      );
    }
    expect(worst).toBeGreaterThan(1e-4);
  });
});

describe('initial parameters', () => {
  const draw = (seed: number, name = 'w'): Float32Array => {
    const graph = new Graph({ mode: 'train' });
    const w = graph.parameter(name, [300, 100], glorotUniform());
    return buildTrainingStep(graph, { loss: mean(w), optimizer: { kind: 'sgd' } }).initialParameters(seed);
  };

  it('are a function of seed and name', () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
    expect(draw(1, 'v')).not.toEqual(draw(1));
  });

  it('have the promised spread', () => {
    const graph = new Graph({ mode: 'train' });
    const names = ['glorot', 'he', 'normal', 'uniform'];
    const kinds = [glorotUniform(), heNormal(), normal(0.02), uniform(0.3)];
    const nodes = kinds.map((kind, i) => sum(graph.parameter(names[i], [200, 100], kind)));
    nodes.push(
      sum(graph.parameter('zeros', [5], zeros())),
      sum(graph.parameter('ones', [5], ones())),
      sum(graph.parameter('filled', [5], filled(0.7))),
    );
    const step = buildTrainingStep(graph, {
      loss: nodes.reduce((a, b) => add(a, b)),
      optimizer: { kind: 'sgd' },
    });
    const views = parameterViews(step.layout, step.initialParameters(5));
    const deviation = (name: string): number =>
      Math.sqrt(views.get(name)!.reduce((total, value) => total + value * value, 0) / 20_000);
    const limit = Math.sqrt(6 / 300);
    expect(deviation('glorot') / (limit / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect(Math.max(...views.get('glorot')!)).toBeLessThanOrEqual(limit);
    expect(deviation('he') / Math.sqrt(2 / 200)).toBeCloseTo(1, 1);
    expect(deviation('normal') / 0.02).toBeCloseTo(1, 1);
    expect(deviation('uniform') / (0.3 / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect([...views.get('zeros')!, ...views.get('ones')!]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(views.get('filled')![0]).toBeCloseTo(0.7, 6);
  });
});

interface Model {
  readonly graph: Graph;
  readonly rows: Node;
  readonly loss: Node;
  readonly logits: Node;
}

function network(mode: 'train' | 'infer' = 'train', rate = 0): Model {
  const graph = new Graph({ mode });
  const rows = graph.input('rows', ['B', 3, 4], 'float32', 'embedding-rows');
  let x = reshape(rows, ['B', 12]);
  x = batchNorm(
    x,
    graph.parameter('scale', [12], ones(), { decay: false }),
    graph.parameter('shift', [12], zeros(), { decay: false }),
    { name: 'bn', momentum: 0.8 },
  );
  x = dropout(
    relu(
      add(matmul(x, graph.parameter('w1', [12, 16], glorotUniform())), graph.parameter('b1', [16], zeros())),
    ),
    rate,
  );
  const logits = reshape(matmul(x, graph.parameter('w2', [16, 1], glorotUniform())), ['B']);
  return {
    graph,
    rows,
    logits,
    loss: binaryCrossEntropy(logits, graph.input('labels', ['B'], 'float32', 'label')),
  };
}

function batch(B: number, seed = 1): Record<string, Fed> {
  const rng = new Rng([seed, 'batch']);
  return {
    rows: { data: Array.from({ length: B * 12 }, () => rng.normal()), shape: [B, 3, 4] },
    labels: { data: Array.from({ length: B }, () => rng.integer(2)), shape: [B] },
  };
}

describe('a training step', () => {
  const adam: OptimizerSpec = { kind: 'adam' };

  it('reports its layout, inputs and outputs', () => {
    const { graph, rows, loss } = network('train', 0.5);
    const step = buildTrainingStep(graph, {
      loss,
      optimizer: adam,
      clipNorm: 1,
      embeddingInputs: [rows],
      observables: { watched: mean(rows) },
    });
    expect(
      step.layout.parameters.map(({ name, offset, size, decay }) => [name, offset, size, decay]),
    ).toEqual([
      ['scale', 0, 12, false],
      ['shift', 12, 12, false],
      ['w1', 24, 192, true],
      ['b1', 216, 16, true],
      ['w2', 232, 16, true],
    ]);
    expect(step.layout.flatSize).toBe(248);
    expect(step.inputs.map(({ name, role }) => `${name}:${role}`).sort()).toEqual([
      'dropout_mask_0:dropout-mask',
      'first_moment:optimizer-state',
      'labels:label',
      'learning_rate:control',
      'loss_scale:control',
      'parameters:parameter',
      'rows:embedding-rows',
      'second_moment:optimizer-state',
      'state:bn.mean:state',
      'state:bn.variance:state',
      'step:control',
    ]);
    expect(step.outputs.map(({ name }) => name).sort()).toEqual([
      'first_moment_out',
      'grad:rows',
      'gradient_norm',
      'loss',
      'parameters_out',
      'second_moment_out',
      'state_out:bn.mean',
      'state_out:bn.variance',
      'watched',
    ]);
    expect(step.embeddings).toEqual([{ input: 'rows', output: 'grad:rows' }]);
    expect(step.dropoutMasks.map((mask) => mask.name)).toEqual(['dropout_mask_0']);
  });

  it('learns', async () => {
    const { graph, loss } = network();
    const runner = await StepRunner.create(buildTrainingStep(graph, { loss, optimizer: adam }), {
      learningRate: 0.01,
    });
    const feeds = batch(32);
    const first = (await runner.run(feeds, { B: 32 })).loss[0];
    for (let i = 0; i < 80; i += 1) await runner.run(feeds, { B: 32 });
    expect((await runner.run(feeds, { B: 32 })).loss[0]).toBeLessThan(first / 3);
  });

  it.each(['adam', 'adamw', 'adagrad', 'sgd'] as const)(
    'updates in place to the same bits (%s)',
    async (kind) => {
      const run = async (inPlace: boolean): Promise<Float32Array[]> => {
        const { graph, loss, rows } = network();
        const step = buildTrainingStep(graph, {
          loss,
          optimizer: { kind, weightDecay: 0.01 },
          clipNorm: 0.1,
          embeddingInputs: [rows],
        });
        const runner = await StepRunner.create(step, { inPlace, learningRate: 0.05 });
        let last: Record<string, Float32Array> = {};
        for (let i = 0; i < 5; i += 1) last = await runner.run(batch(16, i), { B: 16 });
        return [runner.carried.get('parameters')!, last['grad:rows']];
      };
      expect(await run(true)).toEqual(await run(false));
    },
  );

  it('updates a single parameter in place while its old value is still needed', async () => {
    const run = async (inPlace: boolean): Promise<Float32Array> => {
      const graph = new Graph({ mode: 'train' });
      const x = graph.input('x', ['B', 6], 'float32', 'embedding-rows');
      const loss = mean(square(matmul(x, graph.parameter('w', [6, 5], normal(1)))));
      const runner = await StepRunner.create(
        buildTrainingStep(graph, { loss, optimizer: { kind: 'sgd' }, embeddingInputs: [x] }),
        { inPlace },
      );
      const feeds = { x: { data: Array.from({ length: 24 }, (_, i) => Math.sin(i)), shape: [4, 6] } };
      await runner.run(feeds, { B: 4 });
      return (await runner.run(feeds, { B: 4 }))['grad:x'];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it.each([1, 2])('gives equal bits for equal inputs on %d threads', async (threads) => {
    const run = async (): Promise<Float32Array[]> => {
      const graph = new Graph({ mode: 'train' });
      const table = graph.parameter('table', [5, 32], normal(1));
      const ids = graph.input('ids', ['B', 20], 'int32');
      const hidden = relu(matmul(gatherRows(table, ids), graph.parameter('w', [32, 64], glorotUniform())));
      const step = buildTrainingStep(graph, { loss: mean(square(hidden)), optimizer: adam });
      const runner = await StepRunner.create(step, { threads });
      const feeds = {
        ids: {
          data: Array.from({ length: 20 * 300 }, (_, i) => (i * 7919) % 5),
          shape: [300, 20],
          dtype: 'int32' as const,
        },
      };
      for (let i = 0; i < 4; i += 1) await runner.run(feeds, { B: 300 });
      return [runner.carried.get('parameters')!, runner.carried.get('second_moment')!];
    };
    const first = await run();
    for (let i = 0; i < 3; i += 1) expect(await run()).toEqual(first);
  });

  it('scales gradients but not the reported loss', async () => {
    const of = async (lossScale: number): Promise<Record<string, Float32Array>> => {
      const { graph, loss, rows } = network();
      const step = buildTrainingStep(graph, { loss, optimizer: { kind: 'sgd' }, embeddingInputs: [rows] });
      return (await StepRunner.create(step, { lossScale })).run(batch(8), { B: 8 });
    };
    const [one, half] = [await of(1), await of(0.5)];
    expect(half.loss).toEqual(one.loss);
    expect(half['grad:rows']).toEqual(one['grad:rows'].map((value) => value / 2));
  });

  it('clips dense and embedding gradients by one norm when asked', async () => {
    const of = async (options: {
      clipNorm?: number;
      clipEmbeddings?: boolean;
    }): Promise<Record<string, Float32Array>> => {
      const { graph, loss, rows } = network();
      const step = buildTrainingStep(graph, {
        loss,
        optimizer: { kind: 'sgd' },
        embeddingInputs: [rows],
        ...options,
      });
      return (await StepRunner.create(step)).run(batch(8), { B: 8 });
    };
    const plain = await of({});
    const dense = await of({ clipNorm: 0.01 });
    const both = await of({ clipNorm: 0.01, clipEmbeddings: true });
    const squares = (values: Float32Array): number =>
      values.reduce((total, value) => total + value * value, 0);
    expect(dense['grad:rows']).toEqual(plain['grad:rows']);
    expect(both.gradient_norm[0] ** 2).toBeCloseTo(
      dense.gradient_norm[0] ** 2 + squares(plain['grad:rows']),
      5,
    );
    const factor = 0.01 / (both.gradient_norm[0] + 1e-6);
    expect(both['grad:rows'][3]).toBeCloseTo(plain['grad:rows'][3] * factor, 8);
  });

  it('refuses a graph that was built for inference', () => {
    const { graph, loss } = network('infer');
    expect(() => buildTrainingStep(graph, { loss, optimizer: adam })).toThrowError(/built for inference/);
  });

  it('refuses a loss of another graph', () => {
    const { graph } = network();
    expect(() => buildTrainingStep(graph, { loss: network().loss, optimizer: adam })).toThrowError(
      /belongs to another graph/,
    );
  });

  it('trains a model without dense parameters', async () => {
    const graph = new Graph({ mode: 'train' });
    const rows = graph.input('rows', ['B', 4], 'float32', 'embedding-rows');
    const step = buildTrainingStep(graph, {
      loss: mean(sum(square(rows), 1)),
      optimizer: adam,
      embeddingInputs: [rows],
      clipNorm: 1,
      clipEmbeddings: true,
    });
    expect(step.inputs.map(({ name }) => name)).toEqual(['rows', 'loss_scale']);
    const out = await (
      await StepRunner.create(step)
    ).run({ rows: { data: [1, 0, 0, 0], shape: [1, 4] } }, { B: 1 });
    expect(out.gradient_norm[0]).toBeCloseTo(2, 5);
    expect(out['grad:rows'][0]).toBeCloseTo(1, 5);
  });
});

describe('gradient accumulation', () => {
  it('over chunks equals one step over the whole batch', async () => {
    const optimizer: OptimizerSpec = { kind: 'adam' };
    const build = (): { graph: Graph; loss: Node } => {
      const graph = new Graph({ mode: 'train' });
      const x = graph.input('x', ['B', 5]);
      const y = matmul(
        relu(matmul(x, graph.parameter('w', [5, 6], normal(0.5)))),
        graph.parameter('v', [6, 1], normal(0.5)),
      );
      return { graph, loss: mean(square(sub(reshape(y, ['B']), graph.input('y', ['B'])))) };
    };
    const rng = new Rng([5, 'chunks']);
    const xs = Array.from({ length: 40 }, () => rng.normal());
    const ys = Array.from({ length: 8 }, () => rng.normal());
    const full = build();
    const whole = await StepRunner.create(
      buildTrainingStep(full.graph, { loss: full.loss, optimizer, clipNorm: 0.2 }),
    );
    const once = await whole.run({ x: { data: xs, shape: [8, 5] }, y: { data: ys, shape: [8] } }, { B: 8 });

    const model = build();
    const gradients = buildGradientGraph(model.graph, { loss: model.loss });
    const chunks = await StepRunner.create(gradients, { lossScale: 0.5 });
    chunks.carried.set('gradient_accumulator', new Float32Array(gradients.layout.flatSize));
    for (const part of [0, 1]) {
      await chunks.run(
        {
          x: { data: xs.slice(part * 20, part * 20 + 20), shape: [4, 5] },
          y: { data: ys.slice(part * 4, part * 4 + 4), shape: [4] },
        },
        { B: 4 },
      );
    }
    const apply = await StepRunner.create(buildApplyGraph(gradients.layout, { optimizer, clipNorm: 0.2 }));
    apply.carried.set('gradient_accumulator', chunks.carried.get('gradient_accumulator')!);
    const applied = await apply.run({});
    expect(applied.gradient_norm[0]).toBeCloseTo(once.gradient_norm[0], 5);
    for (const [i, value] of once.parameters_out.entries())
      expect(applied.parameters_out[i]).toBeCloseTo(value, 5);
  });
});

describe('batch normalisation', () => {
  it('standardises with the batch and carries running statistics into inference', async () => {
    const { graph, loss } = network();
    const runner = await StepRunner.create(buildTrainingStep(graph, { loss, optimizer: { kind: 'sgd' } }), {
      learningRate: 0,
    });
    const feeds = batch(16);
    const column = (k: number): number[] => Array.from({ length: 16 }, (_, i) => feeds.rows.data[i * 12 + k]);
    const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    let runningMean = 0;
    let runningVariance = 1;
    for (let i = 0; i < 3; i += 1) {
      await runner.run(feeds, { B: 16 });
      const centre = average(column(5));
      runningMean = 0.8 * runningMean + 0.2 * centre;
      runningVariance =
        0.8 * runningVariance + 0.2 * average(column(5).map((value) => (value - centre) ** 2));
    }
    expect(runner.carried.get('state:bn.mean')![5]).toBeCloseTo(runningMean, 5);
    expect(runner.carried.get('state:bn.variance')![5]).toBeCloseTo(runningVariance, 5);

    const served = new Graph({ mode: 'infer' });
    const x = served.input('x', ['B', 2]);
    const y = batchNorm(x, undefined, undefined, { name: 'bn' });
    const file = lower(
      served,
      { y },
      {
        constants: new Map([
          ['bn.mean', Float32Array.of(1, 2)],
          ['bn.variance', Float32Array.of(4, 9)],
        ]),
      },
    );
    expect(file.length).toBeGreaterThan(0);
    const { y: out } = await evaluate(
      served,
      { y },
      {
        x: { data: [3, 5], shape: [1, 2] },
        'bn.mean': { data: [1, 2], shape: [2] },
        'bn.variance': { data: [4, 9], shape: [2] },
      },
    );
    expect(out.data[0]).toBeCloseTo(1, 4);
    expect(out.data[1]).toBeCloseTo(1, 4);
  });

  it('gives columns of mean 0 and variance 1 in training', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 4, maxLength: 12 }),
        async (values) => {
          fc.pre(Math.max(...values) - Math.min(...values) > 1);
          const graph = new Graph({ mode: 'train' });
          const y = batchNorm(graph.input('x', ['B', 1]), undefined, undefined);
          const { y: out } = await evaluate(graph, { y }, { x: { data: values, shape: [values.length, 1] } });
          const centre = out.data.reduce((a, b) => a + b, 0) / values.length;
          expect(centre).toBeCloseTo(0, 3);
          expect(
            out.data.reduce((total, value) => total + (value - centre) ** 2, 0) / values.length,
          ).toBeCloseTo(1, 2);
        },
      ),
      { numRuns: 15 },
    );
  });
});
