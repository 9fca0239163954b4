import type { DType } from '../dtype.js';
import type { Shape } from '../dims.js';
import type { DropoutMask, Graph, GraphState, InputRole } from '../graph.js';
import { liveNodes } from '../live-nodes.js';
import { lower } from '../lowering/lower.js';
import { initialParameters, type ParameterLayout } from './layout.js';
import type { OptimizerState } from './optimizer.js';

export interface StepInput {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly role: InputRole;
}

export interface StepOutput {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An embedding-rows input and the output that holds its gradient, of the same shape. */
export interface EmbeddingGradient {
  readonly input: string;
  readonly output: string;
}

/** A running statistic of the model as input and output of the step. */
export interface StepState {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
  readonly initial: number;
}

/** One training step as a graph, with all that a trainer needs to feed it and to read it. */
export interface TrainingStepGraph {
  readonly graph: Graph;
  readonly layout: ParameterLayout;
  /** inputs that the step really has, in the order of the file */
  readonly inputs: readonly StepInput[];
  readonly outputs: readonly StepOutput[];
  readonly optimizerStates: readonly OptimizerState[];
  readonly states: readonly StepState[];
  readonly embeddings: readonly EmbeddingGradient[];
  readonly observables: readonly string[];
  readonly dropoutMasks: readonly DropoutMask[];
  /** starting values of the flat parameter vector; the graph's seed by default */
  initialParameters(seed?: number): Float32Array;
  /** the ONNX file */
  toOnnx(): Uint8Array;
}

export interface StepParts {
  readonly graph: Graph;
  readonly layout: ParameterLayout;
  readonly seed: number;
  readonly optimizerStates: readonly OptimizerState[];
  readonly states: readonly StepState[];
  readonly embeddings: readonly EmbeddingGradient[];
  readonly observables: readonly string[];
}

export function stepState(state: GraphState): StepState {
  const { name, shape, initial } = state;
  return { name, input: `state:${name}`, output: `state_out:${name}`, shape, initial };
}

export function finishStep(parts: StepParts): TrainingStepGraph {
  const { graph, layout, optimizerStates, states, embeddings, observables } = parts;
  const live = new Set(liveNodes(graph.outputs.values()));
  return {
    graph,
    layout,
    optimizerStates,
    states,
    embeddings,
    observables,
    inputs: [...graph.inputs.values()]
      .filter((input) => live.has(input.node))
      .map(({ name, shape, dtype, role }) => ({ name, shape, dtype, role })),
    outputs: [...graph.outputs].map(([name, node]) => ({ name, shape: node.shape, dtype: node.dtype })),
    dropoutMasks: graph.dropoutMasks.filter((mask) => live.has(mask.node)),
    initialParameters: (seed = parts.seed) => initialParameters(layout, seed),
    toOnnx: () => lower(graph),
  };
}
