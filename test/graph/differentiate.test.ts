import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { differentiate, Graph, type Node } from '../../src/graph/index.js';
import { liveNodes } from '../../src/graph/live-nodes.js';
import { evaluate } from './support/evaluate.js';

async function gradientsOf(
  build: (x: Node, graph: Graph) => Node,
  data: readonly number[],
  shape: readonly number[] = [data.length],
): Promise<number[]> {
  const graph = new Graph({ mode: 'train' });
  const x = graph.input('x', shape);
  const [dx] = differentiate(build(x, graph), [x]);
  return (await evaluate(graph, { dx, used: g.sum(x) }, { x: { data, shape } })).dx.data;
}

describe('differentiate', () => {
  it('adds the contributions of all uses', async () => {
    expect(await gradientsOf((x) => g.sum(g.add(g.mul(x, x), g.mul(x, 3))), [1, 2, -1])).toEqual([5, 7, 1]);
    expect(await gradientsOf((x) => g.sum(g.add(x, g.add(x, x))), [1, 2])).toEqual([3, 3]);
  });

  it('gives zeros for what the loss does not depend on', async () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', ['B', 2]);
    const y = graph.input('y', ['B', 2]);
    const [dx, dy] = differentiate(g.sum(x), [x, y]);
    const out = await evaluate(
      graph,
      { dx, dy },
      { x: { data: [1, 2], shape: [1, 2] }, y: { data: [1, 2], shape: [1, 2] } },
    );
    expect([out.dx.data, out.dy.data]).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  it('stops at stopGradient, comparisons, casts to integers and rounding', async () => {
    expect(await gradientsOf((x) => g.sum(g.mul(g.stopGradient(x), x)), [2, 3])).toEqual([2, 3]);
    expect(await gradientsOf((x) => g.sum(g.cast(g.greater(x, 0), 'float32')), [2, -3])).toEqual([0, 0]);
    expect(await gradientsOf((x) => g.sum(g.cast(g.cast(x, 'int32'), 'float32')), [2.5, 3])).toEqual([0, 0]);
    expect(await gradientsOf((x) => g.sum(g.mul(g.floor(x), x)), [2.5, -0.5])).toEqual([2, -1]);
  });

  it('passes through a straight-through estimator', async () => {
    expect(await gradientsOf((x) => g.sum(g.square(g.straightThrough(g.round(x), x))), [1.2, 2.7])).toEqual([
      2, 6,
    ]);
  });

  it('shares ties of a maximum and gives ties of two operands to the first', async () => {
    expect(await gradientsOf((x) => g.reduceMax(x), [3, 1, 3, 2])).toEqual([0.5, 0, 0.5, 0]);
    expect(await gradientsOf((x) => g.sum(g.maximum(x, 0)), [0, 1, -1])).toEqual([1, 1, 0]);
    expect(await gradientsOf((x) => g.sum(g.relu(x)), [0, 1, -1])).toEqual([0, 1, 0]);
  });

  it('takes the limits of clip as inside', async () => {
    expect(await gradientsOf((x) => g.sum(g.clip(x, -1, 1)), [-2, -1, 0, 1, 2])).toEqual([0, 1, 1, 1, 0]);
  });

  it('multiplies by the seed', async () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', [2]);
    const scale = graph.input('scale', []);
    const [dx] = differentiate(g.sum(g.square(x)), [x], scale);
    const out = await evaluate(
      graph,
      { dx },
      { x: { data: [1, 2], shape: [2] }, scale: { data: [0.5], shape: [] } },
    );
    expect(out.dx.data).toEqual([1, 2]);
  });

  it('treats a node it differentiates by as independent', async () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', [2]);
    const hidden = g.mul(x, 3);
    const [byHidden, byInput] = differentiate(g.sum(g.mul(hidden, hidden)), [hidden, x]);
    const out = await evaluate(graph, { byHidden, byInput }, { x: { data: [1, 2], shape: [2] } });
    expect(out.byHidden.data).toEqual([6, 12]);
    expect(out.byInput.data).toEqual([0, 0]);
  });

  it('uses only the outputs that matter of an operation with several', async () => {
    expect(await gradientsOf((x) => g.sum(g.square(g.split(x, [1, 2, 1], 0)[1])), [1, 2, 3, 4])).toEqual([
      0, 4, 6, 0,
    ]);
    expect(await gradientsOf((x) => g.sum(g.topK(x, 2).values), [1, 4, 3])).toEqual([0, 1, 1]);
  });

  it('lays slices side by side instead of padding and adding them', async () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', ['B', 6, 2]);
    const fields = Array.from({ length: 5 }, (_, i) => g.slice(x, 1, i, i + 1));
    const product = fields.reduce((a, b) => g.mul(a, b));
    const [dx] = differentiate(g.sum(product), [x]);
    const kinds = liveNodes([dx]).map((node) => node.op);
    expect(kinds).not.toContain('pad');
    expect(kinds).toContain('concat');
    const data = [1, 1, 2, 1, 3, 1, 1, 1, 1, 2, 9, 9];
    const out = await evaluate(graph, { dx }, { x: { data, shape: [1, 6, 2] } });
    expect(out.dx.data).toEqual([6, 2, 3, 2, 2, 2, 6, 2, 6, 1, 0, 0]);
  });

  it('adds slices that overlap', async () => {
    const build = (x: Node): Node =>
      g.sum(g.add(g.square(g.slice(x, 0, 0, 3)), g.square(g.slice(x, 0, 1, 4))));
    expect(await gradientsOf(build, [1, 2, 3, 4])).toEqual([2, 8, 12, 8]);
  });

  it('refuses a loss that is no scalar', () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', ['B']);
    expect(() => differentiate(x, [x])).toThrowError(/only a scalar can be differentiated, not x \[B\]/);
  });

  it('does not build gradients for constants', () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', ['B', 4]);
    differentiate(g.sum(g.mul(x, graph.constant([1, 2, 3, 4]))), [x]);
    // Only the sum of the loss itself: none that reduces a gradient to the shape of the constant.
    expect(graph.nodes.filter((node) => node.op === 'sum').length).toBe(1);
  });
});
