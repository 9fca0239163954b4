import { dropout, gatherRows, mul, normal, unsqueeze, type NextItemModelDefinition } from '../graph/index.js';
import { dense } from './blocks/dense.js';
import { gatedRecurrent } from './blocks/gated-recurrent.js';
import { dropoutRate, ordered, readHyperParameters } from './blocks/hyper-parameters.js';
import { nextItemOutputs } from './blocks/next-item-outputs.js';

const space = {
  dim: ordered([32, 48, 64, 96, 128], 64, 'numbers per item'),
  hidden: ordered([32, 64, 96, 128, 192], 64, 'units of the recurrent layer'),
  dropout: dropoutRate,
};

/**
 * A gated recurrent unit over the item history; the item table is also the output layer.
 *
 * Differences from the paper: full softmax cross-entropy over all items instead of TOP1 against the other items of the
 * batch; whole user histories padded to one length instead of session-parallel batches; input and output share the item
 * table. Its cost grows with the number of steps, each of which waits for the one before: keep histories at 100 or less.
 */
export const gru4rec: NextItemModelDefinition = {
  name: 'gru4rec',
  title: 'GRU4Rec',
  source:
    'Hidasi et al., Session-based Recommendations with Recurrent Neural Networks, ICLR 2016, arXiv 1511.06939',
  task: 'next-item',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('gru4rec', space, hp);
    const dim = read.number('dim');
    const table = inputs.graph.parameter('item.vectors', [inputs.itemCount, dim], normal(0.02));
    const rows = mul(mul(gatherRows(table, inputs.items), Math.sqrt(dim)), unsqueeze(inputs.mask, 2)); // [B, L, D]
    const states = gatedRecurrent(
      dropout(rows, read.number('dropout')),
      inputs.mask,
      read.number('hidden'),
      'gru',
    ); // [B, L, H]
    return nextItemOutputs(inputs, dense(dropout(states, read.number('dropout')), dim, 'out'), table);
  },
};
