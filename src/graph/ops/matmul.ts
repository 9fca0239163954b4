import { flagOf } from '../attributes.js';
import { broadcastShapes, formatShape, type Dim, type Shape } from '../dims.js';
import { matmul } from '../functions/index.js';
import type { OpEntry } from '../registry.js';
import { tallProduct } from './tall-product.js';
import { unbroadcast } from './unbroadcast.js';

function matrix(shape: Shape, transposed: boolean): readonly [Dim, Dim] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
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
