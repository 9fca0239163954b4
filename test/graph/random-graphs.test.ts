import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cost, evaluateDim, hashGraph, lower } from '../../src/graph/index.js';
import { gradientError } from './support/check-gradient.js';
import { evaluate } from './support/evaluate.js';
import { B, build, plan } from './support/random-graph.js';

describe('random graphs', () => {
  it('have the gradients that difference quotients find', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (choices) => {
        expect(await gradientError(build(choices), B, 1e-5)).toBeLessThan(1e-5);
      }),
      { numRuns: 25 },
    );
  });

  it('have the shape that they promise, and the same file, hash and cost when built again', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (choices) => {
        const { graph, output, feeds } = build(choices);
        const again = build(choices);
        const { out } = await evaluate(graph, { out: output }, feeds);
        expect(out.shape).toEqual(output.shape.map((dim) => evaluateDim(dim, { B })));
        expect(hashGraph(graph, { out: output })).toBe(hashGraph(again.graph, { out: again.output }));
        expect(Buffer.compare(lower(graph, { out: output }), lower(again.graph, { out: again.output }))).toBe(
          0,
        );
        const { flopsPerSample, bytesPerSample } = cost(graph, { out: output });
        expect(flopsPerSample).toBeGreaterThan(0);
        expect(bytesPerSample).toBeGreaterThan(0);
        expect(cost(again.graph, { out: again.output }).flopsPerSample).toBe(flopsPerSample);
      }),
      { numRuns: 25 },
    );
  });

  it('hash apart when a step differs', () => {
    fc.assert(
      fc.property(plan, ({ choices, seed }) => {
        const { graph, output } = build({ choices, seed });
        const other = build({ choices: [...choices, [5, 0, 0]], seed });
        expect(hashGraph(graph, { output })).not.toBe(hashGraph(other.graph, { output: other.output }));
      }),
      { numRuns: 25 },
    );
  });
});
