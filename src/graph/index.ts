/**
 * graph: the typed tensor graph. Models are built from nodes whose shapes are checked line by line; the graph is
 * differentiated, lowered to an ONNX file, priced and hashed here. Nothing here runs anything. An operation is one entry
 * in ops/ (shape rule, gradient rule, lowering, cost) and one function in functions/ that models call.
 */
import './ops/index.js';

export { cost, type CostOptions, type GraphCost } from './cost.js';
export { differentiate } from './differentiate.js';
export { canonicalDim, elementCount, evaluateDim, formatShape, type Dim, type Shape } from './dims.js';
export { fillDropoutMask } from './dropout-mask.js';
export { bytesOf, type DType, type TensorData } from './dtype.js';
export * from './functions/index.js';
export {
  Graph,
  type ConstantValue,
  type DropoutMask,
  type GraphInput,
  type GraphOptions,
  type GraphParameter,
  type GraphState,
  type InputRole,
} from './graph.js';
export {
  factorRequest,
  type FactoredGraph,
  type FactoredInput,
  type RequestSide,
} from './request-factoring/factor-request.js';
export { hashGraph } from './hash-graph.js';
export {
  filled,
  glorotUniform,
  heNormal,
  initialize,
  normal,
  ones,
  uniform,
  zeros,
  type Initializer,
} from './initializers.js';
export * from './losses/index.js';
export { lower, type LowerOptions, type Outputs } from './lowering/lower.js';
export type * from './model-definition.js';
export { Node, type Operand } from './node.js';
export { quantiseModel, type QuantisedModel, type QuantiseOptions } from './quantisation/quantise-model.js';
export { opNames } from './registry.js';
export * from './training-step/index.js';
