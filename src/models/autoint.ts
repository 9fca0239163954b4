import {
  abs,
  add,
  flatten,
  mean,
  reduceMax,
  relu,
  type CtrModelDefinition,
  type Node,
} from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { dense, denseToScalar } from './blocks/dense.js';
import { fieldVectors, flatFeatures } from './blocks/features.js';
import {
  choice,
  dropoutRate,
  embeddingDim,
  flag,
  integer,
  ordered,
  readHyperParameters,
  usesHistory,
} from './blocks/hyper-parameters.js';
import { multiHeadAttention } from './blocks/multi-head-attention.js';
import { tower } from './blocks/tower.js';

const space = {
  embeddingDim,
  layers: integer([1, 4], 2, 'interacting layers'),
  heads: choice([1, 2, 4], 2, 'attention heads'),
  headSize: ordered([4, 8, 16, 32], 8, 'numbers per head'),
  scaled: flag(true, 'divide inner products by the square root of the head size'),
  hidden: ordered(
    ['none', '32', '64x32', '128x64', '256x128', '400x400'],
    '128x64',
    'widths of the tower beside; none is plain AutoInt',
  ),
  dropout: dropoutRate,
  usesHistory,
};

/**
 * Self-attention between fields: each interacting layer lets every field vector gather the fields that matter to it
 * (eq. 5-8), with a residual connection; all vectors side by side give the logit. With a tower it is AutoInt+.
 *
 * Differences from the paper: inner products may be scaled, as in later attention; the tower's dropout is its own.
 */
export const autoint: CtrModelDefinition = {
  name: 'autoint',
  title: 'AutoInt',
  source: 'Song et al., AutoInt, CIKM 2019, arXiv 1810.11921',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('autoint', space, hp);
    const heads = read.number('heads');
    const width = heads * read.number('headSize');
    let vectors = fieldVectors(inputs, read); // [B, M, D]
    const observables: Record<string, Node> = {};
    for (let layer = 0; layer < read.number('layers'); layer += 1) {
      const name = `attention.${layer}`;
      const project = (role: string) => dense(vectors, width, `${name}.${role}`, { bias: false }); // [B, M, heads · size]
      const attended = multiHeadAttention(project('query'), project('key'), project('value'), {
        heads,
        scaled: read.flag('scaled'),
      });
      vectors = relu(add(attended.output, project('residual')));
      observables[`largestWeight.${layer}`] = mean(reduceMax(attended.weights, -1));
    }
    const interacted = denseToScalar(flatten(vectors), 'logit'); // [B]
    const widths = read.widths('hidden');
    if (widths.length === 0) return clickOutputs(inputs, interacted, observables);
    const hidden = tower(flatFeatures(inputs, read), widths, 'tower', {
      dropout: read.number('dropout'),
      batchNorm: false,
    });
    const deep = denseToScalar(hidden, 'deep', { bias: false }); // [B]
    return clickOutputs(inputs, add(interacted, deep), { ...observables, deepStrength: mean(abs(deep)) });
  },
};
