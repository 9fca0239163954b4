// Short forms of parameters, and the position of a value on its own scale.
import { toUnit } from '../../../dist/space/index.js';

export const unit = (more = {}) => ({ kind: 'float', min: 0, max: 1, default: 0.5, ...more });
export const log = (min, max, more = {}) => ({
  kind: 'float',
  min,
  max,
  log: true,
  default: Math.sqrt(min * max),
  ...more,
});
export const integer = (min, max, more = {}) => ({ kind: 'integer', min, max, default: min, ...more });
export const ordered = (values, more = {}) => ({ kind: 'ordered', values, default: values[0], ...more });
export const choice = (values, more = {}) => ({ kind: 'categorical', values, default: values[0], ...more });
export const when = (parameter, ...values) => ({ when: { parameter, in: values } });

/** Position in [0, 1] of a parameter that is active. */
export const positionIn = (space) => (assignment, name) => toUnit(space[name], assignment[name]);
