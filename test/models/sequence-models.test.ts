import { describe, expect, it } from 'vitest';
import { Graph, type NextItemModelDefinition } from '../../src/graph/index.js';
import { gatedRecurrent } from '../../src/models/blocks/gated-recurrent.js';
import { transformerBlock } from '../../src/models/blocks/transformer-block.js';
import { definitions, gru4rec, sasrec } from '../../src/models/index.js';
import { Rng } from '../../src/platform/index.js';
import { checkSpace, sample } from '../../src/space/index.js';
import { at, random, range, runBlock, sumOf } from './harness/block.js';
import { buildNextItem, smallHyperParameters } from './harness/build.js';
import { overfit, withoutGradient } from './harness/gradients.js';
import { nextItemBatch, type NextItemCase } from './harness/next-item-case.js';
import { evaluate, randomParameters, type Feeds } from './harness/run.js';

const nextItem = definitions.filter(
  (definition): definition is NextItemModelDefinition => definition.task === 'next-item',
);
const losses = ['softmax', 'sampled-softmax', 'bpr'] as const;
const base: NextItemCase = { itemCount: 30, maxLength: 6, loss: 'softmax' };
const rows = 4;

describe.each(nextItem.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  const hp = smallHyperParameters(definition);

  it('has a sound space and a source', () => {
    checkSpace(definition.space);
    expect(definition.source).toMatch(/arXiv/);
  });

  it.each(losses)('builds, scores and trains every weight: %s', async (loss) => {
    const data = { ...base, loss };
    const train = buildNextItem(definition, 'train', data, hp);
    const infer = buildNextItem(definition, 'infer', data, hp);
    expect(train.loss?.shape).toEqual([]);
    expect(infer.loss).toBeUndefined();
    expect(infer.logits.shape).toEqual(['B', base.itemCount]);
    const parameters = randomParameters(train.graph);
    const feeds = { ...nextItemBatch(train.graph, data, rows), ...parameters };
    const trained = await evaluate(train.graph, { logits: train.logits, loss: train.loss! }, feeds);
    const served = await evaluate(infer.graph, { logits: infer.logits }, feeds);
    expect(Number.isFinite(trained.loss.data[0])).toBe(true);
    served.logits.data.forEach((logit, i) => expect(logit).toBeCloseTo(trained.logits.data[i], 4));
    expect(await withoutGradient(train, feeds, parameters)).toEqual([]);
  });

  it('trains by the mean of -log softmax over the positions that have a target', async () => {
    const data = { ...base, maxLength: 1 };
    const { graph, logits, loss } = buildNextItem(definition, 'train', data, hp);
    const feeds = { ...nextItemBatch(graph, data, rows), ...randomParameters(graph) };
    const results = await evaluate(graph, { logits, loss: loss! }, feeds);
    // With one event per user, the position with a target is the newest one.
    const surprises = range(rows).map((b) => {
      const row = range(base.itemCount).map((item) => at(results.logits, b, item));
      const peak = Math.max(...row);
      return (
        peak +
        Math.log(row.reduce((total, logit) => total + Math.exp(logit - peak), 0)) -
        row[feeds.targets.data[b]]
      );
    });
    expect(results.loss.data[0]).toBeCloseTo(surprises.reduce((a, b) => a + b) / rows, 4);
  });

  it('does not read what padding holds', async () => {
    const { graph, logits } = buildNextItem(definition, 'infer', base, hp);
    const feeds = { ...nextItemBatch(graph, base, rows), ...randomParameters(graph) };
    const items = feeds.items.data.map((item, i) => (feeds.mask.data[i] === 0 ? 17 : item));
    expect(items).not.toEqual(feeds.items.data);
    const clean = await evaluate(graph, { logits }, feeds);
    const dirty = await evaluate(
      graph,
      { logits },
      { ...feeds, items: { data: items, dims: feeds.items.dims } },
    );
    dirty.logits.data.forEach((logit, i) => expect(logit).toBeCloseTo(clean.logits.data[i], 5));
  });

  it('never lets a later event reach an earlier position', async () => {
    const { graph, loss } = buildNextItem(definition, 'train', base, hp);
    const batch = nextItemBatch(graph, base, rows);
    const parameters = randomParameters(graph);
    const withTargetAt = (position: number): Feeds => ({
      ...parameters,
      ...batch,
      target_positions: { data: Int32Array.of(position), dims: [1] },
      targets: { data: Int32Array.of(5), dims: [1] },
    });
    const changed = (feeds: Feeds, position: number): Feeds => {
      const items = feeds.items.data.map((item, i) => (i === position ? (item % 20) + 3 : item));
      return { ...feeds, items: { data: items, dims: feeds.items.dims } };
    };
    const lossOf = async (feeds: Feeds): Promise<number> =>
      (await evaluate(graph, { loss: loss! }, feeds)).loss.data[0];
    // Row 0 is full: its positions are 0 .. 5.
    const before = await lossOf(withTargetAt(3));
    expect(await lossOf(changed(withTargetAt(3), 4))).toBe(before);
    expect(await lossOf(changed(withTargetAt(3), 5))).toBe(before);
    expect(await lossOf(changed(withTargetAt(3), 3))).not.toBe(before);
    expect(await lossOf(changed(withTargetAt(3), 0))).not.toBe(before);
  });

  it.each(losses)('fits one batch: %s', async (loss) => {
    const data = { ...base, loss };
    const built = buildNextItem(definition, 'train', data, hp);
    const steps = await overfit(built, nextItemBatch(built.graph, data, rows), 60, 0.02);
    expect(steps.at(-1)).toBeLessThan(0.35 * steps[0]);
  });

  it('builds with anything that its space offers', () => {
    for (let seed = 0; seed < 6; seed += 1) {
      const sampled = sample(definition.space, new Rng([seed]));
      expect(buildNextItem(definition, 'train', base, sampled).loss?.rank).toBe(0);
    }
  });
});

describe('gated recurrent unit', () => {
  const [length, size, width] = [4, 3, 2];
  const x = random(1, rows, length, size);
  const full = { data: new Float32Array(rows * length).fill(1), dims: [rows, length] };
  const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

  it('follows the equations step by step', async () => {
    const { results, weights } = await runBlock({ x, mask: full }, (nodes) => ({
      y: gatedRecurrent(nodes.x, nodes.mask, width, 'g'),
    }));
    for (const b of range(rows)) {
      let state = range(width).map(() => 0);
      for (const t of range(length)) {
        const input = (column: number) =>
          sumOf(size, (i) => at(x, b, t, i) * at(weights['g.input'], i, column)) +
          at(weights['g.bias'], column);
        const carried = (column: number) =>
          sumOf(width, (i) => state[i] * at(weights['g.recurrent'], i, column));
        state = range(width).map((j) => {
          const reset = sigmoid(input(j) + carried(j));
          const update = sigmoid(input(width + j) + carried(width + j));
          const fresh = Math.tanh(
            input(2 * width + j) + reset * (carried(2 * width + j) + at(weights['g.reset.bias'], j)),
          );
          return (1 - update) * fresh + update * state[j];
        });
        state.forEach((value, j) => expect(at(results.y, b, t, j)).toBeCloseTo(value, 5));
      }
    }
  });

  it('keeps its state where the mask is zero', async () => {
    const mask = {
      data: Float32Array.from(range(rows * length), (i) => (i % length === 2 ? 0 : 1)),
      dims: [rows, length],
    };
    const { results } = await runBlock({ x, mask }, (nodes) => ({
      y: gatedRecurrent(nodes.x, nodes.mask, width, 'g'),
    }));
    for (const b of range(rows)) {
      expect(at(results.y, b, 2, 0)).toBe(at(results.y, b, 1, 0));
      expect(at(results.y, b, 3, 0)).not.toBe(at(results.y, b, 2, 0));
    }
  });
});

describe('transformer block', () => {
  const x = random(2, rows, 3, 4);
  const zeroed = ['b.mix.weight', 'b.mix.bias', 'b.feed.1.weight', 'b.feed.1.bias'];

  /** The block with some of its weights set to zero. */
  async function blockWithout(names: readonly string[]): Promise<Float32Array | Int32Array> {
    const graph = new Graph({ mode: 'infer' });
    const input = graph.input('x', ['B', 3, 4]);
    const y = transformerBlock(input, 'b', {
      heads: 2,
      expansion: 2,
      dropout: 0,
      bias: graph.constant([[0, 0, 0]]),
    });
    const weights = Object.entries(randomParameters(graph)).map(([name, value]) =>
      names.includes(name) ? [name, { ...value, data: value.data.map(() => 0) }] : [name, value],
    );
    return (await evaluate(graph, { y }, { x, ...Object.fromEntries(weights) })).y.data;
  }

  it('adds to its input: it is the identity when both last projections are zero, and not otherwise', async () => {
    expect(await blockWithout(zeroed)).toEqual(x.data);
    expect(await blockWithout(zeroed.slice(2))).not.toEqual(x.data);
    expect(await blockWithout(zeroed.slice(0, 2))).not.toEqual(x.data);
  });
});

describe('what sets them apart', () => {
  it('sasrec uses positions: two events in another order give other scores', async () => {
    const { graph, logits } = buildNextItem(sasrec, 'infer', base, smallHyperParameters(sasrec));
    const feeds = { ...nextItemBatch(graph, base, 1), ...randomParameters(graph) };
    const items = feeds.items.data.slice() as Int32Array;
    [items[0], items[1]] = [items[1], items[0]];
    const one = await evaluate(graph, { logits }, feeds);
    const two = await evaluate(
      graph,
      { logits },
      { ...feeds, items: { data: items, dims: feeds.items.dims } },
    );
    expect(one.logits.data).not.toEqual(two.logits.data);
  });

  it('share one item table between input and output', () => {
    for (const definition of [sasrec, gru4rec]) {
      const { graph } = buildNextItem(definition, 'infer', base, smallHyperParameters(definition));
      const tables = [...graph.parameters.values()].filter(({ shape }) => shape[0] === base.itemCount);
      expect(tables.map(({ name }) => name)).toEqual(['item.vectors']);
    }
  });
});
