import { AutoModelError } from '../../platform/index.js';
import { evaluateDim } from '../dims.js';
import { onnxTypeOf } from '../dtype.js';
import type { Graph } from '../graph.js';
import { liveNodes } from '../live-nodes.js';
import type { Node } from '../node.js';
import { opEntry } from '../registry.js';
import { OnnxEmitter, type SizeSource } from './onnx-emitter.js';
import { encodeModel, type OnnxValue } from './onnx-format.js';

export type Outputs = Readonly<Record<string, Node>> | ReadonlyMap<string, Node>;

export interface LowerOptions {
  /**
   * Values of parameters and states, written into the file as initializers. When given, every live parameter and state
   * must be among them; without it they are inputs of the model, under their own names.
   */
  readonly constants?: ReadonlyMap<string, Float32Array>;
}

/** Entries of a record or map of outputs. */
export function outputEntries(outputs: Outputs): [string, Node][] {
  return outputs instanceof Map ? [...outputs] : Object.entries(outputs);
}

/**
 * The ONNX file of the named outputs. Nodes that no output needs are left out; inputs keep their names and their
 * symbolic dimensions; only live inputs are declared.
 */
export function lower(
  graph: Graph,
  outputs: Outputs = graph.outputs,
  options: LowerOptions = {},
): Uint8Array {
  const named = outputEntries(outputs);
  const live = liveNodes(named.map(([, node]) => node));
  const names = new Map<Node, readonly string[]>();
  const inputs = new Map<Node, OnnxValue>();
  const declare = (node: Node): string => {
    inputs.set(node, { name: node.name, elemType: onnxTypeOf[node.dtype], shape: node.shape });
    return node.name;
  };
  const emitter = new OnnxEmitter(sizeSource(graph, live, declare));
  for (const node of live) {
    const sources = node.inputs.map((input) => names.get(input)![0]);
    if (node.op === 'part') names.set(node, [names.get(node.inputs[0])![Number(node.attrs.index)]]);
    else if (node.op === 'constant')
      names.set(node, [emitter.constant(node.data!, node.shape.map(Number), node.dtype)]);
    else if (node.op === 'input') names.set(node, [declare(node)]);
    else if (node.op === 'parameter' || node.op === 'state') {
      const value = options.constants && baked(node, options.constants);
      names.set(node, [value ? emitter.constant(value, node.shape.map(Number), 'float32') : declare(node)]);
    } else names.set(node, opEntry(node.op).lower(node, sources, emitter));
  }
  const output = named.map(([name, node]): OnnxValue => ({
    name,
    elemType: onnxTypeOf[node.dtype],
    shape: node.shape,
  }));
  return encodeModel({
    name: graph.name,
    node: emitter.named(named.map(([name, node]) => [name, names.get(node)![0]])),
    initializer: emitter.initializers,
    input: [...inputs.values()],
    output,
  });
}

function baked(node: Node, constants: ReadonlyMap<string, Float32Array>): Float32Array {
  const value = constants.get(node.name);
  const size = node.shape.reduce<number>((product, dim) => product * evaluateDim(dim, {}), 1);
  if (value === undefined || value.length !== size) {
    throw new AutoModelError(
      'GRAPH_INVALID',
      `${node} needs ${size} values, got ${value?.length ?? 'none'}`,
      {
        details: { name: node.name, size },
      },
    );
  }
  return value;
}

/** Live inputs first, so that a size never makes an unused input necessary when a used one has it. */
function sizeSource(graph: Graph, live: readonly Node[], declare: (node: Node) => string): SizeSource {
  const candidates = [
    ...live.filter((node) => node.op === 'input'),
    ...[...graph.inputs.values()].map((input) => input.node),
  ];
  return (symbol) => {
    for (const node of candidates) {
      const axis = node.shape.indexOf(symbol);
      if (axis >= 0) return { tensor: declare(node), axis };
    }
    return undefined;
  };
}
