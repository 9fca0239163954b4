import { dimOf, flagOf, numberOf } from '../attributes.js';
import { elementCount, equalShapes, formatShape, type Dim, type Shape } from '../dims.js';
import { tensorData, type DType } from '../dtype.js';
import {
  full,
  gather,
  gatherAlongLast,
  matmul,
  reshape,
  scatterAdd,
  scatterAlongLast,
  transpose,
} from '../functions/index.js';
import type { Node, TensorType } from '../node.js';
import type { OpEntry } from '../registry.js';
import { tallProduct } from './tall-product.js';

const isIndex = (dtype: DType): boolean => dtype === 'int32' || dtype === 'int64';

const sameLeading = (a: TensorType, b: TensorType): boolean =>
  equalShapes(a.shape.slice(0, -1), b.shape.slice(0, -1));

/** Axes with `axis` moved to the front, and the order that moves it back. */
function frontOrder(
  rank: number,
  axis: number,
): { readonly to: readonly number[]; readonly back: readonly number[] } {
  const to = [axis, ...Array.from({ length: rank }, (_, at) => at).filter((at) => at !== axis)];
  return { to, back: to.map((_, at) => to.indexOf(at)) };
}

/** Largest one-hot matrix that stands for a constant selection. */
const maxSelection = 1 << 16;

/** For a gather by a few constant indices, such as pairs of fields: the one-hot matrix [size of the axis, indices]. */
function selectionOf(node: Node): Node | undefined {
  const [x, indices] = node.inputs;
  const size = x.shape[numberOf(node.attrs, 'axis')];
  if (indices.data === undefined || typeof size !== 'number' || size * indices.data.length > maxSelection)
    return undefined;
  const count = indices.data.length;
  const data = new Float32Array(size * count);
  for (const [column, index] of Array.from(indices.data, Number).entries())
    data[(index < 0 ? index + size : index) * count + column] = 1;
  return x.graph.constant({ data, shape: [size, count] }, x.dtype);
}

/** Adds the gathered gradient back as a matrix product, where a scatter would go element by element. */
function unselect(g: Node, selection: Node, shape: Shape, axis: number): Node {
  const leading = elementCount(shape.slice(0, axis));
  const trailing = elementCount(shape.slice(axis + 1));
  if (trailing === 1)
    return reshape(matmul(reshape(g, [leading, selection.shape[1]]), selection, { transposeB: true }), shape);
  return reshape(matmul(selection, reshape(g, [leading, selection.shape[1], trailing])), shape);
}

/**
 * Whether a product with one-hot rows beats the sequential scatter: a scatter takes about 10 ns per float of an update, a
 * one-hot row about 0.7 ns per row of the table.
 */
function isSmallTable([rows, ...rest]: Shape): boolean {
  const width = elementCount(rest);
  return typeof rows === 'number' && typeof width === 'number' && rows <= Math.min(512, 10 * width);
}

/** one-hot(indices)^T g. Rows of the identity are the fastest way to one-hot rows. */
function smallTableGradient(table: Node, indices: Node, g: Node): Node {
  const rows = Number(table.shape[0]);
  const data = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i += 1) data[i * rows + i] = 1;
  const oneHotRows = gather(table.graph.constant({ data, shape: [rows, rows] }, table.dtype), indices, 0);
  return reshape(
    tallProduct(oneHotRows, reshape(g, [indices.shape[0], elementCount(table.shape.slice(1))])),
    table.shape,
  );
}

export const indexingOps: readonly OpEntry[] = [
  {
    name: 'gather',
    infer([x, indices], attrs, fail) {
      const axis = numberOf(attrs, 'axis');
      if (!isIndex(indices.dtype)) fail(`the indices are ${indices.dtype}, not int32 or int64`);
      return [
        { shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype },
      ];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const [x, indices] = node.inputs;
      const axis = numberOf(node.attrs, 'axis');
      const selection = selectionOf(node);
      if (selection) return [unselect(g, selection, x.shape, axis), undefined];
      const count = elementCount(indices.shape);
      if (axis === 0 && !flagOf(node.attrs, 'distinct') && isSmallTable(x.shape)) {
        return [smallTableGradient(x, reshape(indices, [count]), g), undefined];
      }
      const rows = reshape(g, [...x.shape.slice(0, axis), count, ...x.shape.slice(axis + 1)]);
      const { to, back } = frontOrder(x.rank, axis);
      const base = full(
        x.graph,
        to.map((at) => x.shape[at]),
        0,
        x.dtype,
      );
      const options = { distinct: flagOf(node.attrs, 'distinct') };
      return [
        transpose(scatterAdd(base, reshape(indices, [count]), transpose(rows, to), options), back),
        undefined,
      ];
    },
    lower: (node, inputs, emitter) => [
      emitter.emit('Gather', inputs, { axis: numberOf(node.attrs, 'axis') }),
    ],
    flops: () => 0,
  },
  {
    name: 'scatterAdd',
    infer([base, indices, updates], _attrs, fail) {
      if (!isIndex(indices.dtype)) fail(`the indices are ${indices.dtype}, not int32 or int64`);
      const rows = [...indices.shape, ...base.shape.slice(1)];
      const fits =
        indices.shape.length === 1 && rows.join() === updates.shape.join() && base.dtype === updates.dtype;
      return [fits ? base : fail(`the updates should be ${formatShape(rows)}`)];
    },
    gradient: (node, [g]) => [
      g,
      undefined,
      g && gather(g, node.inputs[1], 0, { distinct: flagOf(node.attrs, 'distinct') }),
    ],
    lower(node, [base, indices, updates], emitter) {
      const rank = node.rank;
      const column = emitter.emit('Unsqueeze', [
        indices,
        emitter.ints(Array.from({ length: rank - 1 }, (_, i) => i + 1)),
      ]);
      if (flagOf(node.attrs, 'distinct')) {
        const rows = emitter.emit('Cast', [emitter.emit('Unsqueeze', [indices, emitter.ints([1])])], {
          to: emitter.typeCode('int64'),
        });
        return [emitter.emit('ScatterND', [base, rows, updates], { reduction: 'add' })];
      }
      // ScatterND adds equal rows from several threads without a lock and loses updates; ScatterElements is sequential.
      const everywhere = emitter.emit('Expand', [column, emitter.shape(node.inputs[2].shape)]);
      return [emitter.emit('ScatterElements', [base, everywhere, updates], { axis: 0, reduction: 'add' })];
    },
    flops: (node, sizeOf) => sizeOf(node.inputs[2]),
  },
  {
    name: 'topK',
    infer([x], attrs, fail) {
      const k = numberOf(attrs, 'k');
      const width: Dim = x.shape.at(-1) ?? fail('needs an axis');
      if (k < 1 || (typeof width === 'number' && k > width)) fail(`cannot take ${k} of ${width}`);
      const shape = [...x.shape.slice(0, -1), k];
      return [
        { shape, dtype: x.dtype },
        { shape, dtype: 'int64' },
      ];
    },
    gradient(node, [g]) {
      const [x] = node.inputs;
      if (g === undefined) return [undefined];
      const indices = node.graph.add('part', [node], { index: 1 });
      return [scatterAlongLast(full(x.graph, x.shape, 0, x.dtype), indices, g)];
    },
    lower(node, [x], emitter) {
      return emitter.emitAll(
        'TopK',
        [x, emitter.ints([numberOf(node.attrs, 'k')])],
        { axis: -1 },
        { outputs: 2 },
      );
    },
    flops: (node, sizeOf) => sizeOf(node.inputs[0]) * Math.ceil(Math.log2(numberOf(node.attrs, 'k') + 1)),
  },
  {
    name: 'gatherAlongLast',
    infer([x, indices], _attrs, fail) {
      if (!isIndex(indices.dtype)) fail(`the indices are ${indices.dtype}, not int32 or int64`);
      return [
        {
          shape: sameLeading(x, indices) ? indices.shape : fail('all axes but the last must agree'),
          dtype: x.dtype,
        },
      ];
    },
    gradient(node, [g]) {
      const [x, indices] = node.inputs;
      return [g && scatterAlongLast(full(x.graph, x.shape, 0, x.dtype), indices, g), undefined];
    },
    lower: (_node, inputs, emitter) => [emitter.emit('GatherElements', inputs, { axis: -1 })],
    flops: () => 0,
  },
  {
    name: 'scatterAlongLast',
    infer([base, indices, values], _attrs, fail) {
      if (!isIndex(indices.dtype)) fail(`the indices are ${indices.dtype}, not int32 or int64`);
      const fits =
        sameLeading(base, indices) &&
        formatShape(indices.shape) === formatShape(values.shape) &&
        base.dtype === values.dtype;
      return [
        fits
          ? base
          : fail('values must have the shape of the indices, and all axes of the base but the last'),
      ];
    },
    gradient: (node, [g]) => [g, undefined, g && gatherAlongLast(g, node.inputs[1])],
    lower: (_node, inputs, emitter) => [
      emitter.emit('ScatterElements', inputs, { axis: -1, reduction: 'add' }),
    ],
    flops: (node, sizeOf) => sizeOf(node.inputs[2]),
  },
  {
    name: 'oneHot',
    infer: ([ids], attrs, fail) => [
      {
        shape: [...ids.shape, numberOf(attrs, 'depth')],
        dtype: isIndex(ids.dtype) ? 'float32' : fail(`the ids are ${ids.dtype}, not int32 or int64`),
      },
    ],
    lower(node, [ids], emitter) {
      const depth = emitter.scalar(numberOf(node.attrs, 'depth'), 'int64');
      const values = emitter.constant(tensorData('float32', [0, 1]), [2], 'float32');
      return [
        emitter.emit(
          'OneHot',
          [emitter.emit('Cast', [ids], { to: emitter.typeCode('int64') }), depth, values],
          { axis: -1 },
        ),
      ];
    },
    flops: () => 0,
  },
  {
    name: 'range',
    infer: (_inputs, attrs) => [{ shape: [dimOf(attrs, 'size')], dtype: 'int32' }],
    lower(node, _inputs, emitter) {
      const size = emitter.emit('Squeeze', [
        emitter.emit('Cast', [emitter.shape(node.shape)], { to: emitter.typeCode('int32') }),
      ]);
      return [emitter.emit('Range', [emitter.scalar(0, 'int32'), size, emitter.scalar(1, 'int32')])];
    },
    flops: () => 0,
  },
  {
    name: 'dimensionSize',
    infer: () => [{ shape: [], dtype: 'float32' }],
    lower: (node, _inputs, emitter) => [
      emitter.emit('Squeeze', [
        emitter.emit('Cast', [emitter.shape([dimOf(node.attrs, 'dim')])], {
          to: emitter.typeCode('float32'),
        }),
      ]),
    ],
    flops: () => 0,
  },
];
