import { equalShapes, type Shape } from '../dims.js';
import { reshape, sum } from '../functions/index.js';
import type { Node } from '../node.js';

/** The gradient of a broadcast operand: sums over the axes along which the operand was repeated. */
export function unbroadcast(gradient: Node, shape: Shape): Node {
  if (equalShapes(gradient.shape, shape)) return gradient;
  const added = gradient.rank - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < added || (shape[axis - added] === 1 && gradient.shape[axis] !== 1));
  return reshape(sum(gradient, axes, { keepDims: true }), shape);
}
