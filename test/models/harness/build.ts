import {
  Graph,
  type CtrModelDefinition,
  type HyperParameters,
  type ModelDefinition,
  type ModelOutputs,
  type NextItemModelDefinition,
} from '../../../src/graph/index.js';
import { complete } from '../../../src/space/index.js';
import { clickInputs, type ClickCase } from './click-case.js';
import { nextItemInputs, type NextItemCase } from './next-item-case.js';

export interface Built extends ModelOutputs {
  readonly graph: Graph;
}

type Mode = 'train' | 'infer';

/** Defaults of the definition with some values put over them. */
export const hyperParameters = (definition: ModelDefinition, over: HyperParameters = {}): HyperParameters =>
  complete(definition.space, over);

/** Small sizes that every space has under one name or another, to keep tests quick. */
export function smallHyperParameters(
  definition: ModelDefinition,
  over: HyperParameters = {},
): HyperParameters {
  const small: HyperParameters = {
    embeddingDim: 4,
    hidden: definition.name === 'gru4rec' ? 32 : '64x32',
    first: '32',
    second: '64x32',
    cin: '8',
    dim: 32,
    dropout: 0,
    blockDropout: 0,
  };
  const known = Object.entries(small).filter(([name]) => name in definition.space);
  return hyperParameters(definition, { ...Object.fromEntries(known), ...over });
}

export function buildClick(
  definition: CtrModelDefinition,
  mode: Mode,
  data: ClickCase,
  hp: HyperParameters,
): Built {
  const graph = new Graph({ mode, name: definition.name, seed: 3 });
  return { graph, ...definition.build(clickInputs(graph, data), hp) };
}

export function buildNextItem(
  definition: NextItemModelDefinition,
  mode: Mode,
  data: NextItemCase,
  hp: HyperParameters,
): Built {
  const graph = new Graph({ mode, name: definition.name, seed: 3 });
  return { graph, ...definition.build(nextItemInputs(graph, data), hp) };
}
