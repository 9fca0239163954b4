import { describe, expect, it } from 'vitest';
import { Graph } from '../../../src/graph/index.js';
import { CtrInputBuilder } from '../../../src/training/inputs/ctr-inputs.js';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { NextItemInputBuilder } from '../../../src/training/inputs/next-item-inputs.js';
import { tinyCtrDataset } from '../support/tiny-data.js';

const dataset = tinyCtrDataset({ rows: 10, validationRows: 10 });

function builder(fields?: readonly string[]): CtrInputBuilder {
  return new CtrInputBuilder(new Graph({ mode: 'train' }), selectFields(dataset, fields), 'ctr', ['like']);
}

describe('CtrInputBuilder', () => {
  it('describes fields and sequences, the sequence with its target', () => {
    const inputs = builder();
    expect(inputs.fields).toEqual([
      { name: 'user', side: 'user', size: 40 },
      { name: 'item', side: 'item', size: 30 },
      { name: 'genres', side: 'item', size: 12 },
    ]);
    expect(inputs.sequences).toEqual([{ name: 'history', maxLength: 6, targetField: 1 }]);
    expect(builder(['user', 'history']).sequences[0].targetField).toBeUndefined();
  });

  it('gives one node per bank, in the shapes of the contract', () => {
    const inputs = builder();
    expect(inputs.embed('embedding', 8)).toBe(inputs.embed('embedding', 8));
    expect(inputs.embed('embedding', 8).shape).toEqual(['B', 3, 8]);
    expect(inputs.embedSequence('embedding', 8, 'history').shape).toEqual(['B', 6, 8]);
    expect(inputs.sequenceMask('history').shape).toEqual(['B', 6]);
    expect(inputs.numeric()?.shape).toEqual(['B', 1]);
    expect(inputs.labels.shape).toEqual(['B']);
    expect(inputs.extraLabel('like').shape).toEqual(['B']);
    expect([...inputs.banks.keys()]).toEqual(['embedding']);
  });

  it('makes no input that nobody asks for', () => {
    const inputs = builder(['user']);
    expect(inputs.numeric()).toBeUndefined();
    expect([...inputs.graph.inputs.keys()]).toEqual([]);
  });

  it.each([
    [
      'one bank with two dimensions',
      (i: CtrInputBuilder) => [i.embed('a', 4), i.embed('a', 8)],
      'GRAPH_INVALID',
    ],
    ['an unknown sequence', (i: CtrInputBuilder) => i.embedSequence('a', 4, 'clicks'), 'UNKNOWN_COLUMN'],
    ['an unknown label', (i: CtrInputBuilder) => i.extraLabel('share'), 'UNKNOWN_COLUMN'],
  ])('refuses %s', (_, ask, code) => {
    expect(() => ask(builder())).toThrow(expect.objectContaining({ code }));
  });
});

describe('NextItemInputBuilder', () => {
  const names = (loss: 'softmax' | 'sampled-softmax' | 'bpr', mode: 'train' | 'infer' = 'train') => {
    const inputs = new NextItemInputBuilder(new Graph({ mode }), 20, 5, loss);
    return [inputs.negatives, inputs.negativeLogProbabilities, inputs.targetLogProbabilities].map(
      (node) => node?.name,
    );
  };

  it('tells the loss by the sampling inputs', () => {
    expect(names('softmax')).toEqual([undefined, undefined, undefined]);
    expect(names('bpr')).toEqual(['negatives', undefined, undefined]);
    expect(names('sampled-softmax')).toEqual([
      'negatives',
      'negative_log_probabilities',
      'target_log_probabilities',
    ]);
    expect(names('sampled-softmax', 'infer')).toEqual([undefined, undefined, undefined]);
  });
});
