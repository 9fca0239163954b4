import {
  add,
  cast,
  concat,
  cumsum,
  gatherRows,
  mul,
  normal,
  pad,
  reshape,
  slice,
  sub,
  unsqueeze,
  type CtrInputs,
  type CtrModelDefinition,
  type Node,
  type SequenceSpec,
} from '../graph/index.js';
import { targetedFeatures } from './blocks/candidate.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { denseToScalar } from './blocks/dense.js';
import { EMBEDDING_BANK } from './blocks/features.js';
import { maskedMean } from './blocks/history.js';
import {
  choice,
  dropoutRate,
  embeddingDim,
  float,
  integer,
  readHyperParameters,
  towerActivation,
  towerWidths,
  type HyperParameterReader,
} from './blocks/hyper-parameters.js';
import { tower } from './blocks/tower.js';
import { layerNormed, transformerBlock } from './blocks/transformer-block.js';

const space = {
  embeddingDim,
  blocks: integer([1, 3], 1, 'transformer blocks'),
  heads: choice([1, 2, 4], 2, 'attention heads'),
  blockDropout: float([0, 0.5], 0.1, 'dropout inside the blocks'),
  hidden: towerWidths(),
  activation: towerActivation,
  dropout: dropoutRate,
};

/**
 * Behaviour sequence transformer: the candidate joins the history as one more event and self-attention lets it look at
 * all of them.
 *
 * Differences from the paper: positions are counted back from the newest event instead of measured in time; the norm
 * stands before each part of a block; the tower sees the candidate's output and the mean of the events' outputs instead
 * of all outputs side by side, so that nothing depends on how far a batch is padded; PReLU for leaky ReLU.
 */
export const bst: CtrModelDefinition = {
  name: 'bst',
  title: 'Behaviour sequence transformer',
  source: 'Chen et al., Behavior Sequence Transformer, DLP-KDD 2019, arXiv 1905.06874',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('bst', space, hp);
    const features = targetedFeatures(
      inputs,
      'bst',
      read.number('embeddingDim'),
      (candidate, sequence, index) => encode(inputs, candidate, sequence, `sequence.${index}`, read),
    ); // [B, ·]
    const hidden = tower(features, read.widths('hidden'), 'tower', {
      dropout: read.number('dropout'),
      batchNorm: false,
      activation: read.text('activation'),
    });
    return clickOutputs(inputs, denseToScalar(hidden, 'logit'));
  },
};

/** The candidate's output and the mean output of the events, [B, D] each. */
function encode(
  inputs: CtrInputs,
  candidate: Node,
  sequence: SequenceSpec,
  name: string,
  read: HyperParameterReader<typeof space>,
): Node[] {
  const { graph } = inputs;
  const dim = read.number('embeddingDim');
  const mask = inputs.sequenceMask(sequence.name); // [B, L]
  const events = inputs.embedSequence(EMBEDDING_BANK, dim, sequence.name); // [B, L, D]
  // 1 for the newest event, 2 for the one before ..; the candidate itself stands at 0.
  const ages = cast(cumsum(mask, 1, { reverse: true }), 'int32'); // [B, L]
  const positions = graph.parameter(`${name}.positions`, [sequence.maxLength + 1, dim], normal(0.02));
  const atCandidate = add(candidate, reshape(slice(positions, 0, 0, 1), [dim])); // [B, D]
  let hidden = concat([add(events, gatherRows(positions, ages)), unsqueeze(atCandidate, 1)], 1); // [B, L + 1, D]
  const visible = pad(mul(sub(mask, 1), 1e9), 1, 0, 1); // [B, L + 1]; the candidate is always visible
  const bias = reshape(visible, [visible.shape[0], 1, 1, sequence.maxLength + 1]);
  const options = { heads: read.number('heads'), expansion: 2, dropout: read.number('blockDropout'), bias };
  for (let block = 0; block < read.number('blocks'); block += 1)
    hidden = transformerBlock(hidden, `${name}.block.${block}`, options);
  hidden = layerNormed(hidden, `${name}.norm`);
  const ofCandidate = reshape(slice(hidden, 1, -1), candidate.shape);
  return [ofCandidate, maskedMean(slice(hidden, 1, 0, -1), mask)];
}
