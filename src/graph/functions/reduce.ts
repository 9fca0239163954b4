import type { Node } from '../node.js';
import { normalAxes, normalAxis } from './operands.js';
import { reshape } from './shape.js';

export interface ReduceOptions {
  /** keep reduced axes with size 1 */
  readonly keepDims?: boolean;
}

type Axes = number | readonly number[];

function reduce(op: string) {
  return (x: Node, axes?: Axes, options: ReduceOptions = {}): Node => {
    const list = normalAxes(op, x, axes);
    const keepDims = options.keepDims ?? false;
    // Reducing axes of size 1 changes no value.
    if (list.every((axis) => x.shape[axis] === 1)) {
      return keepDims
        ? x
        : reshape(
            x,
            x.shape.filter((_, axis) => !list.includes(axis)),
          );
    }
    return x.graph.add(op, [x], { axes: list, keepDims });
  };
}

/** Sum over `axes` (all of them by default). */
export const sum = reduce('sum');
export const mean = reduce('mean');
/** Ties share the gradient equally. */
export const reduceMax = reduce('reduceMax');
/** Ties share the gradient equally. */
export const reduceMin = reduce('reduceMin');
/** log(sum(exp(x))), stable. */
export const logSumExp = reduce('logSumExp');

export function softmax(x: Node, axis = -1): Node {
  return x.graph.add('softmax', [x], { axis: normalAxis('softmax', x, axis) });
}

export function logSoftmax(x: Node, axis = -1): Node {
  return x.graph.add('logSoftmax', [x], { axis: normalAxis('logSoftmax', x, axis) });
}

export interface CumsumOptions {
  /** leave the element itself out */
  readonly exclusive?: boolean;
  /** sum from the end */
  readonly reverse?: boolean;
}

/** Cumulative sum along an axis. */
export function cumsum(x: Node, axis: number, options: CumsumOptions = {}): Node {
  const attrs = {
    axis: normalAxis('cumsum', x, axis),
    exclusive: options.exclusive ?? false,
    reverse: options.reverse ?? false,
  };
  return x.graph.add('cumsum', [x], attrs);
}
