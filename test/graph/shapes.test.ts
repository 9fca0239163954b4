import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateDim } from '../../src/graph/index.js';
import { opNames } from '../../src/graph/registry.js';
import { buildCase } from './support/build-case.js';
import { evaluate } from './support/evaluate.js';
import { opCases, titleOf } from './support/op-cases.js';

const size = fc.integer({ min: 1, max: 5 });
const anySizes = fc.record({ b: fc.integer({ min: 2, max: 5 }), m: size, k: size, n: size });

describe('shape rules agree with what ONNX Runtime returns', () => {
  it.each(opCases.map((spec) => [titleOf(spec), spec] as const))('%s', async (_title, spec) => {
    await fc.assert(
      fc.asyncProperty(anySizes, async (sizes) => {
        const { graph, output, feeds } = buildCase(spec, sizes, 'float32');
        const { out } = await evaluate(graph, { out: output }, feeds);
        expect(out.shape).toEqual(output.shape.map((dim) => evaluateDim(dim, { B: sizes.b })));
        expect(out.type).toBe(output.dtype);
      }),
      { numRuns: 12 },
    );
  });

  it('covers every operation', () => {
    const covered = new Set(
      opCases.flatMap((spec) =>
        buildCase(spec, { b: 2, m: 2, k: 3, n: 2 }).graph.nodes.map((node) => node.op),
      ),
    );
    const leaves = ['input', 'parameter', 'state', 'constant'];
    expect(opNames().filter((name) => !covered.has(name) && !leaves.includes(name))).toEqual([]);
  });
});
