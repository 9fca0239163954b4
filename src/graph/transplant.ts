import { AutoModelError } from '../platform/index.js';
import type { Graph } from './graph.js';
import { liveNodes } from './live-nodes.js';
import type { Node } from './node.js';

/** Gives the node that stands for a parameter or a state in the new graph. */
export type Substitute = (node: Node) => Node;

/**
 * Copies the nodes that `outputs` need into another graph; inputs, constants and dropout masks keep their names, while
 * parameters and states become what `substitute` returns. The result maps old nodes to new ones.
 */
export function transplant(outputs: readonly Node[], target: Graph, substitute: Substitute): Map<Node, Node> {
  const copies = new Map<Node, Node>();
  for (const node of liveNodes(outputs)) {
    copies.set(
      node,
      copyNode(
        node,
        node.inputs.map((input) => copies.get(input)!),
        target,
        substitute,
      ),
    );
  }
  return copies;
}

/** One node in another graph, on inputs that are there already. */
export function copyNode(node: Node, inputs: readonly Node[], target: Graph, substitute: Substitute): Node {
  if (node.op === 'parameter' || node.op === 'state') return substitute(node);
  if (node.op !== 'input') return target.add(node.op, inputs, node.attrs, { data: node.data });
  const input = node.graph.inputs.get(node.name);
  if (input === undefined)
    throw new AutoModelError('GRAPH_INVALID', `${node.name} is not an input of its graph`);
  const copied = target.input(input.name, input.shape, input.dtype, input.role);
  const mask = node.graph.dropoutMasks.find((candidate) => candidate.node === node);
  if (mask) target.dropoutMasks.push({ ...mask, node: copied });
  return copied;
}
