import { describe, expect, it } from 'vitest';
import type { CtrModelDefinition } from '../../src/graph/index.js';
import { bst, deepfm, din, dnn, finalmlp, gru4rec } from '../../src/models/index.js';
import { buildClick, buildNextItem, smallHyperParameters } from './harness/build.js';
import { clickBatch, richCase, type ClickCase } from './harness/click-case.js';
import { nextItemBatch } from './harness/next-item-case.js';
import { evaluate, randomParameters, type Feeds, type Value } from './harness/run.js';

const rows = 6;
const [short, long] = [5, 9];
const withLength = (maxLength: number): ClickCase => ({
  ...richCase,
  sequences: [{ ...richCase.sequences[0], maxLength }, richCase.sequences[1]],
});

/** The same rows of events with more room behind them; `fill` stands in the new places. */
function padded({ data, dims }: Value, fill: number): Value {
  const perRow = data.length / rows;
  const wider = (perRow / short) * long;
  const out = new Float32Array(rows * wider).fill(fill);
  for (let row = 0; row < rows; row += 1)
    out.set(data.subarray(row * perRow, (row + 1) * perRow), row * wider);
  return { data: out, dims: [rows, long, ...dims.slice(2)] };
}

/** Weights of the longer graph: equal names have equal values; a table of positions keeps those it had. */
const longer = (name: string, value: Value, before: Feeds): Value =>
  name.endsWith('.positions')
    ? { ...value, data: value.data.map((element, i) => before[name].data[i] ?? element) }
    : value;

async function logitsOf(definition: CtrModelDefinition, dirt: number): Promise<[Value, Value]> {
  const hp = smallHyperParameters(definition);
  const [a, b] = [short, long].map((length) => buildClick(definition, 'infer', withLength(length), hp));
  const batch = clickBatch(a.graph, withLength(short), rows);
  const weights = randomParameters(a.graph);
  const wide = Object.entries(randomParameters(b.graph)).map(([name, value]) => [
    name,
    longer(name, value, weights),
  ]);
  const before = await evaluate(a.graph, { logits: a.logits }, { ...batch, ...weights });
  const stretched = {
    ...batch,
    'mask:viewed': padded(batch['mask:viewed'], 0),
    'rows:embedding:viewed': padded(batch['rows:embedding:viewed'], dirt),
  };
  const after = await evaluate(b.graph, { logits: b.logits }, { ...stretched, ...Object.fromEntries(wide) });
  return [before.logits, after.logits];
}

describe('room for more events', () => {
  it.each([dnn, deepfm, finalmlp, din, bst])(
    'changes nothing as long as nobody fills it, whatever lies in it: $name',
    async (definition) => {
      for (const dirt of [0, 50]) {
        const [before, after] = await logitsOf(definition, dirt);
        after.data.forEach((logit, i) => expect(logit).toBeCloseTo(before.data[i], 4));
      }
    },
  );

  it('changes nothing for gru4rec, which stands still on padding', async () => {
    const data = { itemCount: 30, maxLength: short, loss: 'softmax' } as const;
    const hp = smallHyperParameters(gru4rec);
    const a = buildNextItem(gru4rec, 'infer', data, hp);
    const b = buildNextItem(gru4rec, 'infer', { ...data, maxLength: long }, hp);
    const weights = randomParameters(a.graph);
    const { items, mask } = nextItemBatch(a.graph, data, rows);
    const room = long - short;
    const shifted = ({ data: values }: Value, fill: number): number[] =>
      Array.from({ length: rows * long }, (_, i) => {
        const [row, at] = [Math.floor(i / long), i % long];
        return at < room ? fill : values[row * short + at - room];
      });
    const before = await evaluate(a.graph, { logits: a.logits }, { items, mask, ...weights });
    const scored = (fill: number, visible: number) => {
      const feeds = {
        ...weights,
        items: { data: Int32Array.from(shifted(items, fill)), dims: [rows, long] },
        mask: { data: Float32Array.from(shifted(mask, visible)), dims: [rows, long] },
      };
      return evaluate(b.graph, { logits: b.logits }, feeds);
    };
    for (const fill of [0, 17]) {
      const { logits } = await scored(fill, 0);
      logits.data.forEach((logit, i) => expect(logit).toBeCloseTo(before.logits.data[i], 5));
    }
    const filled = await scored(17, 1);
    expect(Math.abs(filled.logits.data[5] - before.logits.data[5])).toBeGreaterThan(1e-5);
  });
});
