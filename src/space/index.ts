/**
 * space: decision spaces. A space is data: named, typed parameters, some of them conditional on others. Everything that
 * the engine decides (hyper-parameters, features, recipes) is an assignment in some space.
 */
export type { CategoricalParameter, Condition, FloatParameter, IntegerParameter, OrderedParameter, Parameter, Space } from './parameter.js';
