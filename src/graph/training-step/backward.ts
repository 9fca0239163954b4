import { AutoModelError } from '../../platform/index.js';
import { differentiate } from '../differentiate.js';
import { reshape } from '../functions/index.js';
import { Graph } from '../graph.js';
import type { Node } from '../node.js';
import { transplant } from '../transplant.js';
import { layoutOf, type ParameterLayout } from './layout.js';
import { stepState, type EmbeddingGradient, type StepState } from './step-graph.js';

export interface BackwardOptions {
  /** scalar of the model's training graph */
  readonly loss: Node;
  /** inputs of role embedding-rows whose gradients are wanted */
  readonly embeddingInputs?: readonly Node[];
  /** scalars reported with every step */
  readonly observables?: Readonly<Record<string, Node>>;
}

export interface Backward {
  readonly graph: Graph;
  readonly layout: ParameterLayout;
  /** flat parameters and their gradient; undefined for a model without dense parameters */
  readonly parameters: Node | undefined;
  readonly gradient: Node | undefined;
  readonly embeddingGradients: readonly Node[];
  readonly embeddings: readonly EmbeddingGradient[];
  readonly states: readonly StepState[];
  readonly observables: readonly string[];
}

/**
 * A new graph with the model's forward pass over one flat parameter vector and the backward pass of
 * loss_scale * loss. It names the outputs loss, the observables and the new states; gradients are left to the caller.
 */
export function backward(model: Graph, options: BackwardOptions): Backward {
  if (model.mode !== 'train') {
    throw new AutoModelError(
      'GRAPH_INVALID',
      `graph "${model.name}" was built for inference and cannot be trained`,
      {
        remedy: "Build the model with mode 'train'.",
      },
    );
  }
  const graph = new Graph({ mode: 'train', name: `${model.name}-step`, seed: model.seed });
  const layout = layoutOf(model);
  const parameters =
    layout.flatSize > 0 ? graph.input('parameters', [layout.flatSize], 'float32', 'parameter') : undefined;
  const pieces = parameters && cut(parameters, layout);
  const states: StepState[] = [...model.states.values()].map(stepState);
  const stateNodes = new Map(
    states.map((state) => [state.name, graph.input(state.input, state.shape, 'float32', 'state')]),
  );
  const observables = Object.entries(options.observables ?? {});
  const embeddingInputs = options.embeddingInputs ?? [];
  const wanted = [
    options.loss,
    ...observables.map(([, node]) => node),
    ...model.assignments.values(),
    ...embeddingInputs,
  ];
  const stranger = wanted.find((node) => node.graph !== model);
  if (stranger !== undefined) {
    throw new AutoModelError(
      'GRAPH_INVALID',
      `${stranger.name} belongs to another graph than "${model.name}" (${stranger.source})`,
    );
  }
  const copies = transplant(wanted, graph, (node) => (pieces?.get(node.name) ?? stateNodes.get(node.name))!);
  const copyOf = (node: Node): Node => copies.get(node)!;
  const scale = graph.input('loss_scale', [], 'float32', 'control');
  const wrt = [...(parameters ? [parameters] : []), ...embeddingInputs.map(copyOf)];
  const gradients = differentiate(copyOf(options.loss), wrt, scale);
  graph.output('loss', copyOf(options.loss));
  for (const [name, node] of observables) graph.output(name, copyOf(node));
  for (const state of states) graph.output(state.output, assigned(model, state, copyOf, stateNodes));
  return {
    graph,
    layout,
    parameters,
    gradient: parameters && gradients[0],
    embeddingGradients: parameters ? gradients.slice(1) : gradients,
    embeddings: embeddingInputs.map((node) => ({ input: node.name, output: `grad:${node.name}` })),
    states,
    observables: observables.map(([name]) => name),
  };
}

/**
 * One piece per parameter. A split is made even for a single one, because it copies: the flat vector may be updated in
 * place while the backward pass still reads the pieces.
 */
function cut(parameters: Node, layout: ParameterLayout): Map<string, Node> {
  const { graph } = parameters;
  const pieces = graph.add('split', [parameters], {
    axis: 0,
    sizes: layout.parameters.map((slot) => slot.size),
  });
  return new Map(
    layout.parameters.map((slot, index) => {
      const piece = layout.parameters.length === 1 ? pieces : graph.add('part', [pieces], { index });
      return [slot.name, reshape(piece, slot.shape)];
    }),
  );
}

function assigned(
  model: Graph,
  state: StepState,
  copyOf: (node: Node) => Node,
  stateNodes: ReadonlyMap<string, Node>,
): Node {
  const value = model.assignments.get(state.name);
  return value ? copyOf(value) : stateNodes.get(state.name)!;
}
