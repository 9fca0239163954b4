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
  historyFlag,
  readHyperParameters,
  towerWidths,
} from './blocks/hyper-parameters.js';
import { tower } from './blocks/tower.js';

const space = {
  embeddingDim: embeddingDim(8),
  first: towerWidths('128x64'),
  second: towerWidths('128x64'),
  gating: choice([false, true], true, 'scale the features of each stream by a gate'),
  gateHidden: {
    kind: 'ordered',
    values: [16, 32, 64, 128],
    default: 64,
    when: { parameter: 'gating', in: [true] },
    about: 'hidden units of a gate',
  },
  fusionHeads: choice([1, 2, 4, 8], 1, 'blocks of the bilinear fusion'),
  dropout: dropoutRate(0.2),
  batchNorm: batchNormFlag(false),
  usesHistory: historyFlag(true),
} as const;

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
    const dim = read.number('embeddingDim');
    const features = flatFeatures(inputs, dim, { history: read.flag('usesHistory') }); // [B, W]
    const towerOptions = { dropout: read.number('dropout'), batchNorm: read.flag('batchNorm') };
    const observables: Record<string, Node> = {};
    const stream = (name: 'first' | 'second', side: FieldSpec['side']): Node => {
      let gated = features;
      if (read.flag('gating')) {
        const gate = featureGate(
          inputs,
          dim,
          side,
          lastDim(features),
          read.number('gateHidden'),
          `${name}.gate`,
        );
        observables[`${name}Gate`] = mean(gate);
        gated = mul(features, gate);
      }
      return tower(gated, read.widths(name), name, towerOptions);
    };
    const logits = bilinearFusion(
      stream('first', 'user'),
      stream('second', 'item'),
      read.number('fusionHeads'),
    );
    return clickOutputs(inputs, logits, observables);
  },
};

/** 2 sigmoid(MLP(fields of a side)), in (0, 2): [B, width], or [1, width] when the side has no field. */
function featureGate(
  inputs: CtrInputs,
  dim: number,
  side: FieldSpec['side'],
  width: number,
  hidden: number,
  name: string,
): Node {
  const chosen = inputs.fields.flatMap((field, index) => (field.side === side ? [index] : []));
  const context =
    chosen.length > 0
      ? selectFields(inputs.embed(EMBEDDING_BANK, dim), chosen) // [B, chosen · dim]
      : inputs.graph.parameter(`${name}.constant`, [1, dim], normal(0.1));
  const code = tower(context, [hidden], name, { dropout: 0, batchNorm: false });
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
