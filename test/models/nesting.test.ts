import { describe, expect, it } from 'vitest';
import { cost, type CtrModelDefinition, type HyperParameters, type Node } from '../../src/graph/index.js';
import {
  autoint,
  bst,
  deepfm,
  definitions,
  din,
  dnn,
  finalmlp,
  fm,
  lr,
  sasrec,
  wideDeep,
  xdeepfm,
} from '../../src/models/index.js';
import { buildClick, buildNextItem, smallHyperParameters } from './harness/build.js';
import { clickBatch, clickCases, richCase, type ClickCase } from './harness/click-case.js';
import { evaluate, randomParameters, type Feeds } from './harness/run.js';

const rows = 5;
const flat: ClickCase = clickCases['fields and numbers'];

/** Logits with random weights, of which those that `silenced` names are zero; equal names have equal values. */
async function logitsOf(
  definition: CtrModelDefinition,
  silenced: RegExp = /^$/,
  options: { data?: ClickCase; hp?: HyperParameters; change?: (feeds: Feeds) => Feeds } = {},
): Promise<number[]> {
  const data = options.data ?? flat;
  const { graph, logits } = buildClick(
    definition,
    'infer',
    data,
    smallHyperParameters(definition, options.hp),
  );
  const weights = Object.entries(randomParameters(graph)).map(([name, value]) =>
    silenced.test(name) ? [name, { ...value, data: value.data.map(() => 0) }] : [name, value],
  );
  const feeds: Feeds = { ...clickBatch(graph, data, rows), ...Object.fromEntries(weights) };
  const results = await evaluate(graph, { logits }, options.change?.(feeds) ?? feeds);
  return [...results.logits.data];
}

const near = (actual: readonly number[], expected: readonly number[]): void =>
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));

describe('models contain each other', () => {
  it.each([
    ['wide-deep without its deep part is lr', wideDeep, /^deep\./, lr],
    ['deepfm without its deep part is fm', deepfm, /^deep\./, fm],
    ['xdeepfm without crosses and deep part is lr', xdeepfm, /^(deep|cin\.logit)\./, lr],
  ] as const)('%s', async (_, larger, silenced, smaller) => {
    near(await logitsOf(larger, silenced), await logitsOf(smaller));
    expect(await logitsOf(larger)).not.toEqual(await logitsOf(smaller));
  });

  it('finalmlp with open gates and without its bilinear part is the sum of two towers', async () => {
    const plain = await logitsOf(finalmlp, /^fusion\.bilinear/, { hp: { gating: false } });
    // A gate whose last layer is zero is 2 sigmoid(0) = 1 everywhere.
    near(await logitsOf(finalmlp, /^fusion\.bilinear|gate\.out/), plain);
    expect(await logitsOf(finalmlp, /^fusion\.bilinear/)).not.toEqual(plain);
  });

  it('autoint plus without its tower is autoint', async () => {
    near(await logitsOf(autoint, /^deep\./), await logitsOf(autoint, /^$/, { hp: { hidden: 'none' } }));
  });
});

describe('symmetries', () => {
  const exchanged = (feeds: Feeds): Feeds => {
    const change = ({ data, dims }: Feeds[string]): Feeds[string] => {
      const [, fields, dim] = dims;
      const other = data.map((_, i) => {
        const [row, field, d] = [Math.floor(i / (fields * dim)), Math.floor(i / dim) % fields, i % dim];
        return data[(row * fields + (fields - 1 - field)) * dim + d];
      });
      return { data: other, dims };
    };
    return Object.fromEntries(
      Object.entries(feeds).map(([name, value]) => [
        name,
        /^rows:[a-z]+$/.test(name) ? change(value) : value,
      ]),
    );
  };

  it('lr and fm do not see the order of fields; dnn does', async () => {
    for (const definition of [lr, fm]) {
      near(await logitsOf(definition, /^$/, { change: exchanged }), await logitsOf(definition));
    }
    const reordered = await logitsOf(dnn, /^$/, { change: exchanged });
    expect(Math.abs(reordered[0] - (await logitsOf(dnn))[0])).toBeGreaterThan(1e-4);
  });

  it('every model scores a row by that row alone', async () => {
    const firstOnly = (feeds: Feeds): Feeds =>
      Object.fromEntries(
        Object.entries(feeds).map(([name, { data, dims }]) => {
          const isBatch = /^(rows|mask|numeric$)/.test(name);
          const size = data.length / dims[0];
          return [
            name,
            isBatch ? { data: data.slice(2 * size, 3 * size), dims: [1, ...dims.slice(1)] } : { data, dims },
          ];
        }),
      );
    for (const definition of definitions) {
      if (definition.task !== 'ctr') continue;
      const whole = await logitsOf(definition, /^$/, { data: richCase });
      const alone = await logitsOf(definition, /^$/, { data: richCase, change: firstOnly });
      expect(alone[0]).toBeCloseTo(whole[2], 4);
    }
  });
});

describe('what is never built', () => {
  const shapesOf = (nodes: readonly Node[]): string[] => nodes.map((node) => node.shape.join());

  it('din makes no tensor of the four concatenated parts', () => {
    const { graph } = buildClick(din, 'train', richCase, smallHyperParameters(din, { attention: '36' }));
    expect(shapesOf(graph.nodes)).toContain('B,5,36'); // the hidden layer of the unit
    expect(shapesOf(graph.nodes).filter((shape) => /^(B,5,16|5\*B,16)$/.test(shape))).toEqual([]);
  });

  it('no click model copies a tensor by expanding it', () => {
    for (const definition of definitions) {
      if (definition.task !== 'ctr') continue;
      const { graph } = buildClick(definition, 'train', richCase, smallHyperParameters(definition));
      expect(graph.nodes.filter((node) => node.op === 'expand')).toEqual([]);
    }
  });

  it('sasrec multiplies the vocabulary with positions that have a target, and with nothing else while training', () => {
    const built = buildNextItem(
      sasrec,
      'train',
      { itemCount: 77, maxLength: 6, loss: 'softmax' },
      smallHyperParameters(sasrec),
    );
    const wide = built.graph.nodes.filter((node) => node.shape.includes(77) && node.op === 'matmul');
    expect(shapesOf(wide).sort()).toEqual(['B,77', 'P,77']);
    const forLoss = cost(built.graph, { loss: built.loss! }, { sizes: { B: 0, P: 10 } });
    expect(forLoss.flopsPerSample).toBeGreaterThanOrEqual(2 * 10 * 77 * 32);
    expect(forLoss.flopsPerSample).toBeLessThan(4 * 10 * 77 * 32); // one product of that size and no second
  });

  it('grows with the history: linearly for din, faster for bst', () => {
    const flops = (definition: CtrModelDefinition, maxLength: number): number => {
      const data = { ...richCase, sequences: [{ name: 'viewed', maxLength, targetField: 1 }] };
      const { graph, logits } = buildClick(definition, 'infer', data, smallHyperParameters(definition));
      return cost(graph, { logits }).flopsPerSample;
    };
    const perEvent = (definition: CtrModelDefinition, length: number): number =>
      (flops(definition, 2 * length) - flops(definition, length)) / length;
    expect(perEvent(din, 100)).toBeCloseTo(perEvent(din, 10), 6);
    expect(perEvent(bst, 100)).toBeGreaterThan(1.5 * perEvent(bst, 10));
  });
});
