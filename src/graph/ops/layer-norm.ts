import { numberOf } from '../attributes.js';
import { add, div, mean, mul, sqrt, sub, sum } from '../functions/index.js';
import type { Node } from '../node.js';
import type { OpEntry } from '../registry.js';

const lastMean = (x: Node): Node => mean(x, -1, { keepDims: true });

const inverseDeviation = (centred: Node, epsilon: number): Node =>
  div(1, sqrt(add(lastMean(mul(centred, centred)), epsilon)));

export const layerNormOps: readonly OpEntry[] = [
  {
    name: 'layerNorm',
    infer([x, scale, bias], _attrs, fail) {
      const width = x.shape.at(-1);
      if (scale.shape.length !== 1 || scale.shape[0] !== width)
        fail('the scale is not [D] with D the last dimension');
      if (bias.shape.length !== 1 || bias.shape[0] !== width)
        fail('the bias is not [D] with D the last dimension');
      return [x];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const [x, scale] = node.inputs;
      const centred = sub(x, lastMean(x));
      const inverse = inverseDeviation(centred, numberOf(node.attrs, 'epsilon'));
      const standard = mul(centred, inverse);
      const scaled = mul(g, scale);
      // dx = inverse * (s - mean(s) - standard * mean(s * standard)), s = g * scale
      const projected = mul(standard, lastMean(mul(scaled, standard)));
      const leading = g.shape.slice(0, -1).map((_, axis) => axis);
      return [
        mul(inverse, sub(sub(scaled, lastMean(scaled)), projected)),
        sum(mul(g, standard), leading),
        sum(g, leading),
      ];
    },
    lower: (node, inputs, emitter) => [
      emitter.emit('LayerNormalization', inputs, {
        axis: -1,
        epsilon: { float: numberOf(node.attrs, 'epsilon') },
      }),
    ],
    flops: (node, sizeOf) => 8 * sizeOf(node),
  },
];
