import { describe, expect, it } from 'vitest';
import { Graph, mul, type Node } from '../../../src/graph/index.js';
import { summedOutputs } from '../../../src/models/blocks/click-outputs.js';
import { linearTerm } from '../../../src/models/blocks/linear-term.js';
import { perceptron, towerSpace } from '../../../src/models/blocks/tower.js';
import { readHyperParameters } from '../../../src/models/blocks/hyper-parameters.js';
import { at, random, range, runBlock, sumOf } from '../harness/block.js';
import { clickBatch, clickInputs, richCase } from '../harness/click-case.js';
import { evaluate, randomParameters } from '../harness/run.js';

const rows = 5;

/** Values of a model whose parts are the two numbers of a row, with or without the linear term. */
async function summed(withLinear: boolean) {
  const graph = new Graph({ mode: 'train' });
  const inputs = clickInputs(graph, richCase);
  const column = (name: string): Node => graph.input(name, ['B']);
  const parts = { left: column('left'), right: mul(column('right'), -2) };
  const linear = withLinear ? linearTerm(inputs) : undefined;
  const { logits, observables, loss } = summedOutputs(inputs, parts, linear);
  const own = Object.fromEntries(
    ['left', 'right'].map((name, i) => [name, { ...random(i + 1, rows), dims: [rows] }]),
  );
  const feeds = { ...clickBatch(graph, richCase, rows), ...randomParameters(graph), ...own };
  const asked = { logits, loss: loss!, ...observables, ...(linear === undefined ? {} : { linear }) };
  return { values: await evaluate(graph, asked, feeds), own, names: Object.keys(observables) };
}

describe('a model whose logit is a sum', () => {
  it('adds its parts, and the linear term when it has one', async () => {
    for (const withLinear of [true, false]) {
      const { values, own } = await summed(withLinear);
      for (const b of range(rows)) {
        const base = withLinear ? at(values.linear, b) : 0;
        expect(at(values.logits, b)).toBeCloseTo(base + at(own.left, b) - 2 * at(own.right, b), 5);
      }
    }
  });

  it('watches the mean size of each part by name, and not that of the linear term', async () => {
    const { values, own, names } = await summed(true);
    expect(names).toEqual(['leftStrength', 'rightStrength']);
    const size = (name: string): number => sumOf(rows, (b) => Math.abs(at(own[name], b))) / rows;
    expect(values.leftStrength.data[0]).toBeCloseTo(size('left'), 5);
    expect(values.rightStrength.data[0]).toBeCloseTo(2 * size('right'), 5);
  });

  it('has neither loss nor observables where it is served', () => {
    const graph = new Graph({ mode: 'infer' });
    const inputs = clickInputs(graph, richCase);
    const outputs = summedOutputs(inputs, { only: linearTerm(inputs) });
    expect(outputs).toMatchObject({ loss: undefined, observables: {} });
    expect(graph.inputs.has('labels')).toBe(false);
  });
});

describe('the perceptron of a space', () => {
  const read = (hp: Record<string, string | number | boolean>) =>
    readHyperParameters('block', towerSpace, { hidden: '4x3', dropout: 0.2, batchNorm: false, ...hp });
  const x = random(4, rows, 6);

  it('is its tower and one more layer on top', async () => {
    const { results, weights } = await runBlock({ x }, (nodes) => ({
      y: perceptron(nodes.x, read({}), 'out'),
    }));
    expect(Object.keys(weights)).toEqual(
      ['tower.0', 'tower.1', 'out'].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
    );
    for (const b of range(rows)) {
      let hidden = range(6).map((i) => at(x, b, i));
      [4, 3].forEach((width, layer) => {
        const [weight, bias] = [weights[`tower.${layer}.weight`], weights[`tower.${layer}.bias`]];
        hidden = range(width).map((j) =>
          Math.max(0, sumOf(hidden.length, (i) => hidden[i] * at(weight, i, j)) + at(bias, j)),
        );
      });
      const logit = sumOf(3, (i) => hidden[i] * at(weights['out.weight'], i, 0)) + at(weights['out.bias'], 0);
      expect(at(results.y, b)).toBeCloseTo(logit, 5);
    }
  });

  it.each([
    [{}, 'relu', []],
    [{}, 'prelu', ['tower.0.slope', 'tower.1.slope']],
    [{ batchNorm: true }, 'relu', [0, 1].flatMap((l) => [`tower.${l}.norm.scale`, `tower.${l}.norm.shift`])],
  ] as const)('has the weights that %o and %s ask for', (hp, activation, extra) => {
    const graph = new Graph({ mode: 'train' });
    perceptron(graph.input('x', ['B', 6]), read(hp), 'out', activation);
    const names = [...graph.parameters.keys()].filter((name) => /slope|norm/.test(name));
    expect(names).toEqual([...extra]);
    expect(graph.dropoutMasks.map(({ rate }) => rate)).toEqual([0.2, 0.2]);
  });
});
