import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../../src/graph/index.js';
import { cost, factorRequest, Graph, type FactoredGraph, type Node } from '../../../src/graph/index.js';
import { Rng } from '../../../src/platform/index.js';
import { evaluate, type Fed } from '../support/evaluate.js';

const B = 5;
const DIM = 3;

type Activation = (x: Node) => Node;

/** What acts on every pair by itself, with weights of its own. */
const activations: Readonly<Record<string, Activation>> = {
  sigmoid: (x) => g.sigmoid(x),
  prelu: (x) => {
    const positive = g.relu(x);
    return g.add(positive, g.mul(weights(x.graph, [Number(x.shape.at(-1))]), g.sub(x, positive)));
  },
  dice: (x) => g.mul(x, g.add(0.3, g.mul(g.sigmoid(g.mul(x, weights(x.graph, [1]))), 0.7))),
};

/** What looks at other pairs of the sample, and cannot be worked out in blocks. */
const mixtures: Readonly<Record<string, Activation>> = {
  softmax: (x) => g.softmax(x, 1),
  cumsum: (x) => g.cumsum(x, 1),
  centred: (x) => g.sub(x, g.mean(x, 1, { keepDims: true })),
};

function weights(graph: Graph, shape: readonly number[]): Node {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const rng = new Rng([...shape, graph.nodes.length]);
  return graph.constant({ data: Array.from({ length: size }, () => rng.normal()), shape });
}

interface Unit {
  readonly events: number;
  readonly widths: readonly number[];
  readonly activation: string;
  /** works across pairs between the layers */
  readonly mixture: string | undefined;
  readonly masked: boolean;
}

/** An attention unit over [q, k, q o k] as DIN has it: weights [B, L] of events [B, L, D], and the events pooled by them. */
function unitOf({ events, widths, activation, mixture, masked }: Unit): Graph {
  const graph = new Graph({ mode: 'infer' });
  const candidate = graph.input('candidate', ['B', DIM]);
  const history = graph.input('history', ['B', events, DIM]);
  const mask = graph.input('mask', ['B', events]);
  const [first, ...others] = [...widths, 1];
  const layer = (x: Node, width: number): Node =>
    g.matmul(g.reshape(x, [-1, x.shape[x.rank - 1]]), weights(graph, [Number(x.shape.at(-1)), width]));
  const threefold = (x: Node, width: number): Node => g.reshape(x, ['B', events, width]);
  const pairs = threefold(layer(g.mul(history, g.unsqueeze(candidate, 1)), first), first);
  const perEvent = g.add(pairs, threefold(layer(history, first), first));
  let hidden = g.add(perEvent, g.unsqueeze(layer(candidate, first), 1));
  others.forEach((width) => {
    hidden = activations[activation](hidden);
    if (mixture !== undefined) hidden = mixtures[mixture](hidden);
    hidden = threefold(g.add(layer(hidden, width), weights(graph, [width])), width);
  });
  const scores = g.reshape(hidden, ['B', events]);
  const attention = masked ? g.mul(scores, mask) : scores;
  graph.output('attention', attention);
  graph.output('pooled', g.reshape(g.matmul(g.unsqueeze(attention, 1), history), ['B', DIM]));
  return graph;
}

const cutAtRequest = (graph: Graph, blockNumbers?: number): FactoredGraph =>
  factorRequest(
    graph,
    new Map([
      ['history', 'all'],
      ['mask', 'all'],
    ]),
    graph.outputs,
    blockNumbers,
  );

interface Fill {
  /** events that the user has; the rest is padding */
  readonly length: number;
  readonly seed: number;
}

/** One request with B candidates. */
function feedsOf({ events }: Unit, { length, seed }: Fill) {
  const rng = new Rng([seed, 'feeds']);
  const normal = (count: number): number[] => Array.from({ length: count }, () => rng.normal());
  const candidate: Fed = { data: normal(B * DIM), shape: [B, DIM] };
  const present = Array.from({ length: events }, (_, l) => (l < length ? 1 : 0));
  const history = normal(events * DIM).map((value, i) => value * present[Math.floor(i / DIM)]);
  const once = {
    history: { data: history, shape: [1, events, DIM] },
    mask: { data: present, shape: [1, events] },
  };
  const repeated = Object.fromEntries(
    Object.entries(once).map(([name, { data, shape }]): [string, Fed] => [
      name,
      { data: Array.from({ length: B }, () => data).flat(), shape: [B, ...shape.slice(1)] },
    ]),
  );
  return { once, rows: { candidate, ...repeated }, candidate };
}

async function compared(
  unit: Unit,
  fill: Fill,
  blockNumbers: number,
  spoil?: (handed: Record<string, Fed>) => void,
) {
  const graph = unitOf(unit);
  const { once, rows, candidate } = feedsOf(unit, fill);
  const whole = await evaluate(graph, graph.outputs, rows);
  const factored = cutAtRequest(graph, blockNumbers);
  const handed: Record<string, Fed> = Object.fromEntries(
    Object.entries(await evaluate(factored.request, factored.request.outputs, once)).map(
      ([name, { data, shape }]) => [name, { data, shape }],
    ),
  );
  spoil?.(handed);
  const cut = await evaluate(factored.candidates, factored.candidates.outputs, { candidate, ...handed });
  const apart = ['attention', 'pooled'].map((name) => {
    const largest = Math.max(1, ...whole[name].data.map(Math.abs));
    return Math.max(...whole[name].data.map((value, i) => Math.abs(cut[name].data[i] - value))) / largest;
  });
  return { factored, apart: Math.max(...apart) };
}

const unitArbitrary: fc.Arbitrary<Unit> = fc.record({
  events: fc.integer({ min: 1, max: 9 }),
  widths: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
  activation: fc.constantFrom(...Object.keys(activations)),
  mixture: fc.option(fc.constantFrom(...Object.keys(mixtures)), { nil: undefined, freq: 3 }),
  masked: fc.boolean(),
});

/** Inputs of the candidates' graph that are blocks of a matrix, as [height, numbers of one sample]. */
const blocksOf = ({ candidates, handedOver }: FactoredGraph): (readonly number[])[] =>
  handedOver
    .map((name) => (candidates.inputs.get(name)?.shape ?? []).map(Number))
    .filter(([height]) => height === DIM + 1);

/** Numbers that the widest tensor has for one candidate. */
const widest = ({ candidates }: FactoredGraph): number =>
  Math.max(
    ...candidates.nodes
      .filter(({ shape }) => String(shape[0]).includes('B'))
      .map(({ shape }) =>
        shape.reduce<number>((size, dim) => size * Number(String(dim).replace(/\*?B/, '') || 1), 1),
      ),
  );

const din: Unit = { events: 50, widths: [80, 40], activation: 'sigmoid', mixture: undefined, masked: true };

describe('pairs of a request and its candidates in blocks', () => {
  it('give what the graph gives to 1e-5, for any history, layers and size of a block, also across pairs', async () => {
    await fc.assert(
      fc.asyncProperty(
        unitArbitrary,
        fc.nat(1000),
        fc.nat(9),
        fc.integer({ min: 1, max: 40 }),
        async (unit, seed, length, blockNumbers) => {
          const { apart } = await compared(unit, { length, seed }, blockNumbers);
          expect(apart).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('would be seen to be out of order (control)', async () => {
    const unit = { ...din, events: 6, widths: [4, 2] };
    const fill = { length: 6, seed: 1 };
    expect((await compared(unit, fill, 8)).apart).toBeLessThan(1e-5);
    const exchanged = await compared(unit, fill, 8, (handed) => {
      const blocks = Object.keys(handed).filter((name) => handed[name].shape[0] === DIM + 1);
      [handed[blocks[0]], handed[blocks[1]]] = [handed[blocks[1]], handed[blocks[0]]];
    });
    expect(exchanged.apart).toBeGreaterThan(1e-3);
  });

  it('never hold more of a candidate than they should, until they have become narrow', () => {
    const graph = unitOf(din);
    const cut = cutAtRequest(graph);
    // 50 events in as few blocks of at most 512 / 80 as there can be, none of them a remainder
    expect(blocksOf(cut).map(([, numbers]) => numbers / 80)).toEqual([5, 6, 5, 6, 5, 6, 5, 6, 6]);
    expect(widest(cut)).toBe(6 * 80);
    const asOne = cutAtRequest(graph, 1e9);
    expect(blocksOf(asOne)).toEqual([]);
    expect(widest(asOne)).toBe(50 * 80);
  });

  it('have single numbers side by side and not below each other where something acts on them', () => {
    const { candidates } = cutAtRequest(unitOf(din));
    const added = candidates.nodes.filter(({ op, shape }) => op === 'add' && String(shape[0]).includes('B'));
    const flat = candidates.nodes.filter(
      ({ op, shape }) => op === 'add' && shape.length === 2 && shape[0] === 1,
    );
    expect(flat).toHaveLength(9);
    expect(added.filter(({ shape }) => shape.at(-1) === 1)).toEqual([]);
  });

  it('are 32 at most, however long the history is', () => {
    const blocks = blocksOf(cutAtRequest(unitOf({ ...din, events: 500 })));
    expect(blocks).toHaveLength(32);
    expect(blocks.reduce((sum, [, numbers]) => sum + numbers / 80, 0)).toBe(500);
  });

  it('do no more than the whole does, but for the row that adds the offset', () => {
    const graph = unitOf(din);
    const [blocks, whole] = [cutAtRequest(graph), cutAtRequest(graph, 1e9)].map(({ candidates }) =>
      cost(candidates),
    );
    const row = 2 * 50 * 80;
    const addition = 50 * 80;
    expect(blocks.perOp['matmul'].flops - whole.perOp['matmul'].flops).toBe(row);
    expect(whole.perOp['add'].flops - blocks.perOp['add'].flops).toBe(addition);
  });

  it('stay one where all of it fits, and where a layer has no rows', () => {
    expect(blocksOf(cutAtRequest(unitOf({ ...din, events: 6, widths: [80] })))).toEqual([]);
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('candidate', ['B', DIM]);
    graph.output('out', g.relu(g.matmul(x, weights(graph, [DIM, 64]))));
    expect(cutAtRequest(graph, 8).candidates.nodes.filter(({ op }) => op === 'matmul')).toHaveLength(1);
  });

  it('multiply by a single column as by a row', () => {
    const { candidates } = cutAtRequest(unitOf(din));
    const products = candidates.nodes.filter(({ op }) => op === 'matmul');
    expect(products.filter(({ shape }) => shape[0] === 1)).toHaveLength(9);
    expect(products.filter(({ shape }) => shape.at(-1) === 1)).toEqual([]);
  });
});
