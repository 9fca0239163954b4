import { AutoModelError } from '../../platform/index.js';
import { symbolsOf } from '../dims.js';
import { Graph } from '../graph.js';
import { liveNodes } from '../live-nodes.js';
import type { Node } from '../node.js';
import { copyNode, transplant } from '../transplant.js';
import type { Reach } from './value.js';

interface Halves {
  readonly request: Graph;
  readonly candidates: Graph;
  readonly handedOver: readonly string[];
}

/** Whatever has a size B is of the candidates, even when its numbers are not: it is repeated for them. */
function reaches(nodes: readonly Node[], candidateInputs: ReadonlySet<string>): ReadonlyMap<Node, Reach> {
  const out = new Map<Node, Reach>();
  for (const node of nodes) {
    const own = node.inputs.map((input) => out.get(input));
    const sized = node.shape.some((dim) => symbolsOf(dim).length > 0);
    if (sized || own.includes('candidate') || (node.op === 'input' && candidateInputs.has(node.name)))
      out.set(node, 'candidate');
    else out.set(node, node.op === 'input' || own.includes('request') ? 'request' : 'constant');
  }
  return out;
}

function ownWeight(target: Graph): (node: Node) => Node {
  return (node) => {
    const parameter = node.graph.parameters.get(node.name);
    if (node.op === 'parameter' && parameter !== undefined)
      return target.parameter(parameter.name, parameter.shape, parameter.initializer, {
        decay: parameter.decay,
      });
    const state = node.graph.states.get(node.name);
    if (node.op === 'state' && state !== undefined)
      return target.state(state.name, state.shape, state.initial);
    throw new AutoModelError('INTERNAL', `${node.name} is no weight of its graph`);
  };
}

/** Two graphs of one: what no candidate enters, and the rest with the results of the first as inputs. */
export function splitAtRequest(
  both: Graph,
  results: readonly (readonly [string, Node])[],
  candidateInputs: ReadonlySet<string>,
): Halves {
  const live = liveNodes(results.map(([, node]) => node));
  const reach = reaches(live, candidateInputs);
  for (const [name, node] of results)
    if (reach.get(node) !== 'candidate')
      throw new AutoModelError('GRAPH_INVALID', `The output ${name} is not of the size of the candidates`);
  const frontier = new Set<Node>();
  for (const node of live)
    if (reach.get(node) === 'candidate')
      for (const input of node.inputs) if (reach.get(input) === 'request') frontier.add(input);
  const handed = [...frontier].sort((a, b) => a.id - b.id).map((node, i) => [`request:${i}`, node] as const);

  const request = new Graph({ mode: 'infer', name: `${both.name} of a request`, seed: both.seed });
  const copies = transplant([...frontier], request, ownWeight(request));
  for (const [name, node] of handed) request.output(name, copies.get(node) as Node);

  const candidates = new Graph({ mode: 'infer', name: `${both.name} of candidates`, seed: both.seed });
  const made = new Map<Node, Node>(
    handed.map(([name, node]) => [node, candidates.input(name, node.shape, node.dtype)]),
  );
  const needed = new Set<Node>();
  const open = results.map(([, node]) => node);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (needed.has(node) || made.has(node)) continue;
    needed.add(node);
    open.push(...node.inputs);
  }
  for (const node of live)
    if (needed.has(node))
      made.set(
        node,
        copyNode(
          node,
          node.inputs.map((input) => made.get(input) as Node),
          candidates,
          ownWeight(candidates),
        ),
      );
  for (const [name, node] of results) candidates.output(name, made.get(node) as Node);
  return { request, candidates, handedOver: handed.map(([name]) => name) };
}
