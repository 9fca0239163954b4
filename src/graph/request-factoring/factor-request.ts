import { AutoModelError } from '../../platform/index.js';
import { flagOf, numberOf, numbersOf } from '../attributes.js';
import { formatShape, symbolsOf, type Shape } from '../dims.js';
import { matmul, reshape, slice } from '../functions/index.js';
import { Graph } from '../graph.js';
import { liveNodes } from '../live-nodes.js';
import { outputEntries, type Outputs } from '../lowering/lower.js';
import type { Node } from '../node.js';
import { BLOCK_NUMBERS, blockwise } from './blocks.js';
import { joined } from './join.js';
import { addition, outerProduct, scaledSum, weightProduct } from './linear-rules.js';
import { broadcastable, broadcastOf, materialised, type Together } from './materialise.js';
import { byParts, concatenated, cut, reduced, reshaped, transposed } from './shape-rules.js';
import { actsOnSamples, attributesOnce, isElementwise, isReduction, samplesAlign } from './single-sample.js';
import { splitAtRequest } from './split-at-request.js';
import { batchAxis, expanded, once, plain, reachOf, type Plain, type Value } from './value.js';

/**
 * Which entries of an input are the same for all candidates of a request: all of them, or for each entry of axis 1
 * (a field, a number) whether it is. Inputs that are not named belong to the candidate.
 */
export type RequestSide = 'all' | readonly boolean[];

/** Where the caller finds the numbers of an input of the factored graphs. */
export interface FactoredInput {
  /** name in the factored graph */
  readonly name: string;
  /** input of the model's own graph that it is, or that its entries are taken from */
  readonly from: string;
  /** entries of axis 1; undefined: the whole input */
  readonly entries: readonly number[] | undefined;
}

export interface FactoredGraph {
  /** runs once a request, on inputs whose first dimension is 1 */
  readonly request: Graph;
  readonly requestInputs: readonly FactoredInput[];
  /** runs once a batch of candidates, on theirs and on what the request's graph gave: its inputs of the same names */
  readonly candidates: Graph;
  readonly candidateInputs: readonly FactoredInput[];
  /** outputs of `request` that are inputs of `candidates` */
  readonly handedOver: readonly string[];
}

/**
 * Cuts an inference graph in two: what depends on the request alone, and the rest. A layer over inputs of both kinds is cut
 * too, W [u; c] = Wu u + Wc c, and sums and products with weights go on by parts until something that is not linear needs
 * their sum. The outputs are those of the graph up to rounding.
 * @param blockNumbers how much of a sample is worked on at a time where it has many rows
 * @throws GRAPH_INVALID for a graph with other symbolic sizes than B, or sides that do not fit an input
 */
export function factorRequest(
  graph: Graph,
  sides: ReadonlyMap<string, RequestSide>,
  outputs: Outputs = graph.outputs,
  blockNumbers = BLOCK_NUMBERS,
): FactoredGraph {
  const named = outputEntries(outputs);
  const both = new Graph({ mode: 'infer', name: graph.name, seed: graph.seed });
  const inputs = { request: [] as FactoredInput[], candidate: [] as FactoredInput[] };
  const values = new Map<Node, Value>();
  const pieces = new Map<Node, readonly Value[]>();
  for (const node of liveNodes(named.map(([, output]) => output))) {
    const stranger = node.shape.flatMap(symbolsOf).find((symbol) => symbol !== 'B');
    if (stranger !== undefined)
      throw new AutoModelError('GRAPH_INVALID', `${node} has the size ${stranger}; only B can be factored`);
    const operands = node.inputs.map((input) => values.get(input) as Value);
    values.set(
      node,
      node.inputs.length === 0
        ? leaf(node, both, sides, inputs)
        : rewritten(node, operands, { both, pieces, blockNumbers }),
    );
  }
  const results = named.map(
    ([name, node]) => [name, expanded(materialised(values.get(node) as Value))] as const,
  );
  const { request, candidates, handedOver } = splitAtRequest(
    both,
    results,
    new Set(inputs.candidate.map(({ name }) => name)),
  );
  const isThere =
    ({ inputs: present }: Graph) =>
    ({ name }: FactoredInput): boolean =>
      present.has(name);
  return {
    request,
    requestInputs: inputs.request.filter(isThere(request)),
    candidates,
    candidateInputs: inputs.candidate.filter(isThere(candidates)),
    handedOver,
  };
}

interface Rewriting {
  readonly both: Graph;
  /** what became of the pieces of a split of parts side by side */
  readonly pieces: Map<Node, readonly Value[]>;
  readonly blockNumbers: number;
}

interface FoundInputs {
  readonly request: FactoredInput[];
  readonly candidate: FactoredInput[];
}

function leaf(node: Node, both: Graph, sides: ReadonlyMap<string, RequestSide>, found: FoundInputs): Value {
  const { graph } = node;
  if (node.op === 'constant')
    return plain('constant', both.add('constant', [], node.attrs, { data: node.data }), node.shape);
  const parameter = graph.parameters.get(node.name);
  if (parameter !== undefined && node.op === 'parameter') {
    const { name, shape, initializer, decay } = parameter;
    return plain('constant', both.parameter(name, shape, initializer, { decay }), shape);
  }
  const state = graph.states.get(node.name);
  if (state !== undefined && node.op === 'state')
    return plain('constant', both.state(state.name, state.shape, state.initial), state.shape);
  const input = graph.inputs.get(node.name);
  if (input === undefined) throw new AutoModelError('GRAPH_INVALID', `${node.name} cannot be factored`);
  return fed(node, both, sides.get(input.name), found);
}

/** An input, or one input for each side with its entries in the order that the model expects. */
function fed(node: Node, both: Graph, side: RequestSide | undefined, found: FoundInputs): Value {
  const { name, shape, dtype } = node;
  const role = node.graph.inputs.get(name)?.role;
  const add = (as: string, ofRequest: boolean, its: Shape, entries?: readonly number[]): Node => {
    found[ofRequest ? 'request' : 'candidate'].push({ name: as, from: name, entries });
    return both.input(as, ofRequest ? once(its) : its, dtype, role);
  };
  const isWhole = side === undefined || side === 'all' || new Set(side).size < 2;
  if (isWhole) {
    const ofRequest = side === 'all' || (Array.isArray(side) && side[0] === true);
    return plain(ofRequest ? 'request' : 'candidate', add(name, ofRequest, shape), shape);
  }
  if (shape[0] !== 'B' || side.length !== shape[1])
    throw new AutoModelError(
      'GRAPH_INVALID',
      `The sides of ${side.length} entries do not fit the input ${name} ${formatShape(shape)}`,
    );
  const halves = [true, false].map((ofRequest) => {
    const entries = side.flatMap((own, i) => (own === ofRequest ? [i] : []));
    const its = ['B', entries.length, ...shape.slice(2)];
    return {
      its,
      node: add(`${name}@${ofRequest ? 'request' : 'candidate'}`, ofRequest, its, entries),
      taken: 0,
    };
  });
  const parts: Plain[] = [];
  for (let from = 0; from < side.length;) {
    let to = from;
    while (to < side.length && side[to] === side[from]) to += 1;
    const half = halves[side[from] ? 0 : 1];
    const length = to - from;
    parts.push(
      plain(side[from] ? 'request' : 'candidate', slice(half.node, 1, half.taken, half.taken + length), [
        'B',
        length,
        ...shape.slice(2),
      ]),
    );
    half.taken += length;
    from = to;
  }
  return joined(parts, 1);
}

/** The operation in the factored graph: by the rule that keeps most of it with the request, or plainly. */
function rewritten(node: Node, values: readonly Value[], rewriting: Rewriting): Value {
  const { both, pieces } = rewriting;
  const { op, attrs } = node;
  const [x] = values;
  const together: Together = (operands, shape = broadcastOf(operands)) => {
    const { nodes, fold } = broadcastable(operands, shape);
    return plain(reachOf(operands), fold(both.add(op, nodes, attrs, { data: node.data })), shape);
  };
  if (op === 'split' && x.kind === 'joined') {
    pieces.set(node, splitUp(x, numberOf(attrs, 'axis'), numbersOf(attrs, 'sizes')));
    return x;
  }
  const piece = op === 'part' ? pieces.get(node.inputs[0])?.[numberOf(attrs, 'index')] : undefined;
  return (
    piece ??
    byRule(node, values, together, rewriting) ??
    plainly(node, values.map(materialised), both, together)
  );
}

function byRule(
  node: Node,
  values: readonly Value[],
  together: Together,
  { both, blockNumbers }: Rewriting,
): Value | undefined {
  const { op, attrs } = node;
  const [x] = values;
  const inBlocks = (): Value | undefined =>
    blockwise(values, node.shape, blockNumbers, (operands) =>
      both.add(op, operands, attrs, { data: node.data }),
    );
  if (isElementwise(op) && samplesAlign(node) && values.some(({ kind }) => kind === 'blocks')) {
    const blocks = inBlocks();
    if (blocks !== undefined) return blocks;
  }
  if (op === 'concat') return concatenated(node, values);
  if (op === 'matmul') return weightProduct(node, values);
  if ((op === 'add' || op === 'sub') && samplesAlign(node))
    return byParts(values, node.shape, together) ?? addition(node, values, together);
  const product = samplesAlign(node) ? outerProduct(node, values) : undefined;
  if (product !== undefined || values.every(({ kind }) => kind === 'plain')) return product;
  if (op === 'reshape') return reshaped(node, x);
  if (op === 'transpose') return transposed(node, x);
  if (op === 'slice' && typeof attrs.start === 'number' && typeof attrs.length === 'number')
    return numberOf(attrs, 'axis') === 0
      ? undefined
      : cut(x, numberOf(attrs, 'axis'), attrs.start, attrs.start + attrs.length);
  if (isReduction(op)) return reduced(node, x);
  return isElementwise(op) && samplesAlign(node)
    ? (scaledSum(node, values, together) ?? byParts(values, node.shape, together) ?? inBlocks())
    : undefined;
}

/** Without structure: once for the request if nothing else enters, else with everything repeated that cannot broadcast. */
function plainly(node: Node, operands: readonly Plain[], both: Graph, together: Together): Plain {
  const { op, attrs } = node;
  const isSized = node.shape.some((dim) => symbolsOf(dim).length > 0);
  const reach = reachOf(operands);
  if (reach === 'constant' && !isSized)
    return plain(
      'constant',
      both.add(
        op,
        operands.map((operand) => operand.node),
        attrs,
        { data: node.data },
      ),
      node.shape,
    );
  if (reach !== 'candidate' && actsOnSamples(node)) {
    const nodes = operands.map((operand) => operand.node);
    return plain('request', both.add(op, nodes, attributesOnce(op, attrs), { data: node.data }), node.shape);
  }
  if (reach === 'candidate' && isElementwise(op) && samplesAlign(node)) return together(operands, node.shape);
  if (op === 'matmul' && batchesBroadcast(node, operands))
    return plain('candidate', sharedProduct(node, operands), node.shape);
  return plain('candidate', both.add(op, operands.map(expanded), attrs, { data: node.data }), node.shape);
}

/** Whether what the request repeats is a leading axis of the product, where one broadcasts to many. */
function batchesBroadcast(node: Node, operands: readonly Plain[]): boolean {
  return (
    node.rank > 2 &&
    operands.every(
      ({ reach, shape }) =>
        reach === 'constant' ||
        (shape.length === node.rank && batchAxis(shape)?.axis === 0 && batchAxis(shape)?.rows === 1),
    )
  );
}

/** [B, M, K] x [1, K, N] is one product of matrices, [B M, K] x [K, N]; everything else broadcasts as it is. */
function sharedProduct(node: Node, [a, b]: readonly Plain[]): Node {
  const transposeA = flagOf(node.attrs, 'transposeA');
  const transposeB = flagOf(node.attrs, 'transposeB');
  const isOne = b.reach === 'request' && b.node.shape.slice(0, -2).every((dim) => dim === 1);
  if (!isOne || transposeA) return matmul(a.node, b.node, { transposeA, transposeB });
  const rows = reshape(a.node, [-1, a.node.shape[a.node.rank - 1]]);
  const matrix = reshape(b.node, b.node.shape.slice(-2));
  return reshape(matmul(rows, matrix, { transposeB }), node.shape);
}

function splitUp(x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return cut(x, axis, from - size, from);
  });
}
