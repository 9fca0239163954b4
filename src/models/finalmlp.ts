import {
  add,
  glorotUniform,
  matmul,
  mean,
  mul,
  normal,
  reshape,
  sigmoid,
  sum,
  transpose,
  type CtrInputs,
  type CtrModelDefinition,
  type FieldSpec,
  type Node,
} from '../graph/index.js';
import { clickOutputs } from './blocks/click-outputs.js';
import { dense, denseToScalar, lastDim } from './blocks/dense.js';
import { EMBEDDING_BANK, flatFeatures, selectFields } from './blocks/features.js';
import {
  batchNormFlag,
  choice,
  dropoutRate,
  embeddingDim,
  flag,
  ordered,
  readHyperParameters,
  towerWidths,
  usesHistory,
  type HyperParameterReader,
} from './blocks/hyper-parameters.js';
import { tower, towerOptions } from './blocks/tower.js';

const space = {
  embeddingDim,
  first: towerWidths(),
  second: towerWidths(),
  gating: flag(true, 'scale the features of each stream by a gate'),
  gateHidden: ordered([16, 32, 64, 128], 64, 'hidden units of a gate', {
    when: { parameter: 'gating', in: [true] },
  }),
  fusionHeads: choice([1, 2, 4, 8], 1, 'blocks of the bilinear fusion'),
  dropout: dropoutRate,
  batchNorm: batchNormFlag,
  usesHistory,
};

/**
 * Two perceptrons over differently gated copies of the features, fused by a bilinear form per head (eq. 4-10).
 *
 * Differences from the paper: the gate of the first stream looks at the user's fields and that of the second at the
 * item's; where a dataset has none of a side, the gate is learned from a constant, as the authors' code does.
 */
export const finalmlp: CtrModelDefinition = {
  name: 'finalmlp',
  title: 'FinalMLP',
  source: 'Mao et al., FinalMLP, AAAI 2023, arXiv 2304.00902',
  task: 'ctr',
  space,
  build(inputs, hp) {
    const read = readHyperParameters('finalmlp', space, hp);
    const features = flatFeatures(inputs, read); // [B, W]
    const observables: Record<string, Node> = {};
    const stream = (name: 'first' | 'second', side: FieldSpec['side']): Node => {
      let gated = features;
      if (read.flag('gating')) {
        const gate = featureGate(inputs, read, side, lastDim(features), `${name}.gate`);
        observables[`${name}Gate`] = mean(gate);
        gated = mul(features, gate);
      }
      return tower(gated, read.widths(name), name, towerOptions(read));
    };
    const streams = [stream('first', 'user'), stream('second', 'item')];
    return clickOutputs(
      inputs,
      bilinearFusion(streams[0], streams[1], read.number('fusionHeads')),
      observables,
    );
  },
};

/** 2 sigmoid(MLP(fields of a side)), in (0, 2): [B, width], or [1, width] when the side has no field. */
function featureGate(
  inputs: CtrInputs,
  read: HyperParameterReader<typeof space>,
  side: FieldSpec['side'],
  width: number,
  name: string,
): Node {
  const dim = read.number('embeddingDim');
  const chosen = inputs.fields.flatMap((field, index) => (field.side === side ? [index] : []));
  const context =
    chosen.length > 0
      ? selectFields(inputs.embed(EMBEDDING_BANK, dim), chosen) // [B, chosen · dim]
      : inputs.graph.parameter(`${name}.constant`, [1, dim], normal(0.1));
  const code = tower(context, [read.number('gateHidden')], name, { dropout: 0, batchNorm: false });
  return mul(sigmoid(dense(code, width, `${name}.out`)), 2);
}

/** b + w₁ᵀ a + w₂ᵀ c + Σ_h a_hᵀ W_h c_h over `heads` equal pieces of a [B, P] and c [B, Q]: [B] (eq. 7-9). */
export function bilinearFusion(a: Node, c: Node, heads: number): Node {
  const batch = a.shape[0];
  const [sizeA, sizeC] = [lastDim(a) / heads, lastDim(c) / heads];
  const linear = add(denseToScalar(a, 'fusion.first'), denseToScalar(c, 'fusion.second', { bias: false }));
  const weight = a.graph.parameter('fusion.bilinear', [heads, sizeA, sizeC], glorotUniform());
  const left = transpose(reshape(a, [batch, heads, sizeA]), [1, 0, 2]); // [heads, B, P / heads]
  const right = transpose(reshape(c, [batch, heads, sizeC]), [1, 0, 2]); // [heads, B, Q / heads]
  return add(linear, sum(mul(matmul(left, weight), right), [0, 2]));
}
