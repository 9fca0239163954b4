import { describe, expect, it } from 'vitest';
import { Graph, mul, type CtrInputs, type Node } from '../../../src/graph/index.js';
import { targetedFeatures } from '../../../src/models/blocks/candidate.js';
import { flatVectors } from '../../../src/models/blocks/features.js';
import { at, range, sumOf } from '../harness/block.js';
import { clickBatch, clickCases, clickInputs, richCase, sequenceLengths } from '../harness/click-case.js';
import { evaluate, randomParameters, type Feeds, type Value } from '../harness/run.js';

const rows = 4;
const dim = 3;

async function valuesOf(
  build: (inputs: CtrInputs) => Node,
  data = richCase,
): Promise<{ value: Value; feeds: Feeds }> {
  const graph = new Graph({ mode: 'infer' });
  const y = build(clickInputs(graph, data));
  const feeds = { ...clickBatch(graph, data, rows), ...randomParameters(graph) };
  return { value: (await evaluate(graph, { y }, feeds)).y, feeds };
}

describe('features in the light of the candidate', () => {
  it('are fields, numbers, what is made of each sequence with a candidate, and the mean of one without', async () => {
    const asked: [string, number][] = [];
    const { value, feeds } = await valuesOf((inputs) =>
      targetedFeatures(inputs, 'block', dim, (candidate, { name }, index) => {
        asked.push([name, index]);
        return [candidate, mul(candidate, 10)];
      }),
    );
    expect(asked).toEqual([['viewed', 0]]);
    const lengths = sequenceLengths('queries', 4, rows, 1);
    for (const b of range(rows)) {
      const fields = range(3).flatMap((f) => range(dim).map((d) => at(feeds['rows:embedding'], b, f, d)));
      const item = fields.slice(dim, 2 * dim); // `viewed` shares the vocabulary of field 1
      const queries = range(dim).map((d) =>
        lengths[b] === 0
          ? 0
          : sumOf(lengths[b], (l) => at(feeds['rows:embedding:queries'], b, l, d)) / lengths[b],
      );
      const expected = [
        ...fields,
        ...range(2).map((n) => at(feeds.numeric, b, n)),
        ...item,
        ...item.map((element) => 10 * element),
        ...queries,
      ];
      expect(value.dims).toEqual([rows, expected.length]);
      expected.forEach((element, i) => expect(at(value, b, i)).toBeCloseTo(element, 5));
    }
  });

  it('refuse a dataset without sequences, naming the model and a remedy', () => {
    const inputs = clickInputs(new Graph({ mode: 'infer' }), clickCases['fields and numbers']);
    expect(() => targetedFeatures(inputs, 'some-model', dim, () => [])).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('some-model'),
        remedy: expect.stringContaining('histories'),
        details: { model: 'some-model' },
      }),
    );
  });
});

describe('field vectors laid flat', () => {
  it('have the numbers behind them, and stand alone where there are none', async () => {
    const { value, feeds } = await valuesOf((inputs) => flatVectors(inputs, inputs.embed('embedding', dim)));
    expect(value.dims).toEqual([rows, 3 * dim + 2]);
    for (const b of range(rows)) {
      expect(at(value, b, 2 * dim + 1)).toBe(at(feeds['rows:embedding'], b, 2, 1));
      expect(at(value, b, 3 * dim + 1)).toBe(at(feeds.numeric, b, 1));
    }
    const plain = clickCases['many context fields'];
    const alone = await valuesOf((inputs) => flatVectors(inputs, inputs.embed('embedding', dim)), plain);
    expect(alone.value.dims).toEqual([rows, 7 * dim]);
  });
});
