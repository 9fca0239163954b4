import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../../src/graph/index.js';
import { cost, factorRequest, Graph, glorotUniform, type RequestSide } from '../../../src/graph/index.js';
import type { FactoredInput } from '../../../src/graph/index.js';
import { evaluate, type Fed } from '../support/evaluate.js';
import { build, plan, rows, width } from '../support/random-graph.js';

const B = 3;

const side: fc.Arbitrary<RequestSide | undefined> = fc.oneof(
  fc.constant('all' as const),
  fc.constant(undefined),
  fc.array(fc.boolean(), { minLength: rows, maxLength: rows }),
);

/** Rows for B candidates, equal wherever the request decides. */
function requestRows(own: RequestSide | undefined, salt: number): Fed {
  const data = Array.from({ length: B * rows * width }, (_, i) => {
    const within = i % (rows * width);
    const ofRequest = own === 'all' || own?.[Math.floor(within / width)] === true;
    return Math.sin(salt + (ofRequest ? within : i) * 1.7);
  });
  return { data, shape: [B, rows, width], dtype: 'float64' };
}

function entriesOf({ entries }: FactoredInput, { data, shape }: Fed, count: number): Fed {
  const [, height, across] = shape;
  const chosen = entries ?? Array.from({ length: height }, (_, i) => i);
  const out: number[] = [];
  for (let b = 0; b < count; b += 1)
    for (const entry of chosen)
      for (let w = 0; w < across; w += 1) out.push(data[(b * height + entry) * across + w]);
  return { data: out, shape: [count, chosen.length, across], dtype: 'float64' };
}

describe('factorRequest', () => {
  it('gives what the graph gives, on any graph and for any sides, also where samples are mixed', async () => {
    await fc.assert(
      fc.asyncProperty(plan, side, side, fc.constantFrom(1, 4, 512), async (chosen, sideA, sideB, block) => {
        fc.pre(![sideA, sideB].every((own) => own === 'all' || (Array.isArray(own) && own.every(Boolean))));
        const { graph, output } = build(chosen);
        const sides = new Map<string, RequestSide>();
        if (sideA !== undefined) sides.set('a', sideA);
        if (sideB !== undefined) sides.set('b', sideB);
        const feeds: Record<string, Fed> = { a: requestRows(sideA, 1), b: requestRows(sideB, 2) };
        const { out } = await evaluate(graph, { out: output }, feeds);
        const factored = factorRequest(graph, sides, { out: output }, block);
        const fed = (inputs: readonly FactoredInput[], count: number): Record<string, Fed> =>
          Object.fromEntries(inputs.map((input) => [input.name, entriesOf(input, feeds[input.from], count)]));
        const first =
          factored.handedOver.length === 0
            ? {}
            : await evaluate(factored.request, factored.request.outputs, fed(factored.requestInputs, 1));
        const handed = Object.fromEntries(
          Object.entries(first).map(([name, { data, shape }]): [string, Fed] => [
            name,
            { data, shape, dtype: factored.candidates.inputs.get(name)?.dtype },
          ]),
        );
        const second = await evaluate(factored.candidates, factored.candidates.outputs, {
          ...fed(factored.candidateInputs, B),
          ...handed,
        });
        expect(second.out.shape).toEqual(out.shape);
        // Some kernels of ONNX Runtime are less exact than their type.
        second.out.data.forEach((value, i) =>
          expect(Math.abs(value - out.data[i])).toBeLessThan(1e-6 * (1 + Math.abs(out.data[i]))),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('cuts a layer over both sides in two, and hands over what the request alone decides', () => {
    const graph = new Graph({ mode: 'infer' });
    const fields = graph.input('fields', ['B', 5, 4]);
    const weight = graph.parameter('w', [20, 8], glorotUniform());
    const bias = graph.parameter('b', [8], glorotUniform());
    graph.output('out', g.relu(g.add(g.matmul(g.flatten(fields), weight), bias)));
    const { request, candidates, handedOver, requestInputs, candidateInputs } = factorRequest(
      graph,
      new Map([['fields', [true, false, true, true, false]]]),
    );
    expect(requestInputs).toEqual([{ name: 'fields@request', from: 'fields', entries: [0, 2, 3] }]);
    expect(candidateInputs).toEqual([{ name: 'fields@candidate', from: 'fields', entries: [1, 4] }]);
    expect(handedOver).toHaveLength(1);
    // Two of five fields are the candidate's: 8 of 20 rows of the product; the bias is added once for the request.
    expect(cost(candidates).perOp['matmul'].flops).toBe(2 * 8 * 8);
    expect(cost(request).perOp['matmul'].flops).toBe(2 * 12 * 8);
    expect(cost(candidates).perOp['add'].count).toBe(1);
    // Its two fields are one input, so nothing but weights is put together.
    expect(candidates.nodes.filter(({ op, shape }) => op === 'concat' && shape[0] === 'B')).toEqual([]);
  });

  it('leaves a graph as it is when nothing is of the request', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 3]);
    graph.output('out', g.sum(g.tanh(x), 1));
    const factored = factorRequest(graph, new Map());
    expect(factored.handedOver).toEqual([]);
    expect(cost(factored.candidates).flopsPerSample).toBe(cost(graph).flopsPerSample);
  });

  it('refuses what it cannot cut', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 3]);
    const items = graph.input('items', ['N', 3]);
    expect(() => factorRequest(graph, new Map(), { out: g.matmul(x, items, { transposeB: true }) })).toThrow(
      /size N; only B/,
    );
    expect(() => factorRequest(graph, new Map([['x', [true, false]]]), { out: x })).toThrow(
      /2 entries do not fit the input x \[B, 3\]/,
    );
    expect(() => factorRequest(graph, new Map(), { out: g.tanh(graph.constant([1, 2])) })).toThrow(
      /not of the size of the candidates/,
    );
  });
});
