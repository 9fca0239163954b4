import { describe, expect, it } from 'vitest';
import { Graph, type Node } from '../../src/graph/index.js';
import { clickOutputs } from '../../src/models/blocks/click-outputs.js';
import { featureSpace, fieldVectors, flatFeatures, selectFields } from '../../src/models/blocks/features.js';
import { readHyperParameters } from '../../src/models/blocks/hyper-parameters.js';
import { linearTerm } from '../../src/models/blocks/linear-term.js';
import { tower } from '../../src/models/blocks/tower.js';
import { at, random, range, runBlock, sumOf } from './harness/block.js';
import {
  clickBatch,
  clickCases,
  clickInputs,
  richCase,
  sequenceLengths,
  type ClickCase,
} from './harness/click-case.js';
import { evaluate, randomParameters, type Feeds, type Value } from './harness/run.js';

const rows = 4;
const dim = 3;
const settings = (usesHistory: boolean) =>
  readHyperParameters('block', featureSpace, { embeddingDim: dim, usesHistory });

/** Values of what `build` makes of the inputs of a case, with the feeds that they were made from. */
async function featuresOf(
  data: ClickCase,
  build: (inputs: ReturnType<typeof clickInputs>) => Node,
): Promise<{ value: Value; feeds: Feeds }> {
  const graph = new Graph({ mode: 'infer' });
  const y = build(clickInputs(graph, data));
  const feeds = { ...clickBatch(graph, data, rows), ...randomParameters(graph) };
  return { value: (await evaluate(graph, { y }, feeds)).y, feeds };
}

/** Mean of a sequence's rows in one sample, by hand. */
const meanEvent = (feeds: Feeds, sequence: string, maxLength: number, row: number, d: number): number => {
  const length = sequenceLengths(sequence, maxLength, rows, 1)[row];
  return length === 0 ? 0 : sumOf(length, (l) => at(feeds[`rows:embedding:${sequence}`], row, l, d)) / length;
};

describe('features for towers', () => {
  it('are the embeddings, the numbers and the pooled sequences side by side', async () => {
    const { value, feeds } = await featuresOf(richCase, (inputs) => flatFeatures(inputs, settings(true)));
    expect(value.dims).toEqual([rows, 3 * dim + 2 + 2 * dim]);
    for (const b of range(rows)) {
      const expected = [
        ...range(3).flatMap((f) => range(dim).map((d) => at(feeds['rows:embedding'], b, f, d))),
        ...range(2).map((n) => at(feeds.numeric, b, n)),
        ...range(dim).map((d) => meanEvent(feeds, 'viewed', 5, b, d)),
        ...range(dim).map((d) => meanEvent(feeds, 'queries', 4, b, d)),
      ];
      expected.forEach((element, i) => expect(at(value, b, i)).toBeCloseTo(element, 5));
    }
  });

  it('leave histories out when told to', async () => {
    const { value, feeds } = await featuresOf(richCase, (inputs) => flatFeatures(inputs, settings(false)));
    expect(value.dims).toEqual([rows, 3 * dim + 2]);
    expect(Object.keys(feeds).filter((name) => name.includes(':viewed'))).toEqual([]);
  });

  it('are just the numbers when there is nothing else', async () => {
    const { value, feeds } = await featuresOf(clickCases['numbers only'], (inputs) =>
      flatFeatures(inputs, settings(true)),
    );
    expect(value).toEqual(feeds.numeric);
  });

  it('refuse a dataset with no input at all, with a remedy', () => {
    const nothing = { fields: [], sequences: [], numericCount: 0 };
    for (const features of [flatFeatures, fieldVectors]) {
      const build = () => features(clickInputs(new Graph({ mode: 'infer' }), nothing), settings(true));
      expect(build).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', remedy: expect.stringContaining('role') }),
      );
    }
  });
});

describe('features for interactions', () => {
  it('are one vector per field, per number (its value times a direction) and per pooled sequence', async () => {
    const { value, feeds } = await featuresOf(richCase, (inputs) => fieldVectors(inputs, settings(true)));
    expect(value.dims).toEqual([rows, 3 + 2 + 2, dim]);
    for (const b of range(rows)) {
      for (const d of range(dim)) {
        for (const f of range(3)) expect(at(value, b, f, d)).toBe(at(feeds['rows:embedding'], b, f, d));
        for (const n of range(2)) {
          expect(at(value, b, 3 + n, d)).toBeCloseTo(
            at(feeds.numeric, b, n) * at(feeds['numeric.vectors'], n, d),
            5,
          );
        }
        expect(at(value, b, 5, d)).toBeCloseTo(meanEvent(feeds, 'viewed', 5, b, d), 5);
      }
    }
  });

  it('can be picked by index, neighbours or not', async () => {
    const x = random(1, rows, 5, dim);
    for (const chosen of [[0], [1, 2], [0, 2, 3], [4, 1], [0, 1, 2, 3, 4]]) {
      const { results } = await runBlock({ x }, (nodes) => ({ y: selectFields(nodes.x, chosen) }));
      for (const b of range(rows)) {
        const expected = chosen.flatMap((f) => range(dim).map((d) => at(x, b, f, d)));
        expect(range(expected.length).map((i) => at(results.y, b, i))).toEqual(expected);
      }
    }
  });
});

describe('the linear term', () => {
  it('is bias + one weight per id + one per number', async () => {
    const { value, feeds } = await featuresOf(richCase, linearTerm);
    for (const b of range(rows)) {
      const ids = sumOf(3, (f) => at(feeds['rows:linear'], b, f, 0));
      const numbers = sumOf(2, (n) => at(feeds.numeric, b, n) * at(feeds['linear.numeric.weight'], n, 0));
      expect(at(value, b)).toBeCloseTo(feeds['linear.bias'].data[0] + ids + numbers, 5);
    }
  });
});

describe('the tower', () => {
  const x = random(2, rows, 5);

  it('is relu(x W + b), layer after layer', async () => {
    const { results, weights } = await runBlock({ x }, (nodes) => ({
      y: tower(nodes.x, [4, 2], 't', { dropout: 0.5, batchNorm: false }), // no dropout in inference
    }));
    for (const b of range(rows)) {
      let hidden = range(5).map((i) => at(x, b, i));
      [4, 2].forEach((width, layer) => {
        const [weight, bias] = [weights[`t.${layer}.weight`], weights[`t.${layer}.bias`]];
        hidden = range(width).map((j) =>
          Math.max(0, sumOf(hidden.length, (i) => hidden[i] * at(weight, i, j)) + at(bias, j)),
        );
      });
      hidden.forEach((element, j) => expect(at(results.y, b, j)).toBeCloseTo(element, 5));
    }
  });

  it('standardises each unit over the batch while training, and by running statistics afterwards', async () => {
    const build = (nodes: Record<string, Node>) => ({
      y: tower(nodes.x, [3], 't', { dropout: 0, batchNorm: true, activation: 'sigmoid' }),
    });
    const train = await runBlock({ x }, build, 'train');
    const infer = await runBlock({ x }, build, 'infer');
    const units = (b: number, j: number): number =>
      sumOf(5, (i) => at(x, b, i) * at(train.weights['t.0.weight'], i, j));
    for (const j of range(3)) {
      const column = range(rows).map((b) => units(b, j));
      const mean = column.reduce((a, c) => a + c) / rows;
      const variance = column.reduce((total, value) => total + (value - mean) ** 2, 0) / rows;
      const [scale, shift] = [train.weights['t.0.norm.scale'], train.weights['t.0.norm.shift']].map((w) =>
        at(w, j),
      );
      const activated = (value: number): number => 1 / (1 + Math.exp(-(value * scale + shift)));
      column.forEach((value, b) => {
        expect(at(train.results.y, b, j)).toBeCloseTo(
          activated((value - mean) / Math.sqrt(variance + 1e-5)),
          4,
        );
        expect(at(infer.results.y, b, j)).toBeCloseTo(activated(value / Math.sqrt(1 + 1e-5)), 4); // mean 0, variance 1
      });
    }
  });

  it('has one dropout mask per hidden layer, and none in inference', () => {
    const masks = (mode: 'train' | 'infer', rate: number): number => {
      const graph = new Graph({ mode });
      tower(graph.input('x', ['B', 5]), [4, 2], 't', { dropout: rate, batchNorm: false });
      return graph.dropoutMasks.length;
    };
    expect([masks('train', 0.2), masks('train', 0), masks('infer', 0.2)]).toEqual([2, 0, 0]);
  });
});

describe('the end of a click model', () => {
  it('has a loss and observables in training graphs only, and asks for labels there only', () => {
    const outputs = (mode: 'train' | 'infer') => {
      const inputs = clickInputs(new Graph({ mode }), richCase);
      const logits = linearTerm(inputs);
      return { inputs, ...clickOutputs(inputs, logits, { watched: logits }) };
    };
    expect(Object.keys(outputs('train').observables)).toEqual(['watched']);
    expect(outputs('infer')).toMatchObject({ loss: undefined, observables: {} });
    expect(outputs('train').inputs.graph.inputs.has('labels')).toBe(true);
    expect(outputs('infer').inputs.graph.inputs.has('labels')).toBe(false);
  });

  it('is the binary cross-entropy of the logits', async () => {
    const graph = new Graph({ mode: 'train' });
    const inputs = clickInputs(graph, richCase);
    const { logits, loss } = clickOutputs(inputs, linearTerm(inputs));
    const feeds = { ...clickBatch(graph, richCase, rows), ...randomParameters(graph) };
    const results = await evaluate(graph, { logits, loss: loss! }, feeds);
    const surprises = range(rows).map((b) => {
      const p = 1 / (1 + Math.exp(-at(results.logits, b)));
      return -Math.log(at(feeds.labels, b) === 1 ? p : 1 - p);
    });
    expect(results.loss.data[0]).toBeCloseTo(surprises.reduce((a, c) => a + c) / rows, 5);
  });
});
