import { broadcastShapes, equalShapes, type Shape } from '../dims.js';
import { concat, expand, matmul, reshape, slice } from '../functions/index.js';
import type { Node } from '../node.js';
import { axesOfSample } from './affine.js';
import type { Affine, Blocks, Plain, Value } from './value.js';

/**
 * What a sample has in one block, in numbers. With 500 candidates a block is about a megabyte, so that what one operation
 * wrote is still in a core's cache when the next one reads it. Smaller ones are no quicker, and cost operators.
 */
export const BLOCK_NUMBERS = 512;
/** With more blocks than this, requests of few candidates would lose more to operators than others gain. */
const MOST_BLOCKS = 32;

/**
 * An affine map to rows [L, H] of each sample, worked out for some of the L at a time. The offset is one more row of the
 * matrix, and a one in front of it: added by itself it would be another pass over everything.
 * @returns undefined when it is no such map, or all of it is one block
 */
function inBlocks({ left, matrix, offset, shape }: Affine, numbers: number): Blocks | undefined {
  const tail = axesOfSample(shape);
  if (tail?.length !== 2 || !equalShapes(matrix.shape.slice(1), tail)) return undefined;
  if (offset !== undefined && !equalShapes(broadcastShapes(tail, offset.shape) ?? [], tail)) return undefined;
  const [rows, width] = tail;
  const blocks = Math.min(MOST_BLOCKS, Math.ceil(rows / Math.max(1, Math.floor(numbers / width))));
  const entries = evenly(rows, blocks);
  if (entries.length === 1) return undefined;
  const one = left.graph.constant({ data: [1], shape: [1, 1] }, left.dtype);
  const vector = offset === undefined ? left : concat([left, expand(one, ['B', 1])], 1);
  const whole =
    offset === undefined ? matrix : concat([matrix, reshape(expand(offset, tail), [1, ...tail])], 0);
  let from = 0;
  const parts = entries.map((count) => {
    const own = reshape(slice(whole, 1, from, from + count), [whole.shape[0], count * width]);
    from += count;
    return reshape(matmul(vector, own), [-1, width]);
  });
  return { kind: 'blocks', parts, entries, shape };
}

/** `count` in runs that are as equal as they can be. */
function evenly(count: number, runs: number): number[] {
  return Array.from(
    { length: runs },
    (_, i) => Math.floor(((i + 1) * count) / runs) - Math.floor((i * count) / runs),
  );
}

/** Whether it is one number, or one for each place of the last axis. */
const isVector = ({ shape }: Plain): boolean => shape.slice(0, -1).every((dim) => dim === 1);

/** The tensor for every block; undefined for one that cannot be had so. */
function operandOf(value: Value, { entries, shape }: Blocks): readonly Node[] | undefined {
  if (value.kind === 'blocks')
    return equalShapes(value.shape, shape) && value.entries.join() === entries.join()
      ? value.parts
      : undefined;
  if (value.kind !== 'plain' || value.reach !== 'constant' || !isVector(value)) return undefined;
  const vector = value.shape.length === 0 ? value.node : reshape(value.node, value.shape.slice(-1));
  return entries.map(() => vector);
}

/** An elementwise operation in blocks: of affine maps and blocks with each other and with weights. */
export function blockwise(
  values: readonly Value[],
  shape: Shape,
  numbers: number,
  apply: (operands: readonly Node[]) => Node,
): Blocks | undefined {
  const cut = values.map((value) => (value.kind === 'affine' ? (inBlocks(value, numbers) ?? value) : value));
  const first = cut.find((value): value is Blocks => value.kind === 'blocks');
  if (first === undefined || !equalShapes(first.shape, shape)) return undefined;
  const operands = cut.map((value) => operandOf(value, first));
  if (!operands.every((own) => own !== undefined)) return undefined;
  if (shape.at(-1) !== 1)
    return { ...first, parts: first.parts.map((_, i) => apply(operands.map((own) => own[i]))) };
  // One number after the other: ONNX Runtime adds [n, 1] and [1] row by row, at ten times the cost of [1, n] and [1].
  const flat = ({ kind }: Value, own: Node): Node => (kind === 'blocks' ? reshape(own, [1, -1]) : own);
  const parts = first.parts.map((_, i) =>
    reshape(apply(operands.map((own, v) => flat(cut[v], own[i]))), [-1, 1]),
  );
  return { ...first, parts };
}

/** Products with weights [H, W], or [W, H] transposed. */
export function blocksTimes(x: Blocks, weight: Node, transposeB: boolean, shape: Shape): Blocks {
  const times = (part: Node): Node => {
    if (shape.at(-1) !== 1) return matmul(part, weight, { transposeB });
    // A product with one column is slow, one with one row is not.
    const row = reshape(weight, [1, part.shape[1]]);
    return reshape(matmul(row, part, { transposeB: true }), [-1, 1]);
  };
  return { ...x, parts: x.parts.map(times), shape };
}

/** Rows of samples folded into the first axis, or not: the blocks are the same. */
export function blocksReshaped(x: Blocks, shape: Shape): Blocks | undefined {
  const [from, to] = [axesOfSample(x.shape), axesOfSample(shape)];
  return from !== undefined && to !== undefined && equalShapes(from, to) ? { ...x, shape } : undefined;
}

/** The blocks as one tensor. */
export function putTogether({ parts, entries, shape }: Blocks): Node {
  const width = Number(shape.at(-1));
  const samples = parts.map((part, i) => reshape(part, ['B', entries[i] * width]));
  return reshape(concat(samples, 1), shape);
}
