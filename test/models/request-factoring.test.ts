import { describe, expect, it } from 'vitest';
import {
  cost,
  factorRequest,
  lower,
  type CtrModelDefinition,
  type FactoredInput,
  type Graph,
  type RequestSide,
} from '../../src/graph/index.js';
import { definitions, din } from '../../src/models/index.js';
import { Rng } from '../../src/platform/index.js';
import { sample } from '../../src/space/index.js';
import { buildClick, smallHyperParameters } from './harness/build.js';
import { clickBatch, clickCases, field, type ClickCase } from './harness/click-case.js';
import { evaluate, randomParameters, runOnnx, type Feeds, type Value } from './harness/run.js';

const ctr = definitions.filter((definition): definition is CtrModelDefinition => definition.task === 'ctr');
const needsSequences = new Set(['din', 'bst']);
const candidates = 7;

/** Fields of the three sides in no order, numbers of both, one history of the candidate's field. */
const mixedCase: ClickCase = {
  fields: [
    field('hour', 'context', 8),
    field('item', 'item'),
    field('user', 'user'),
    field('age', 'user', 5),
    field('brand', 'item', 9),
    field('shop', 'item', 9),
    field('device', 'context', 4),
  ],
  sequences: [{ name: 'viewed', maxLength: 5, targetField: 1 }],
  numericCount: 4,
};
const numbersOfRequest = [true, false, false, true];

function sidesOf(graph: Graph, { fields, sequences, numericCount }: ClickCase): Map<string, RequestSide> {
  const sides = new Map<string, RequestSide>();
  for (const name of graph.inputs.keys()) {
    if (sequences.some((sequence) => name.endsWith(`:${sequence.name}`))) sides.set(name, 'all');
    else if (name === 'numeric') sides.set(name, numbersOfRequest.slice(0, numericCount));
    else
      sides.set(
        name,
        fields.map(({ side }) => side !== 'item'),
      );
  }
  return sides;
}

/** Row 0 wherever the request decides. */
function asOneRequest(feeds: Feeds, sides: ReadonlyMap<string, RequestSide>): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => {
      const side = sides.get(name);
      if (side === undefined) return [name, { data, dims }];
      const row = data.length / dims[0];
      const width = row / dims[1];
      const same = data.map((value, i) => {
        const entry = Math.floor((i % row) / width);
        return side === 'all' || side[entry] ? data[i % row] : value;
      });
      return [name, { data: same, dims }];
    }),
  );
}

/** What one of the factored graphs is fed: the first row for the request, the entries of its side for both. */
function fedTo(inputs: readonly FactoredInput[], feeds: Feeds, rows: number): Feeds {
  return Object.fromEntries(
    inputs.map(({ name, from, entries }): [string, Value] => {
      const { data, dims } = feeds[from];
      const row = data.length / dims[0];
      const width = row / dims[1];
      const chosen = entries ?? Array.from({ length: dims[1] }, (_, i) => i);
      const out = new Float32Array(rows * chosen.length * width);
      for (let r = 0; r < rows; r += 1)
        chosen.forEach((entry, i) => {
          const start = r * row + entry * width;
          out.set(data.subarray(start, start + width), (r * chosen.length + i) * width);
        });
      return [name, { data: out, dims: [rows, chosen.length, ...dims.slice(2)] }];
    }),
  );
}

async function compared(
  definition: CtrModelDefinition,
  data: ClickCase,
  hp = smallHyperParameters(definition),
  blockNumbers?: number,
) {
  const { graph, logits } = buildClick(definition, 'infer', data, hp);
  graph.output('logits', logits);
  const sides = sidesOf(graph, data);
  const parameters = randomParameters(graph);
  const feeds = asOneRequest(clickBatch(graph, data, candidates, 5), sides);
  const plain = await evaluate(graph, { logits }, { ...feeds, ...parameters });
  const factored = factorRequest(graph, sides, graph.outputs, blockNumbers);
  const first =
    factored.handedOver.length === 0
      ? {}
      : await runOnnx(lower(factored.request), { ...fedTo(factored.requestInputs, feeds, 1), ...parameters });
  const second = await runOnnx(lower(factored.candidates), {
    ...fedTo(factored.candidateInputs, feeds, candidates),
    ...parameters,
    ...first,
  });
  return { graph, factored, plain: plain.logits, second: second.logits };
}

const flops = (graph: Graph, sizes: Record<string, number>): number =>
  cost(graph, graph.outputs, { sizes }).flopsPerSample;

describe.each(ctr.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  const cases = Object.entries({ ...clickCases, 'mixed sides': mixedCase }).filter(
    ([, data]) =>
      (data.sequences.length > 0 || !needsSequences.has(name)) &&
      (data.fields.some(({ side }) => side === 'item') || data.numericCount > 1),
  );

  it.each(cases)('scores a request as it scores rows: %s', async (_title, data) => {
    const { plain, second } = await compared(definition, data);
    expect(second.dims).toEqual([candidates]);
    plain.data.forEach((logit, i) => expect(second.data[i]).toBeCloseTo(logit, 5));
    expect(new Set(plain.data).size).toBeGreaterThan(1); // the candidates do differ
  });

  it('scores a request as it scores rows with anything that its space offers', async () => {
    for (let seed = 0; seed < 3; seed += 1) {
      const hp = { ...sample(definition.space, new Rng([seed, name])), dropout: 0 };
      const known = Object.fromEntries(Object.entries(hp).filter(([key]) => key in definition.space));
      const { plain, second } = await compared(definition, mixedCase, known, seed === 0 ? undefined : 40);
      const largest = Math.max(1, ...plain.data.map(Math.abs));
      plain.data.forEach((logit, i) => expect(Math.abs(second.data[i] - logit) / largest).toBeLessThan(1e-5));
    }
  });

  it('leaves less to do for each candidate', () => {
    const { graph, logits } = buildClick(definition, 'infer', mixedCase, smallHyperParameters(definition));
    graph.output('logits', logits);
    const { candidates: rest } = factorRequest(graph, sidesOf(graph, mixedCase));
    const sizes = { B: 500 };
    expect(flops(rest, sizes)).toBeLessThan(flops(graph, sizes));
  });
});

describe('the attention unit of DIN', () => {
  it('has one product of matrices for all events of a candidate, and no tensor of pairs', () => {
    const { graph, logits } = buildClick(
      din,
      'infer',
      mixedCase,
      smallHyperParameters(din, { attention: '16' }),
    );
    graph.output('logits', logits);
    const { candidates: rest, handedOver } = factorRequest(graph, sidesOf(graph, mixedCase));
    const [{ maxLength }] = mixedCase.sequences;
    const pairs = (of: Graph): number =>
      of.nodes.filter(({ op, shape }) => op === 'mul' && `${shape}` === `B,${maxLength},4`).length;
    expect(pairs(graph)).toBe(1);
    expect(pairs(rest)).toBe(0);
    const firstLayer = rest.nodes.filter(({ op, shape }) => op === 'matmul' && shape[1] === maxLength * 16);
    expect(firstLayer).toHaveLength(1);
    expect(handedOver.length).toBeGreaterThan(0);
  });
});
