import { canonicalJson, sha256 } from '../platform/index.js';
import { writableAttributes } from './attributes.js';
import type { Graph } from './graph.js';
import { liveNodes } from './live-nodes.js';
import { outputEntries, type Outputs } from './lowering/lower.js';
import type { Node } from './node.js';

/**
 * Hex SHA-256 of what the outputs compute: operations, attributes, constants, names of inputs, parameters (with their
 * initializers), states and outputs. Independent of node ids, of the order of construction and of unused nodes.
 */
export function hashGraph(graph: Graph, outputs: Outputs = graph.outputs): string {
  const named = outputEntries(outputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const hashes = new Map<Node, string>();
  const of = (node: Node): string => hashes.get(node)!;
  for (const node of liveNodes(named.map(([, output]) => output))) {
    hashes.set(
      node,
      sha256(
        canonicalJson([node.op, writableAttributes(node.attrs), detailsOf(graph, node), node.inputs.map(of)]),
      ),
    );
  }
  return sha256(canonicalJson([graph.mode, named.map(([name, node]) => [name, of(node)])]));
}

function detailsOf(graph: Graph, node: Node): unknown {
  if (node.op === 'parameter') {
    const parameter = graph.parameters.get(node.name);
    return [parameter?.initializer, parameter?.decay];
  }
  if (node.op === 'state') return graph.states.get(node.name)?.initial;
  if (node.op !== 'input') return null;
  const mask = graph.dropoutMasks.find((candidate) => candidate.node === node);
  return mask ? [mask.rate, mask.key] : null;
}
