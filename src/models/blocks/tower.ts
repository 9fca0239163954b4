import { batchNorm, dropout, ones, zeros, type Node } from '../../graph/index.js';
import { activate, type ActivationName } from './activation.js';
import { dense, lastDim } from './dense.js';

export interface TowerOptions {
  readonly dropout: number;
  readonly batchNorm: boolean;
  readonly activation?: ActivationName | (string & {});
}

/** Hidden layers of a perceptron: dense, optional batch norm, activation, dropout. [B, in] → [B, last width]. */
export function tower(x: Node, widths: readonly number[], name: string, options: TowerOptions): Node {
  let hidden = x;
  widths.forEach((width, layer) => {
    const id = `${name}.${layer}`;
    hidden = dense(hidden, width, id, { bias: !options.batchNorm }); // batch norm brings its own shift
    if (options.batchNorm) hidden = normalised(hidden, id);
    hidden = dropout(activate(hidden, options.activation ?? 'relu', id), options.dropout);
  });
  return hidden;
}

function normalised(x: Node, name: string): Node {
  const scale = x.graph.parameter(`${name}.norm.scale`, [lastDim(x)], ones(), { decay: false });
  const shift = x.graph.parameter(`${name}.norm.shift`, [lastDim(x)], zeros(), { decay: false });
  return batchNorm(x, scale, shift, { name: `${name}.norm` });
}
