import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  buildApplyGraph,
  buildTrainingStep,
  filled,
  Graph,
  mul,
  square,
  sub,
  sum,
  type Node,
  type OptimizerSpec,
} from '../../../src/graph/index.js';
import { ReferenceOptimizer } from '../support/reference-optimizers.js';
import { StepRunner } from '../support/step-runner.js';

/** loss = sum(w * c): the gradient is c, whatever w is. */
function slope(size: number, decay = true): { graph: Graph; loss: Node } {
  const graph = new Graph({ mode: 'train' });
  const w = graph.parameter('w', [size], filled(1), { decay });
  return { graph, loss: sum(mul(w, graph.input('c', [size]))) };
}

async function runnerOf(
  optimizer: OptimizerSpec,
  options: { clipNorm?: number; learningRate?: number; decay?: boolean; size?: number } = {},
): Promise<(gradient: readonly number[]) => Promise<Record<string, Float32Array>>> {
  const { graph, loss } = slope(options.size ?? 1, options.decay);
  const step = buildTrainingStep(graph, { loss, optimizer, clipNorm: options.clipNorm });
  const runner = await StepRunner.create(step, { learningRate: options.learningRate ?? 0.1 });
  return (gradient) => runner.run({ c: { data: gradient, shape: [gradient.length] } });
}

describe('by hand, one weight that starts at 1, learning rate 0.1', () => {
  it('sgd: 1 - 0.1 * 2 = 0.8, then 0.8 - 0.1 * (-4) = 1.2', async () => {
    const run = await runnerOf({ kind: 'sgd' });
    expect((await run([2])).parameters_out[0]).toBeCloseTo(0.8, 6);
    expect((await run([-4])).parameters_out[0]).toBeCloseTo(1.2, 6);
  });

  it('adagrad: the first step is the learning rate, the second divides by sqrt(9 + 16)', async () => {
    const run = await runnerOf({ kind: 'adagrad' });
    expect((await run([3])).parameters_out[0]).toBeCloseTo(0.9, 6);
    expect((await run([4])).parameters_out[0]).toBeCloseTo(0.9 - (0.1 * 4) / 5, 6);
  });

  it('adam: 0.9, then m = 0.19/0.19, v = 0.001999/0.001999 for a constant gradient: 0.8', async () => {
    const run = await runnerOf({ kind: 'adam' });
    expect((await run([5])).parameters_out[0]).toBeCloseTo(0.9, 5);
    expect((await run([5])).parameters_out[0]).toBeCloseTo(0.8, 5);
    // then the sign turns: m = (0.9 * 0.95 - 0.5) / 0.271, v = 25
    const turned = (await run([-5])).parameters_out[0];
    const m = (0.9 * (0.9 * 0.5 + 0.5) - 0.5) / (1 - 0.9 ** 3);
    expect(turned).toBeCloseTo(0.8 - (0.1 * m) / 5, 5);
  });

  it('coupled decay enters the moments, decoupled decay does not: without a gradient adam moves by the rate', async () => {
    const coupled = await runnerOf({ kind: 'adam', weightDecay: 0.01 });
    const decoupled = await runnerOf({ kind: 'adamw', weightDecay: 0.01 });
    expect((await coupled([0])).parameters_out[0]).toBeCloseTo(0.9, 4);
    expect((await decoupled([0])).parameters_out[0]).toBeCloseTo(1 - 0.1 * 0.01, 6);
    const exempt = await runnerOf({ kind: 'adamw', weightDecay: 0.5 }, { decay: false });
    expect((await exempt([0])).parameters_out[0]).toBe(1);
  });

  it('clipping at 1 of the gradient (3, 4) leaves (0.6, 0.8), and of (0.3, 0.4) all of it', async () => {
    const run = await runnerOf({ kind: 'sgd' }, { clipNorm: 1, size: 2 });
    const first = await run([3, 4]);
    expect(first.gradient_norm[0]).toBeCloseTo(5, 5);
    expect(first.parameters_out[0]).toBeCloseTo(1 - 0.06, 5);
    expect(first.parameters_out[1]).toBeCloseTo(1 - 0.08, 5);
    const second = await run([0.3, 0.4]);
    expect(second.gradient_norm[0]).toBeCloseTo(0.5, 5);
    expect(second.parameters_out[0]).toBeCloseTo(1 - 0.06 - 0.03, 5);
  });

  it('clips before it decays: decay is not part of the norm', async () => {
    const run = await runnerOf({ kind: 'sgd', weightDecay: 1 }, { clipNorm: 1, size: 2 });
    const { gradient_norm: norm, parameters_out: moved } = await run([30, 40]);
    expect(norm[0]).toBeCloseTo(50, 4);
    expect(moved[0]).toBeCloseTo(1 - 0.1 * (0.6 + 1), 5);
  });
});

describe('over many steps', () => {
  const spec: fc.Arbitrary<OptimizerSpec> = fc.record({
    kind: fc.constantFrom('sgd' as const, 'adagrad' as const, 'adam' as const, 'adamw' as const),
    beta1: fc.constantFrom(0, 0.5, 0.9),
    beta2: fc.constantFrom(0.9, 0.999),
    epsilon: fc.constantFrom(1e-8, 1e-3),
    weightDecay: fc.constantFrom(0, 0.01, 0.3),
    initialAccumulator: fc.constantFrom(0, 0.1),
  });

  it('every setting follows the plain loop for 25 steps of gradients from tiny to huge', async () => {
    await fc.assert(
      fc.asyncProperty(
        spec,
        fc.constantFrom(undefined, 0.1, 10),
        fc.array(fc.tuple(fc.constantFrom(-1, 1), fc.constantFrom(-4, -1, 0, 2)), {
          minLength: 25,
          maxLength: 25,
        }),
        async (optimizer, clipNorm, draws) => {
          const run = await runnerOf(optimizer, { clipNorm, size: 2, learningRate: 0.01 });
          const reference = new ReferenceOptimizer(optimizer, [1, 1], [true, true]);
          for (const [sign, exponent] of draws) {
            const gradient = [Math.fround(sign * 10 ** exponent), Math.fround(-sign * 0.3)];
            const { parameters_out: out } = await run(gradient);
            reference.update(gradient, Math.fround(0.01), clipNorm);
            for (const [i, exact] of reference.parameters.entries())
              expect(Math.abs(out[i] - exact)).toBeLessThan(2e-4 * Math.max(1, Math.abs(exact)));
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each<OptimizerSpec>([{ kind: 'sgd' }, { kind: 'adagrad' }, { kind: 'adam' }, { kind: 'adamw' }])(
    '%j finds the bottom of a bowl',
    async (optimizer) => {
      const graph = new Graph({ mode: 'train' });
      const w = graph.parameter('w', [2], filled(5));
      const loss = add(sum(square(sub(w, graph.input('goal', [2])))), 0.5);
      const runner = await StepRunner.create(buildTrainingStep(graph, { loss, optimizer }), {
        learningRate: optimizer.kind === 'adagrad' ? 2 : 0.1,
      });
      let last = Infinity;
      for (let i = 0; i < 300; i += 1)
        last = (await runner.run({ goal: { data: [1, -2], shape: [2] } })).loss[0];
      expect(last).toBeCloseTo(0.5, 3);
    },
  );

  it('is exact late in training, where bias corrections vanish: step 100,000', async () => {
    const { graph, loss } = slope(1);
    const step = buildTrainingStep(graph, { loss, optimizer: { kind: 'adam' } });
    const runner = await StepRunner.create(step, { learningRate: 0.1 });
    runner.count = 99_999;
    runner.carried.get('first_moment')?.fill(2);
    runner.carried.get('second_moment')?.fill(4);
    const { parameters_out: out } = await runner.run({ c: { data: [2], shape: [1] } });
    expect(out[0]).toBeCloseTo(1 - 0.1, 6);
  });
});

describe('a gradient that is not finite', () => {
  it.each([NaN, Infinity])('of %d is not hidden by clipping: the norm says so', async (bad) => {
    const run = await runnerOf({ kind: 'sgd' }, { clipNorm: 1, size: 2 });
    const { gradient_norm: norm } = await run([bad, 1]);
    expect(Number.isFinite(norm[0])).toBe(false);
  });

  it('of nothing moves nothing: no optimiser divides by zero', async () => {
    for (const kind of ['sgd', 'adagrad', 'adam', 'adamw'] as const) {
      const run = await runnerOf({ kind }, { clipNorm: 1, size: 2 });
      const out = await run([0, 0]);
      expect([...out.parameters_out]).toEqual([1, 1]);
      expect(out.gradient_norm[0]).toBe(0);
    }
  });
});

describe('buildApplyGraph', () => {
  it('takes what was accumulated as one gradient, and gives the factor for the embeddings', async () => {
    const { graph, loss } = slope(2);
    const { layout } = buildTrainingStep(graph, { loss, optimizer: { kind: 'sgd' } });
    const apply = buildApplyGraph(layout, { optimizer: { kind: 'sgd' }, clipNorm: 1, clipEmbeddings: true });
    const runner = await StepRunner.create(apply, { learningRate: 0.1 });
    runner.carried.set('parameters', Float32Array.of(1, 1));
    const out = await runner.run({
      gradient_accumulator: { data: [3, 0], shape: [2] },
      // together with the 9 of the dense part: norm 5
      embedding_squared_norm: { data: [16], shape: [] },
    });
    expect(out.gradient_norm[0]).toBeCloseTo(5, 5);
    expect(out.clip_scale[0]).toBeCloseTo(0.2, 5);
    expect(out.parameters_out[0]).toBeCloseTo(1 - 0.1 * 0.6, 5);
  });
});
