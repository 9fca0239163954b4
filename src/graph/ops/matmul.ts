import { flagOf } from '../attributes.js';
import { broadcastShapes, divideDims, formatShape, type Dim, type Shape } from '../dims.js';
import { matmul, reshape, sum } from '../functions/index.js';
import type { Node } from '../node.js';
import type { OpEntry } from '../registry.js';
import { unbroadcast } from './unbroadcast.js';

function matrix(shape: Shape, transposed: boolean): readonly [Dim, Dim] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/** At most this many pieces: each costs one partial result. */
const maxPieces = 16;

/**
 * a^T b for tall matrices, the gradient of a weight that every position of a sequence shares. ONNX Runtime spreads a
 * product over threads by its result only, so a small result of a long sum is cut along the sum: [50*B, M] becomes
 * [10, 5*B, M] and the partial results are added, in fixed order.
 */
function tallProduct(a: Node, b: Node): Node {
  const pieces = commonPieces(a.shape[0]);
  const small = Number(a.shape[1]) * Number(b.shape[1]) <= 128 * 128;
  if (a.rank !== 2 || b.rank !== 2 || pieces === 1 || !small) return matmul(a, b, { transposeA: true });
  const cut = (x: Node): Node => reshape(x, [pieces, divideDims(x.shape[0], pieces)!, x.shape[1]]);
  return sum(matmul(cut(a), cut(b), { transposeA: true }), 0);
}

/** Largest divisor, up to the limit, that is known whatever the symbols are. */
function commonPieces(rows: Dim): number {
  for (let pieces = maxPieces; pieces > 1; pieces -= 1) {
    if (typeof rows !== 'number' && divideDims(rows, pieces) !== undefined) return pieces;
  }
  return 1;
}

export const matmulOps: readonly OpEntry[] = [
  {
    name: 'matmul',
    infer([a, b], attrs, fail) {
      if (a.shape.length < 2 || b.shape.length < 2) fail('both operands need two axes or more');
      if (a.dtype !== b.dtype) fail(`element types differ: ${a.dtype} and ${b.dtype}`);
      const [rows, inner] = matrix(a.shape, flagOf(attrs, 'transposeA'));
      const [height, columns] = matrix(b.shape, flagOf(attrs, 'transposeB'));
      if (inner !== height) fail(`inner dimensions ${inner} and ${height} differ`);
      const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
      if (batch === undefined)
        return fail(
          `batch dimensions of ${formatShape(a.shape)} and ${formatShape(b.shape)} do not broadcast`,
        );
      return [{ shape: [...batch, rows, columns], dtype: a.dtype }];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const [a, b] = node.inputs;
      const transposeA = flagOf(node.attrs, 'transposeA');
      const transposeB = flagOf(node.attrs, 'transposeB');
      const da = transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeB: !transposeB });
      if (!transposeA)
        return [
          unbroadcast(da, a.shape),
          unbroadcast(transposeB ? tallProduct(g, a) : tallProduct(a, g), b.shape),
        ];
      const db = transposeB ? matmul(g, a, { transposeA: true, transposeB: true }) : matmul(a, g);
      return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)];
    },
    lower(node, inputs, emitter) {
      const transposeA = flagOf(node.attrs, 'transposeA');
      const transposeB = flagOf(node.attrs, 'transposeB');
      if (!transposeA && !transposeB) return [emitter.emit('MatMul', inputs)];
      const [a, b] = node.inputs;
      if (a.rank === 2 && b.rank === 2) {
        return [emitter.emit('Gemm', inputs, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 })];
      }
      const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0, alpha: { float: 1 } };
      return [emitter.emit('FusedMatMul', inputs, attributes, { domain: 'com.microsoft' })];
    },
    flops(node, sizeOf) {
      const [a] = node.inputs;
      const inner = matrix(a.shape, flagOf(node.attrs, 'transposeA'))[1];
      return 2 * sizeOf(node) * sizeOf({ shape: [inner], dtype: a.dtype });
    },
  },
];
