import { batchNorm, dropout, ones, zeros, type Node } from '../../graph/index.js';
import { activate, type ActivationName } from './activation.js';
import { dense, denseToScalar, lastDim } from './dense.js';
import { batchNormFlag, dropoutRate, towerWidths, type HyperParameterReader } from './hyper-parameters.js';

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

/** Hyper-parameters of a model with one tower. */
export const towerSpace = { hidden: towerWidths(), dropout: dropoutRate, batchNorm: batchNormFlag };

/** What the hyper-parameters say of the layers of any tower. */
export function towerOptions(
  read: HyperParameterReader<Omit<typeof towerSpace, 'hidden'>>,
): Pick<TowerOptions, 'dropout' | 'batchNorm'> {
  return { dropout: read.number('dropout'), batchNorm: read.flag('batchNorm') };
}

/** The tower of the hyper-parameters and an output on top of it: [B, in] → [B]. */
export function perceptron(
  x: Node,
  read: HyperParameterReader<typeof towerSpace>,
  output: string,
  activation?: string,
): Node {
  const options = { ...towerOptions(read), activation };
  return denseToScalar(tower(x, read.widths('hidden'), 'tower', options), output);
}
