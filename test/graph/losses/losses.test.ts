import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../../src/graph/index.js';
import { differentiate, Graph, type Node } from '../../../src/graph/index.js';
import { evaluate, type Fed } from '../support/evaluate.js';

/** Each loss beside its formula in double precision, and its gradient, at values where naive forms overflow. */
const vector = (data: readonly number[], shape: readonly number[] = [data.length]): Fed => ({ data, shape });
const idsOf = (data: readonly number[]): Fed => ({ data, shape: [data.length], dtype: 'int32' });

type Feeds = Readonly<Record<string, Fed>>;

/** Value and gradient (by the first input) of a loss. */
async function valueAndGradient(
  build: (graph: Graph) => { loss: Node; by: Node },
  feeds: Feeds,
): Promise<{ loss: number; gradient: readonly number[] }> {
  const graph = new Graph({ mode: 'train' });
  const { loss, by } = build(graph);
  const [gradient] = differentiate(loss, [by]);
  const out = await evaluate(graph, { loss, gradient }, feeds);
  return { loss: out.loss.data[0], gradient: out.gradient.data };
}

const sigmoid = (z: number): number => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** `cost(i)` is -log of share i; nothing large is added to anything small. */
function softmax(logits: readonly number[]): { cost: (i: number) => number; shares: number[] } {
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, z) => total + Math.exp(z - largest), 0);
  return {
    cost: (i) => largest - logits[i] + Math.log(sum),
    shares: logits.map((z) => Math.exp(z - largest) / sum),
  };
}

const close = (value: number, exact: number, relative = 2e-6): void =>
  expect(Math.abs(value - exact) / Math.max(1, Math.abs(exact))).toBeLessThan(relative);

/** Logits that single precision holds exactly, so that the formula sees the very same numbers. */
const logit = fc.oneof(
  fc.integer({ min: -400, max: 400 }).map((n) => n / 16),
  fc.constantFrom(-3e38, -1e30, -1e4, -104, -88.75, -17, 0, 1e-3, 17, 88.75, 104, 1e4, 1e30).map(Math.fround),
);

describe('binary cross-entropy', () => {
  const build = (graph: Graph) => {
    const by = graph.input('z', ['B']);
    return { by, loss: g.binaryCrossEntropy(by, graph.input('y', ['B'])) };
  };

  it('is softplus(z) - y z with gradient (sigmoid(z) - y) / n, at any logit', async () => {
    await fc.assert(
      fc.asyncProperty(logit, fc.constantFrom(0, 1), async (z, y) => {
        const { loss, gradient } = await valueAndGradient(build, { z: vector([z]), y: vector([y]) });
        close(loss, y === 1 ? softplus(-z) : softplus(z));
        expect(gradient[0]).toBeCloseTo(sigmoid(z) - y, 6);
      }),
      { numRuns: 60 },
    );
  });

  it('costs a confident error its logit and a confident hit nothing', async () => {
    const wrong = await valueAndGradient(build, { z: vector([200, -200]), y: vector([0, 1]) });
    const right = await valueAndGradient(build, { z: vector([200, -200]), y: vector([1, 0]) });
    expect(wrong).toEqual({ loss: 200, gradient: [0.5, -0.5] });
    expect(right.loss).toBe(0);
    expect(right.gradient.map(Math.abs)).toEqual([0, 0]);
  });

  it('takes soft labels: least at z = logit(y), where the gradient vanishes', async () => {
    const soft = Math.fround(0.3);
    const z = Math.fround(Math.log(soft / (1 - soft)));
    const { loss, gradient } = await valueAndGradient(build, { z: vector([z]), y: vector([soft]) });
    close(loss, -(soft * Math.log(soft) + (1 - soft) * Math.log(1 - soft)));
    expect(Math.abs(gradient[0])).toBeLessThan(1e-6);
  });

  it('weighted is the mean by weight: doubling all weights changes nothing, a zero weight drops a row', async () => {
    const weighted = (graph: Graph) => {
      const by = graph.input('z', ['B']);
      return { by, loss: g.binaryCrossEntropy(by, graph.input('y', ['B']), graph.input('w', ['B'])) };
    };
    const feeds = (w: readonly number[]): Feeds => ({
      z: vector([1, -2, 50]),
      y: vector([0, 1, 0]),
      w: vector(w),
    });
    const once = await valueAndGradient(weighted, feeds([1, 3, 0]));
    const twice = await valueAndGradient(weighted, feeds([2, 6, 0]));
    close(once.loss, (softplus(1) + 3 * softplus(2)) / 4);
    close(twice.loss, once.loss);
    expect(Math.abs(once.gradient[2])).toBe(0);
    close(once.gradient[1], (3 * (sigmoid(-2) - 1)) / 4);
  });
});

describe('softmax cross-entropy', () => {
  const width = 5;
  const plain = (graph: Graph) => {
    const by = graph.input('x', ['P', width]);
    return { by, loss: g.softmaxCrossEntropy(by, graph.input('t', ['P'], 'int32')) };
  };
  const row = fc.array(
    fc.oneof(
      fc.integer({ min: -300, max: 300 }).map((n) => n / 8),
      fc.constantFrom(-1e30, -1e4, -500, 500, 1e4, 1e30).map(Math.fround),
    ),
    { minLength: width, maxLength: width },
  );

  it('is logSumExp - logit of the target, with gradient (softmax - one-hot) / n, at any logits', async () => {
    await fc.assert(
      fc.asyncProperty(row, row, fc.nat(width - 1), fc.nat(width - 1), async (a, b, ta, tb) => {
        const feeds = { x: vector([...a, ...b], [2, width]), t: idsOf([ta, tb]) };
        const { loss, gradient } = await valueAndGradient(plain, feeds);
        const [one, other] = [softmax(a), softmax(b)];
        close(loss, (one.cost(ta) + other.cost(tb)) / 2, 1e-5);
        const exact = [
          ...one.shares.map((share, i) => (share - Number(i === ta)) / 2),
          ...other.shares.map((share, i) => (share - Number(i === tb)) / 2),
        ];
        for (const [i, value] of gradient.entries()) expect(value).toBeCloseTo(exact[i], 5);
      }),
      { numRuns: 40 },
    );
  });

  it('does not change when all logits of a row move together, and has a gradient that sums to nothing', async () => {
    const logits = [1, 2, 3, 4, 0];
    const at = (shift: number): Promise<{ loss: number; gradient: readonly number[] }> =>
      valueAndGradient(plain, {
        x: vector(
          logits.map((z) => z + shift),
          [1, width],
        ),
        t: idsOf([1]),
      });
    const [here, there] = [await at(0), await at(4096)];
    close(there.loss, here.loss, 1e-4);
    expect(here.gradient.reduce((sum, value) => sum + value)).toBeCloseTo(0, 6);
  });

  it('of equal logits is the log of their number', async () => {
    const { loss } = await valueAndGradient(plain, { x: vector([7, 7, 7, 7, 7], [1, width]), t: idsOf([3]) });
    close(loss, Math.log(5));
  });

  it('as a product has the same gradients by both factors as the plain form, also at large scores', async () => {
    const feeds = {
      h: vector([30, -2, 0.5, 1, -40, 3], [3, 2]),
      w: vector([1, 0, -1, 2, 0.5, -3, 2, 2], [4, 2]),
      t: idsOf([3, 0, 1]),
    };
    const gradients = async (product: boolean): Promise<readonly number[][]> => {
      const graph = new Graph({ mode: 'train' });
      const [h, w] = [graph.input('h', ['P', 2]), graph.input('w', [4, 2])];
      const logits = g.matmul(h, w, { transposeB: true });
      const targets = graph.input('t', ['P'], 'int32');
      const loss = g.softmaxCrossEntropy(product ? logits : g.neg(g.neg(logits)), targets);
      expect(graph.nodes.some(({ op }) => op === 'productCrossEntropy')).toBe(product);
      const [dh, dw] = differentiate(loss, [h, w]);
      const out = await evaluate(graph, { dh, dw, loss }, feeds);
      return [out.dh.data, out.dw.data, out.loss.data];
    };
    const [fast, exact] = [await gradients(true), await gradients(false)];
    for (const [i, values] of fast.entries())
      for (const [j, value] of values.entries()) expect(value).toBeCloseTo(exact[i][j], 4);
  });

  it('weighted ignores positions of weight 0, whatever stands there', async () => {
    const build = (graph: Graph) => {
      const by = graph.input('x', ['P', width]);
      const loss = g.softmaxCrossEntropy(by, graph.input('t', ['P'], 'int32'), graph.input('w', ['P']));
      return { by, loss };
    };
    const feeds = (noise: number): Feeds => ({
      x: vector([1, 2, 3, 4, 5, noise, 0, 0, 0, 0], [2, width]),
      t: idsOf([0, 2]),
      w: vector([2, 0]),
    });
    const [calm, loud] = [await valueAndGradient(build, feeds(1)), await valueAndGradient(build, feeds(1e6))];
    close(calm.loss, softmax([1, 2, 3, 4, 5]).cost(0));
    expect(loud.loss).toBe(calm.loss);
    expect(loud.gradient.slice(5).map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('BPR', () => {
  it('is softplus(negative - positive) over all pairs, at any scores', async () => {
    const build = (graph: Graph) => {
      const by = graph.input('p', ['B', 1]);
      return { by, loss: g.bayesianPersonalisedRanking(by, graph.input('n', ['B', 2])) };
    };
    const positives = [3, -1e4, 500];
    const negatives = [1, 5, 2, -1e4, -500, 499];
    const feeds = { p: vector(positives, [3, 1]), n: vector(negatives, [3, 2]) };
    const { loss, gradient } = await valueAndGradient(build, feeds);
    const gaps = negatives.map((negative, i) => negative - positives[Math.floor(i / 2)]);
    close(loss, gaps.reduce((sum, gap) => sum + softplus(gap), 0) / 6);
    for (const [i, value] of gradient.entries())
      expect(value).toBeCloseTo(-(sigmoid(gaps[2 * i]) + sigmoid(gaps[2 * i + 1])) / 6, 6);
  });
});

describe('sampled softmax', () => {
  const build =
    (options: { corrected?: boolean; hits?: boolean; temperature?: number }) =>
    (graph: Graph): { loss: Node; by: Node } => {
      const by = graph.input('q', ['P', 2]);
      const loss = g.sampledSoftmax({
        queries: by,
        targetRows: graph.input('target', ['P', 2]),
        negativeRows: graph.input('negative', ['N', 2]),
        temperature: options.temperature,
        ...(options.corrected === true && {
          targetLogProbabilities: graph.input('lt', ['P']),
          negativeLogProbabilities: graph.input('ln', ['N']),
        }),
        ...(options.hits === true && {
          targets: graph.input('t', ['P'], 'int32'),
          negatives: graph.input('n', ['N'], 'int32'),
        }),
      });
      return { by, loss };
    };
  const queries = [
    [1, -2],
    [0.5, 3],
  ];
  const targets = [
    [2, 1],
    [-1, 0.25],
  ];
  const negatives = [
    [1, 1],
    [2, 1],
    [0, -3],
  ];
  const feeds: Feeds = {
    q: vector(queries.flat(), [2, 2]),
    target: vector(targets.flat(), [2, 2]),
    negative: vector(negatives.flat(), [3, 2]),
    lt: vector([-1, -4]),
    ln: vector([-2, -1, -0.5]),
    t: idsOf([11, 12]),
    n: idsOf([10, 11, 13]),
  };
  const dot = (a: readonly number[], b: readonly number[]): number => a[0] * b[0] + a[1] * b[1];

  it.each([{}, { corrected: true }, { hits: true }, { corrected: true, hits: true, temperature: 0.2 }])(
    'follows its formula under %j',
    async (options: { corrected?: boolean; hits?: boolean; temperature?: number }) => {
      const { loss } = await valueAndGradient(build(options), feeds);
      const t = options.temperature ?? 1;
      const exact = queries.map((query, i) => {
        const positive = dot(query, targets[i]) / t - (options.corrected === true ? [-1, -4][i] : 0);
        const others = negatives
          .map((row, j) => dot(query, row) / t - (options.corrected === true ? [-2, -1, -0.5][j] : 0))
          // item 11 is the second negative and the target of the first row
          .filter((_, j) => options.hits !== true || i !== 0 || j !== 1);
        return softmax([positive, ...others]).cost(0);
      });
      close(loss, (exact[0] + exact[1]) / 2, 1e-5);
    },
  );

  it('with every item as a negative, each once, is the full softmax', async () => {
    const table = [...targets, ...negatives];
    const graph = new Graph({ mode: 'train' });
    const q = graph.input('q', ['P', 2]);
    const all = graph.input('all', [5, 2]);
    const ids = graph.input('t', ['P'], 'int32');
    const everything = graph.input('n', [5], 'int32');
    const sampled = g.sampledSoftmax({
      queries: q,
      targetRows: g.gatherRows(all, ids),
      negativeRows: all,
      targets: ids,
      negatives: everything,
    });
    const full = g.softmaxCrossEntropy(g.matmul(q, all, { transposeB: true }), ids);
    const out = await evaluate(
      graph,
      { sampled, full },
      { q: feeds['q'], all: vector(table.flat(), [5, 2]), t: idsOf([0, 3]), n: idsOf([0, 1, 2, 3, 4]) },
    );
    close(out.sampled.data[0], out.full.data[0], 1e-5);
  });
});
