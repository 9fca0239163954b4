import { add, cast, div, mul, pow, sqrt, sub } from '../functions/index.js';
import type { Graph } from '../graph.js';
import type { Node } from '../node.js';
import { decayMask, type ParameterLayout } from './layout.js';

/**
 * sgd, adagrad (Duchi et al. 2011), adam (Kingma and Ba 2015) and adamw (Loshchilov and Hutter 2019, alg. 2). Weight
 * decay adds weightDecay * p to the (clipped) gradient, except in adamw, where it is decoupled: p loses
 * learningRate * weightDecay * p. It applies to parameters declared with decay.
 */
export interface OptimizerSpec {
  readonly kind: 'sgd' | 'adagrad' | 'adam' | 'adamw';
  /** 0.9 */
  readonly beta1?: number;
  /** 0.999 */
  readonly beta2?: number;
  /** 1e-8; adagrad 1e-10 */
  readonly epsilon?: number;
  /** 0 */
  readonly weightDecay?: number;
  /** where adagrad's accumulators start (0) */
  readonly initialAccumulator?: number;
}

/** A vector of the flat size that the optimiser carries from step to step; it is 0 or another constant at first. */
export interface OptimizerState {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly initial: number;
}

function stateNamed(name: string, initial: number): OptimizerState {
  return { name, input: name, output: `${name}_out`, initial };
}

export function optimizerStates(spec: OptimizerSpec): readonly OptimizerState[] {
  if (spec.kind === 'sgd') return [];
  if (spec.kind === 'adagrad') return [stateNamed('accumulator', spec.initialAccumulator ?? 0)];
  return [stateNamed('first_moment', 0), stateNamed('second_moment', 0)];
}

export interface Update {
  readonly graph: Graph;
  readonly layout: ParameterLayout;
  readonly parameters: Node;
  readonly gradient: Node;
  /** factor of global-norm clipping; undefined without clipping */
  readonly scale: Node | undefined;
  readonly learningRate: Node;
  /** number of this step, from 1 */
  readonly step: Node;
}

/** Adds the optimiser's inputs and outputs to the graph and returns the new parameters, [flatSize]. */
export function applyOptimizer(spec: OptimizerSpec, update: Update): Node {
  const { graph, layout, parameters, learningRate } = update;
  const decay = spec.weightDecay ? decayMask(graph, layout) : undefined;
  const weight = decay && mul(decay, spec.weightDecay ?? 0);
  const coupled = weight && spec.kind !== 'adamw';
  const scaled = coupled && update.scale ? mul(update.gradient, update.scale) : update.gradient;
  const gradient = coupled ? add(scaled, mul(parameters, weight)) : scaled;
  // Without coupled decay the clip factor is folded into the optimiser's own factors, which spares a pass.
  const scale = coupled ? undefined : update.scale;
  const states = optimizerStates(spec).map((state) => ({
    ...state,
    node: graph.input(state.input, [layout.flatSize], 'float32', 'optimizer-state'),
  }));
  if (spec.kind === 'sgd')
    return sub(parameters, mul(gradient, scale ? mul(learningRate, scale) : learningRate));
  if (spec.kind === 'adagrad') {
    const [state] = states;
    const exact = scale ? mul(gradient, scale) : gradient;
    const accumulated = add(state.node, mul(exact, exact));
    graph.output(state.output, accumulated);
    return sub(parameters, mul(div(exact, add(sqrt(accumulated), spec.epsilon ?? 1e-10)), learningRate));
  }
  const [first, second] = states;
  const beta1 = spec.beta1 ?? 0.9;
  const beta2 = spec.beta2 ?? 0.999;
  const firstMoment = add(mul(first.node, beta1), mul(gradient, scale ? mul(scale, 1 - beta1) : 1 - beta1));
  const secondMoment = add(
    mul(second.node, beta2),
    mul(mul(gradient, gradient), scale ? mul(mul(scale, scale), 1 - beta2) : 1 - beta2),
  );
  graph.output(first.output, firstMoment);
  graph.output(second.output, secondMoment);
  // lr * (m / c1) / (sqrt(v / c2) + eps) = (lr sqrt(c2) / c1) * m / (sqrt(v) + eps sqrt(c2)): the corrections stay scalar.
  const correction1 = biasCorrection(update.step, beta1);
  const root2 = sqrt(biasCorrection(update.step, beta2));
  const epsilon = cast(mul(root2, spec.epsilon ?? 1e-8), 'float32');
  const rate = mul(learningRate, cast(div(root2, correction1), 'float32'));
  const moved = sub(parameters, mul(div(firstMoment, add(sqrt(secondMoment), epsilon)), rate));
  return weight && spec.kind === 'adamw' ? sub(moved, mul(parameters, mul(weight, learningRate))) : moved;
}

/** 1 - beta^step in double precision: in single precision the first steps of beta2 = 0.999 lose four digits. */
function biasCorrection(step: Node, beta: number): Node {
  return sub(1, pow(step.graph.constant(beta, 'float64'), cast(step, 'float64')));
}
