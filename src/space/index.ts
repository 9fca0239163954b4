/**
 * space: decision spaces. A space is data: named, typed parameters, some of them conditional on others. Everything that
 * the engine decides (hyper-parameters, features, recipes) is an assignment in some space.
 */
export type {
  CategoricalParameter,
  Condition,
  FloatParameter,
  IntegerParameter,
  OrderedParameter,
  Parameter,
  Space,
} from './parameter.js';
export {
  activeNames,
  activeOnly,
  build,
  complete,
  defaults,
  hashAssignment,
  isActive,
  valueOf,
  type Assignment,
  type Value,
} from './assignment.js';
export { cardinality, enumerate } from './cardinality.js';
export { conditional, join, merge, prefix, under } from './compose.js';
export { decode, encode, encodedLength } from './encode.js';
export { nearestName } from './nearest-name.js';
export { asChoices, parseAssignment } from './parse.js';
export { chanceOf, crossover, mutate, neighbours, sample, sampleValue } from './sample.js';
export { fromUnit, sizeOf, toUnit, unitCell } from './unit.js';
export { accepts, checkSpace, describeAllowed, unknownParameter, validate } from './validate.js';
