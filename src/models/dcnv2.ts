import { concat, type CtrModelDefinition } from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import {
  crossNetwork,
  fullRankCross,
  lowRankCross,
  mixtureCross,
  type CrossLayer,
} from './blocks/cross-network.js';
import { denseToScalar } from './blocks/dense.js';
import { flatFeatures } from './blocks/features.js';
import {
  choice,
  embeddingDim,
  integer,
  ordered,
  readHyperParameters,
  usesHistory,
  type HyperParameterReader,
} from './blocks/hyper-parameters.js';
import { tower, towerOptions, towerSpace } from './blocks/tower.js';

const space = {
  embeddingDim,
  crossLayers: integer([1, 4], 2, 'cross layers'),
  cross: choice(['full', 'low-rank', 'mixture'], 'full', 'form of the cross matrices'),
  rank: ordered([8, 16, 32, 64], 32, 'rank of a cross matrix', {
    when: { parameter: 'cross', in: ['low-rank', 'mixture'] },
  }),
  experts: ordered([2, 4], 4, 'low-rank experts per cross layer', {
    when: { parameter: 'cross', in: ['mixture'] },
  }),
  structure: choice(['parallel', 'stacked'], 'parallel', 'tower beside the crosses, or on top of them'),
  ...towerSpace,
  usesHistory,
};

/**
 * Deep & cross network, version 2: explicit feature crosses x0 ⊙ (W x + b) + x, and a tower beside them (parallel) or on
 * top of them (stacked).
 *
 * Differences from the paper: every embedding has the same size.
 */
export const dcnv2: CtrModelDefinition = {
  name: 'dcnv2',
  title: 'DCN-V2',
  source: 'Wang et al., DCN V2, WWW 2021, arXiv 2008.13535',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('dcnv2', space, hp);
    const x0 = flatFeatures(inputs, read); // [B, W]
    const crossed = crossNetwork(x0, read.number('crossLayers'), crossLayer(read)); // [B, W]
    const stacked = read.text('structure') === 'stacked';
    const hidden = tower(stacked ? crossed : x0, read.widths('hidden'), 'tower', towerOptions(read));
    return clickOutputs(inputs, denseToScalar(stacked ? hidden : concat([crossed, hidden], 1), 'logit'));
  },
};

function crossLayer(read: HyperParameterReader<typeof space>): CrossLayer {
  switch (read.text('cross')) {
    case 'low-rank':
      return lowRankCross(read.number('rank'));
    case 'mixture':
      return mixtureCross(read.number('rank'), read.number('experts'));
    default:
      return fullRankCross;
  }
}
