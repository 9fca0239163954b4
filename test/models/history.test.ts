import { describe, expect, it } from 'vitest';
import {
  concat,
  expand,
  reshape,
  sub,
  mul,
  unsqueeze,
  type CtrModelDefinition,
  type Node,
} from '../../src/graph/index.js';
import { activate, dice } from '../../src/models/blocks/activation.js';
import { dense } from '../../src/models/blocks/dense.js';
import { maskedMean } from '../../src/models/blocks/history.js';
import {
  activationUnitInput,
  targetAttentionWeights,
  weightedHistory,
} from '../../src/models/blocks/target-attention.js';
import { bst, din, dnn, fm } from '../../src/models/index.js';
import { at, random, range, runBlock, sumOf } from './harness/block.js';
import { buildClick, smallHyperParameters } from './harness/build.js';
import { clickBatch, clickCases, richCase, sequenceLengths, type ClickCase } from './harness/click-case.js';
import { evaluate, randomParameters } from './harness/run.js';

const [rows, length, dim] = [3, 5, 4];
const feeds = {
  q: random(1, rows, dim),
  k: random(2, rows, length, dim),
  mask: { data: Float32Array.of(1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0), dims: [rows, length] },
};

describe('first layer of the activation unit', () => {
  /** The paper's form: the four parts side by side, one product. Same weight names, so the same random weights. */
  const naive = (q: Node, k: Node, width: number): Node => {
    const wide = expand(unsqueeze(q, 1), k.shape);
    return dense(concat([wide, k, sub(wide, k), mul(wide, k)], 2), width, 'unit');
  };

  it('equals the product with the concatenation', async () => {
    const split = await runBlock(feeds, ({ q, k }) => ({ y: activationUnitInput(q, k, 7, 'unit') }));
    const plain = await runBlock(feeds, ({ q, k }) => ({ y: naive(q, k, 7) }));
    expect(split.weights).toEqual(plain.weights);
    split.results.y.data.forEach((value, i) => expect(value).toBeCloseTo(plain.results.y.data[i], 4));
  });

  it('differs from it when the candidate and the events change places', async () => {
    const split = await runBlock(feeds, ({ q, k }) => ({ y: activationUnitInput(q, k, 7, 'unit') }));
    const swapped = await runBlock({ ...feeds, q: random(9, rows, dim) }, ({ q, k }) => ({
      y: naive(q, k, 7),
    }));
    expect(Math.abs(split.results.y.data[0] - swapped.results.y.data[0])).toBeGreaterThan(1e-3);
  });
});

describe('target attention', () => {
  const options = { widths: [6, 3], activation: 'prelu', softmax: false };

  it('weighs padding zero, and need not sum to one', async () => {
    const { results } = await runBlock(feeds, ({ q, k, mask }) => ({
      w: targetAttentionWeights(q, k, mask, 'a', options),
    }));
    feeds.mask.data.forEach((visible, i) => {
      if (visible === 0) expect(Math.abs(results.w.data[i])).toBe(0);
      else expect(Math.abs(results.w.data[i])).toBeGreaterThan(0);
    });
    expect(sumOf(length, (l) => at(results.w, 0, l))).not.toBeCloseTo(1, 3);
  });

  it('sums to one with softmax, and to zero for an empty history', async () => {
    const { results } = await runBlock(feeds, ({ q, k, mask }) => ({
      w: targetAttentionWeights(q, k, mask, 'a', { ...options, softmax: true }),
    }));
    expect(range(rows).map((b) => Math.round(1e5 * sumOf(length, (l) => at(results.w, b, l))) / 1e5)).toEqual(
      [1, 1, 0],
    );
  });

  it('pools events by weight', async () => {
    const { results } = await runBlock(feeds, ({ k, mask }) => ({
      y: weightedHistory(mask, k),
      mean: maskedMean(k, mask),
    }));
    for (const d of range(dim)) {
      expect(at(results.y, 1, d)).toBeCloseTo(at(feeds.k, 1, 0, d) + at(feeds.k, 1, 1, d), 5);
      expect(at(results.mean, 1, d)).toBeCloseTo((at(feeds.k, 1, 0, d) + at(feeds.k, 1, 1, d)) / 2, 5);
      expect(at(results.mean, 2, d)).toBe(0);
    }
  });
});

describe('activations with weights', () => {
  const x = random(3, 4, 3);

  it('prelu scales what is negative', async () => {
    const { results, weights } = await runBlock({ x }, (nodes) => ({ y: activate(nodes.x, 'prelu', 'p') }));
    x.data.forEach((value, i) => {
      const slope = weights['p.slope'].data[i % 3];
      expect(results.y.data[i]).toBeCloseTo(value > 0 ? value : slope * value, 5);
    });
  });

  it('dice mixes by the standardised input, with the statistics of the batch while training', async () => {
    const { results, weights } = await runBlock({ x }, (nodes) => ({ y: dice(nodes.x, 'd') }), 'train');
    for (const j of range(3)) {
      const column = range(4).map((i) => at(x, i, j));
      const mean = column.reduce((a, b) => a + b) / 4;
      const variance = column.reduce((total, value) => total + (value - mean) ** 2, 0) / 4;
      column.forEach((value, i) => {
        const p = 1 / (1 + Math.exp(-(value - mean) / Math.sqrt(variance + 1e-5)));
        expect(at(results.y, i, j)).toBeCloseTo(p * value + (1 - p) * weights['d.slope'].data[j] * value, 4);
      });
    }
  });
});

/** Logits of a model on the rich case, after `change` has been made to what it is fed. */
async function logitsOf(
  definition: CtrModelDefinition,
  data: ClickCase,
  change: (name: string, values: Float32Array) => void,
): Promise<number[]> {
  const { graph, logits } = buildClick(definition, 'infer', data, smallHyperParameters(definition));
  const batch = clickBatch(graph, data, 6);
  for (const [name, { data: values }] of Object.entries(batch))
    if (values instanceof Float32Array) change(name, values);
  const results = await evaluate(graph, { logits }, { ...batch, ...randomParameters(graph) });
  return [...results.logits.data];
}

describe('models with histories', () => {
  it.each([din, bst])('$name refuses a dataset without sequences, with a remedy', (definition) => {
    const build = () =>
      buildClick(definition, 'train', clickCases['fields and numbers'], smallHyperParameters(definition));
    expect(build).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', remedy: expect.stringContaining('histories') }),
    );
  });

  it('bst tells the order of events apart, din does not', async () => {
    const data = { ...richCase, sequences: [richCase.sequences[0]] };
    const swap = (name: string, values: Float32Array): void => {
      if (name !== 'rows:embedding:viewed') return;
      // Row 1 is full: exchange its first two events.
      const begin = 5 * 4;
      const first = values.slice(begin, begin + 4);
      values.copyWithin(begin, begin + 4, begin + 8);
      values.set(first, begin + 4);
    };
    const keep = (): void => undefined;
    const [ordered, swapped] = [await logitsOf(bst, data, keep), await logitsOf(bst, data, swap)];
    expect(Math.abs(ordered[1] - swapped[1])).toBeGreaterThan(1e-4);
    const [pooled, pooledSwapped] = [await logitsOf(din, data, keep), await logitsOf(din, data, swap)];
    expect(pooledSwapped[1]).toBeCloseTo(pooled[1], 5);
  });

  it('bst counts positions back from the newest event', async () => {
    const data = { ...richCase, sequences: [richCase.sequences[0]] };
    const { graph, logits } = buildClick(bst, 'infer', data, smallHyperParameters(bst));
    const batch = clickBatch(graph, data, 6);
    const weights = randomParameters(graph);
    const lengths = sequenceLengths('viewed', 5, 6, 1);
    /** Logits when every user's newest (or oldest) event is moved, and position 1 the other way. */
    const moved = async (which: (length: number) => number): Promise<number[]> => {
      const events = batch['rows:embedding:viewed'].data.slice();
      lengths.forEach((length, row) => {
        const begin = (row * 5 + which(length)) * 4;
        if (length > 0) for (let d = 0; d < 4; d += 1) events[begin + d] += 0.4 * d;
      });
      const positions = weights['sequence.0.positions'].data.map((value, i) =>
        i >= 4 && i < 8 ? value - 0.4 * (i - 4) : value,
      );
      const feeds = {
        ...batch,
        ...weights,
        'rows:embedding:viewed': { ...batch['rows:embedding:viewed'], data: events },
        'sequence.0.positions': { ...weights['sequence.0.positions'], data: positions },
      };
      return [...(await evaluate(graph, { logits }, feeds)).logits.data];
    };
    const plain = [...(await evaluate(graph, { logits }, { ...batch, ...weights })).logits.data];
    (await moved((length) => length - 1)).forEach((logit, i) => expect(logit).toBeCloseTo(plain[i], 4));
    const oldest = await moved(() => 0);
    expect(Math.max(...oldest.map((logit, i) => Math.abs(logit - plain[i])))).toBeGreaterThan(1e-3);
  });

  it.each([din, bst, dnn, fm])('$name reads the history', async (definition) => {
    const plain = await logitsOf(definition, richCase, () => undefined);
    const other = await logitsOf(definition, richCase, (name, values) => {
      if (name === 'rows:embedding:viewed') values.forEach((value, i) => (values[i] = 2 * value));
    });
    expect(other[0]).toBeCloseTo(plain[0], 6); // row 0 has no events
    expect(Math.abs(other[1] - plain[1])).toBeGreaterThan(1e-5);
  });

  it('dnn leaves sequences alone when told to', () => {
    const hp = smallHyperParameters(dnn, { usesHistory: false });
    const { graph } = buildClick(dnn, 'infer', richCase, hp);
    expect([...graph.inputs.keys()].filter((name) => name.includes('viewed'))).toEqual([]);
    expect(reshape(graph.inputs.get('numeric')!.node, [-1]).shape).toEqual(['2*B']);
  });
});
