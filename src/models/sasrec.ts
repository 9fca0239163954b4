import {
  add,
  causalMask,
  dropout,
  gatherRows,
  mul,
  normal,
  reshape,
  unsqueeze,
  where,
  type NextItemInputs,
  type NextItemModelDefinition,
  type Node,
} from '../graph/index.js';
import { choice, dropoutRate, integer, ordered, readHyperParameters } from './blocks/hyper-parameters.js';
import { nextItemOutputs } from './blocks/next-item-outputs.js';
import { layerNormed, transformerBlock } from './blocks/transformer-block.js';

const space = {
  dim: ordered([32, 48, 64, 96, 128], 64, 'numbers per item and position'),
  blocks: integer([1, 3], 2, 'transformer blocks'),
  heads: choice([1, 2, 4], 1, 'attention heads'),
  expansion: choice([1, 2, 4], 1, 'width of the feed-forward layer in multiples of dim'),
  dropout: dropoutRate,
};

/**
 * Self-attentive sequential recommendation: a causal transformer over the item history; the item table is also the
 * output layer.
 *
 * Differences from the paper: full softmax cross-entropy over all items instead of one sampled negative (Klenitskiy and
 * Vasilev, RecSys 2023, arXiv 2309.07602: this alone lifts SASRec above BERT4Rec); queries, keys and values all see the
 * normed input (usual pre-norm), where the paper norms the queries only.
 */
export const sasrec: NextItemModelDefinition = {
  name: 'sasrec',
  title: 'SASRec',
  source: 'Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018, arXiv 1808.09781',
  task: 'next-item',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('sasrec', space, hp);
    const dim = read.number('dim');
    const rate = read.number('dropout');
    const table = inputs.graph.parameter('item.vectors', [inputs.itemCount, dim], normal(0.02));
    const options = {
      heads: read.number('heads'),
      expansion: read.number('expansion'),
      dropout: rate,
      bias: causalBias(inputs),
    };
    let hidden = dropout(embedded(inputs, table, dim), rate); // [B, L, D]
    for (let block = 0; block < read.number('blocks'); block += 1)
      hidden = transformerBlock(hidden, `block.${block}`, options);
    return nextItemOutputs(inputs, layerNormed(hidden, 'norm'), table);
  },
};

/** sqrt(D) · item + position, zero on padding: [B, L, D]. */
function embedded(inputs: NextItemInputs, table: Node, dim: number): Node {
  const positions = inputs.graph.parameter('position.vectors', [inputs.maxLength, dim], normal(0.02));
  const rows = mul(gatherRows(table, inputs.items), Math.sqrt(dim));
  return mul(add(rows, positions), unsqueeze(inputs.mask, 2));
}

/** 0 where position j is an event no later than i, -1e9 elsewhere: [B, 1, L, L]. */
function causalBias(inputs: NextItemInputs): Node {
  const { graph, mask, maxLength } = inputs;
  const padding = mul(add(mask, -1), 1e9); // [B, L]
  const perKey = reshape(padding, [mask.shape[0], 1, 1, maxLength]);
  return where(causalMask(graph, maxLength), perKey, -1e9);
}
