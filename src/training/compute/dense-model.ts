import {
  lower,
  type Graph,
  type Node,
  type ParameterLayout,
  type TrainingStepGraph,
} from '../../graph/index.js';
import type { BufferPart, SessionPlan } from './protocol.js';

/** Names of persistent buffers: `parameters`, optimiser states under their own names, `state:<running statistic>`. */
export const PARAMETERS = 'parameters';
const stateBuffer = (state: string): string => `state:${state}`;

/** What of a model lives in the compute thread, and which sessions use it. */
export interface DenseModel {
  readonly sessions: Readonly<Record<string, SessionPlan>>;
  readonly buffers: Readonly<Record<string, Float32Array>>;
  /** buffers that scoring needs: weights and running statistics */
  readonly weightNames: readonly string[];
  /** all buffers that a checkpoint needs */
  readonly names: readonly string[];
}

export interface InferenceGraph {
  readonly graph: Graph;
  readonly logits: Node;
}

/**
 * @param steps training sessions by name; the first one has the parameters and optimiser states
 * @param accumulates whether gradients are summed over micro-batches in `gradient_accumulator`
 */
export function denseModel(
  steps: Readonly<Record<string, TrainingStepGraph>>,
  inference: InferenceGraph,
  seed: number,
  accumulates: boolean,
): DenseModel {
  const all = Object.values(steps);
  const { layout } = all[0];
  const buffers: Record<string, Float32Array> = {};
  if (layout.flatSize > 0) buffers[PARAMETERS] = all[0].initialParameters(seed);
  for (const step of all) {
    for (const state of step.optimizerStates)
      buffers[state.input] = new Float32Array(layout.flatSize).fill(state.initial);
    for (const state of step.states) {
      const size = state.shape.reduce((product, dim) => product * dim, 1);
      buffers[state.input] = new Float32Array(size).fill(state.initial);
    }
  }
  const names = Object.keys(buffers);
  const states = new Set(all.flatMap((step) => step.states.map((state) => state.input)));
  if (accumulates) buffers['gradient_accumulator'] = new Float32Array(layout.flatSize);
  return {
    sessions: {
      ...Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, stepPlan(step, buffers)])),
      infer: inferencePlan(inference, layout),
    },
    buffers,
    weightNames: names.filter((name) => name === PARAMETERS || states.has(name)),
    names,
  };
}

function stepPlan(step: TrainingStepGraph, buffers: Readonly<Record<string, Float32Array>>): SessionPlan {
  const inputs: Record<string, BufferPart> = {};
  for (const { name } of step.inputs) if (Object.hasOwn(buffers, name)) inputs[name] = { buffer: name };
  const outputs: Record<string, string> = {};
  for (const { name } of step.outputs) {
    const buffer = name.startsWith('state_out:')
      ? name.replace('state_out:', 'state:')
      : name.replace(/_out$/, '');
    if (buffer !== name && Object.hasOwn(buffers, buffer)) outputs[name] = buffer;
  }
  return { model: step.toOnnx(), inputs, outputs };
}

function inferencePlan({ graph, logits }: InferenceGraph, layout: ParameterLayout): SessionPlan {
  const inputs: Record<string, BufferPart> = {};
  const live = liveNames(graph, logits);
  for (const { name, offset, size } of layout.parameters) {
    if (live.has(name)) inputs[name] = { buffer: PARAMETERS, offset, length: size };
  }
  for (const name of graph.states.keys()) if (live.has(name)) inputs[name] = { buffer: stateBuffer(name) };
  return { model: lower(graph, { logits }), inputs, outputs: {} };
}

/** Names of the inputs, parameters and states that a node depends on. */
export function liveNames(graph: Graph, output: Node): ReadonlySet<string> {
  const seen = new Set<Node>();
  const stack = [output];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
  }
  const named = [...graph.inputs.values(), ...graph.parameters.values(), ...graph.states.values()];
  return new Set(named.filter(({ node }) => seen.has(node)).map(({ name }) => name));
}

/** Parameters and states by name, for `lower` with constants. */
export function constantsOf(
  layout: ParameterLayout,
  graph: Graph,
  buffers: Readonly<Record<string, Float32Array>>,
): Map<string, Float32Array> {
  const constants = new Map<string, Float32Array>();
  for (const { name, offset, size } of layout.parameters) {
    constants.set(name, buffers[PARAMETERS].subarray(offset, offset + size));
  }
  for (const name of graph.states.keys()) constants.set(name, buffers[stateBuffer(name)]);
  return constants;
}
