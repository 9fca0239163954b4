import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { Graph, initialParameters, layoutOf, parameterViews } from '../../src/graph/index.js';
import { decayMask } from '../../src/graph/training-step/layout.js';
import { transplant } from '../../src/graph/transplant.js';
import { evaluate } from './support/evaluate.js';
import { StepRunner } from './support/step-runner.js';

const shapes = fc.array(fc.tuple(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }), fc.boolean()), {
  minLength: 1,
  maxLength: 6,
});

function withParameters(spec: readonly (readonly [readonly number[], boolean])[]): Graph {
  const graph = new Graph({ mode: 'train' });
  spec.forEach(([shape, decay], i) => graph.parameter(`p${i}`, shape, g.normal(1), { decay }));
  return graph;
}

describe('the flat layout', () => {
  it('covers the vector once, in the order of declaration', () => {
    fc.assert(
      fc.property(shapes, (spec) => {
        const layout = layoutOf(withParameters(spec));
        let end = 0;
        for (const [i, slot] of layout.parameters.entries()) {
          expect(slot.name).toBe(`p${i}`);
          expect(slot.offset).toBe(end);
          expect(slot.size).toBe(slot.shape.reduce((product, dim) => product * dim, 1));
          end += slot.size;
        }
        expect(layout.flatSize).toBe(end);
      }),
    );
  });

  it('gives views of the vector, not copies', () => {
    const layout = layoutOf(
      withParameters([
        [[2, 3], true],
        [[4], true],
      ]),
    );
    const flat = initialParameters(layout, 1);
    parameterViews(layout, flat).get('p1')![2] = 42;
    expect(flat[8]).toBe(42);
  });

  it('starts a parameter alike whatever stands before it', () => {
    fc.assert(
      fc.property(shapes, fc.nat(100), (spec, seed) => {
        const longer = new Graph({ mode: 'train' });
        longer.parameter('first', [7], g.normal(1));
        spec.forEach(([shape], i) => longer.parameter(`p${i}`, shape, g.normal(1)));
        const alone = layoutOf(withParameters(spec));
        const after = layoutOf(longer);
        const views = parameterViews(alone, initialParameters(alone, seed));
        const shifted = parameterViews(after, initialParameters(after, seed));
        for (const [name, values] of views) expect(shifted.get(name)).toEqual(values);
      }),
    );
  });

  it('masks decay by element, or not at all when it can', async () => {
    const graph = new Graph({ mode: 'train' });
    expect(decayMask(graph, layoutOf(withParameters([[[2], false]])))).toBeUndefined();
    expect(
      decayMask(
        graph,
        layoutOf(
          withParameters([
            [[2], true],
            [[3], true],
          ]),
        ),
      )?.rank,
    ).toBe(0);
    const mixed = decayMask(
      graph,
      layoutOf(
        withParameters([
          [[2], true],
          [[3], false],
          [[], true],
        ]),
      ),
    )!;
    expect((await evaluate(graph, { mixed })).mixed.data).toEqual([1, 1, 0, 0, 0, 1]);
  });

  it('decays only what was declared with decay', async () => {
    const graph = withParameters([
      [[2], true],
      [[3], false],
    ]);
    const nodes = [...graph.parameters.values()].map((parameter) => g.sum(g.mul(parameter.node, 0)));
    const step = g.buildTrainingStep(graph, {
      loss: g.add(nodes[0], nodes[1]),
      optimizer: { kind: 'adamw', weightDecay: 0.5 },
    });
    const before = step.initialParameters(1);
    const { parameters_out: after } = await (await StepRunner.create(step, { learningRate: 0.1 })).run({});
    expect(after[0]).toBeCloseTo(before[0] * 0.95, 6);
    expect(after[1]).toBeCloseTo(before[1] * 0.95, 6);
    expect(after.subarray(2)).toEqual(before.subarray(2));
  });
});

describe('initial values', () => {
  it('of Adam move every parameter by the learning rate in the first step', async () => {
    const graph = new Graph({ mode: 'train' });
    const w = graph.parameter('w', [50], g.normal(1));
    const loss = g.sum(g.mul(w, graph.input('c', [50])));
    const step = g.buildTrainingStep(graph, { loss, optimizer: { kind: 'adam' } });
    const runner = await StepRunner.create(step, { learningRate: 0.01 });
    const before = step.initialParameters(1);
    const c = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 10 ** ((i % 9) - 4));
    const { parameters_out: after } = await runner.run({ c: { data: c, shape: [50] } });
    for (const [i, value] of after.entries())
      expect(value).toBeCloseTo(before[i] - 0.01 * Math.sign(c[i]), 4);
  });
});

describe('transplant', () => {
  it('copies what is needed, once, and replaces parameters', async () => {
    const source = new Graph({ mode: 'train' });
    const x = source.input('x', ['B', 3]);
    source.input('unused', ['B']);
    const w = source.parameter('w', [3, 1], g.normal(1));
    const y = g.dropout(g.tanh(g.matmul(x, w)), 0.5);
    const target = new Graph({ mode: 'train' });
    const fixed = target.constant([[1], [0], [0]]);
    const copies = transplant([y, g.add(y, 1)], target, () => fixed);
    expect([...target.inputs.keys()]).toEqual(['x', 'dropout_mask_0']);
    expect(target.dropoutMasks.map(({ name, rate, key }) => [name, rate, key])).toEqual([
      ['dropout_mask_0', 0.5, 0],
    ]);
    expect(target.parameters.size).toBe(0);
    const out = copies.get(y)!;
    expect(out.graph).toBe(target);
    const { value } = await evaluate(
      target,
      { value: out },
      {
        x: { data: [0.5, 9, 9], shape: [1, 3] },
        dropout_mask_0: { data: [2], shape: [1, 1] },
      },
    );
    expect(value.data[0]).toBeCloseTo(2 * Math.tanh(0.5), 5);
  });
});
