import { afterEach, describe, expect, it } from 'vitest';
import { mul, neg } from '../../src/graph/index.js';
import { opEntry, opNames, registerOps } from '../../src/graph/registry.js';
import { buildCase } from './support/build-case.js';
import { gradientError } from './support/check-gradient.js';
import { opCases, titleOf, type OpCase } from './support/op-cases.js';

const sizes = { b: 3, m: 3, k: 4, n: 2 };
const differentiable = opCases.filter((spec) => spec.gradient !== false);

async function errorOf(spec: OpCase): Promise<{ error: number; tolerance: number }> {
  const single = spec.precision === 'float32';
  const error = await gradientError(buildCase(spec, sizes), sizes.b, single ? 1e-2 : 1e-5);
  return { error, tolerance: single ? 4e-3 : 1e-7 };
}

describe('gradients agree with central differences', () => {
  it.each(differentiable.map((spec) => [titleOf(spec), spec] as const))('%s', async (_title, spec) => {
    const { error, tolerance } = await errorOf(spec);
    expect(error).toBeLessThan(tolerance);
  });

  it('covers every operation that has a gradient rule', () => {
    const covered = new Set(
      differentiable.flatMap((spec) => buildCase(spec, sizes).graph.nodes.map((node) => node.op)),
    );
    // Both cut the gradient, on purpose; they have value tests of their own.
    const cutting = ['stopGradient', 'straightThrough'];
    const missing = opNames().filter(
      (name) => opEntry(name).gradient && !covered.has(name) && !cutting.includes(name),
    );
    expect(missing).toEqual([]);
  });
});

describe('the check itself', () => {
  const right = opEntry('tanh');
  const spec = opCases.find((candidate) => candidate.op === 'tanh')!;
  afterEach(() => registerOps([right]));

  it.each([
    ['a wrong factor', 1.01],
    ['a wrong sign', -1],
  ])('catches %s', async (_title, factor) => {
    registerOps([
      {
        ...right,
        gradient: (node, gradients) => right.gradient!(node, gradients).map((g) => g && mul(g, factor)),
      },
    ]);
    const { error, tolerance } = await errorOf(spec);
    expect(error).toBeGreaterThan(100 * tolerance);
  });

  it('catches a missing term', async () => {
    registerOps([{ ...right, gradient: (_node, [g]) => [g && neg(neg(g))] }]);
    const { error, tolerance } = await errorOf(spec);
    expect(error).toBeGreaterThan(100 * tolerance);
  });
});
