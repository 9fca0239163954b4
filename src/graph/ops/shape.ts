import { dimOf, dimsOf, numberOf, numbersOf } from '../attributes.js';
import {
  addDims,
  broadcastShapes,
  elementCount,
  equalShapes,
  formatShape,
  subtractDims,
  type Dim,
} from '../dims.js';
import { concat, full, pad, reshape, transpose } from '../functions/index.js';
import type { Node } from '../node.js';
import type { OpEntry } from '../registry.js';
import { unbroadcast } from './unbroadcast.js';

const axisOf = (node: Node): number => numberOf(node.attrs, 'axis');

/** A piece of an axis as its own node; start and length may be symbolic. */
function piece(x: Node, axis: number, start: Dim, length: Dim): Node {
  return length === x.shape[axis] ? x : x.graph.add('slice', [x], { axis, start, length });
}

export const shapeOps: readonly OpEntry[] = [
  {
    name: 'reshape',
    infer([x], attrs, fail) {
      const shape = dimsOf(attrs, 'shape');
      const same = elementCount(x.shape) === elementCount(shape);
      return [
        {
          shape: same
            ? shape
            : fail(`${formatShape(x.shape)} has not as many elements as ${formatShape(shape)}`),
          dtype: x.dtype,
        },
      ];
    },
    gradient: (node, [g]) => [g && reshape(g, node.inputs[0].shape)],
    lower(node, [x], emitter) {
      const source = node.inputs[0].shape;
      const target: (number | undefined)[] = node.shape.map((dim, axis) =>
        typeof dim === 'number' ? dim : dim === source[axis] ? 0 : undefined,
      );
      const symbolic = node.shape.filter((dim) => typeof dim !== 'number').length;
      const open = target.indexOf(undefined);
      if (symbolic === 1)
        return [
          emitter.emit('Reshape', [
            x,
            emitter.ints(node.shape.map((dim) => (typeof dim === 'number' ? dim : -1))),
          ]),
        ];
      if (open === target.lastIndexOf(undefined))
        return [emitter.emit('Reshape', [x, emitter.ints(target.map((dim) => dim ?? -1))])];
      return [emitter.emit('Reshape', [x, emitter.shape(node.shape)])];
    },
    flops: () => 0,
    free: true,
  },
  {
    name: 'transpose',
    infer([x], attrs, fail) {
      const perm = numbersOf(attrs, 'perm');
      if (perm.length !== x.shape.length || new Set(perm).size !== perm.length)
        fail(`[${perm.join(', ')}] is no order of ${x.shape.length} axes`);
      return [{ shape: perm.map((axis) => x.shape[axis]), dtype: x.dtype }];
    },
    gradient(node, [g]) {
      const perm = numbersOf(node.attrs, 'perm');
      return [
        g &&
          transpose(
            g,
            perm.map((_, axis) => perm.indexOf(axis)),
          ),
      ];
    },
    lower: (node, [x], emitter) => [emitter.emit('Transpose', [x], { perm: numbersOf(node.attrs, 'perm') })],
    flops: () => 0,
  },
  {
    name: 'expand',
    infer([x], attrs, fail) {
      const shape = dimsOf(attrs, 'shape');
      const result = broadcastShapes(x.shape, shape);
      return [
        {
          shape:
            result && equalShapes(result, shape)
              ? shape
              : fail(`${formatShape(x.shape)} does not expand to ${formatShape(shape)}`),
          dtype: x.dtype,
        },
      ];
    },
    gradient: (node, [g]) => [g && unbroadcast(g, node.inputs[0].shape)],
    lower: (node, [x], emitter) => [emitter.emit('Expand', [x, emitter.shape(node.shape)])],
    flops: () => 0,
  },
  {
    name: 'concat',
    infer(inputs, attrs, fail) {
      const axis = numberOf(attrs, 'axis');
      const [first] = inputs;
      let size: Dim = 0;
      for (const [i, input] of inputs.entries()) {
        const fits =
          input.shape.length === first.shape.length &&
          input.shape.every((dim, at) => at === axis || dim === first.shape[at]);
        if (!fits)
          fail(
            `part ${i} is ${formatShape(input.shape)}, part 0 is ${formatShape(first.shape)}; only axis ${axis} may differ`,
          );
        if (input.dtype !== first.dtype) fail(`part ${i} is ${input.dtype}, part 0 is ${first.dtype}`);
        size = addDims(size, input.shape[axis]);
      }
      return [{ shape: first.shape.map((dim, at) => (at === axis ? size : dim)), dtype: first.dtype }];
    },
    gradient(node, [g]) {
      if (g === undefined) return [];
      const axis = axisOf(node);
      const sizes = node.inputs.map((input) => input.shape[axis]);
      if (sizes.every((size) => typeof size === 'number')) {
        const pieces = g.graph.add('split', [g], { axis, sizes });
        return sizes.map((_, index) => g.graph.add('part', [pieces], { index }));
      }
      let start: Dim = 0;
      return sizes.map((size) => {
        const cut = piece(g, axis, start, size);
        start = addDims(start, size);
        return cut;
      });
    },
    lower: (node, inputs, emitter) => [emitter.emit('Concat', inputs, { axis: axisOf(node) })],
    flops: () => 0,
  },
  {
    name: 'split',
    infer([x], attrs, fail) {
      const axis = numberOf(attrs, 'axis');
      const sizes = numbersOf(attrs, 'sizes');
      const total = sizes.reduce((sum, size) => sum + size, 0);
      if (total !== x.shape[axis] || sizes.some((size) => size < 0))
        fail(`pieces of ${sizes.join('+')} do not make up ${x.shape[axis]} on axis ${axis}`);
      return sizes.map((size) => ({
        shape: x.shape.map((dim, at) => (at === axis ? size : dim)),
        dtype: x.dtype,
      }));
    },
    gradient(node, gradients) {
      if (gradients.every((g) => g === undefined)) return [undefined];
      const { graph } = node;
      return [
        concat(
          node.outputs.map((type, i) => gradients[i] ?? full(graph, type.shape, 0, type.dtype)),
          axisOf(node),
        ),
      ];
    },
    lower(node, [x], emitter) {
      const sizes = numbersOf(node.attrs, 'sizes');
      return emitter.emitAll(
        'Split',
        [x, emitter.ints(sizes)],
        { axis: axisOf(node) },
        { outputs: sizes.length },
      );
    },
    flops: () => 0,
  },
  {
    name: 'slice',
    infer([x], attrs, fail) {
      const axis = numberOf(attrs, 'axis');
      const length = dimOf(attrs, 'length');
      const start = dimOf(attrs, 'start');
      const size = x.shape[axis];
      const outside = typeof length === 'number' && length < 0;
      const beyond =
        typeof size === 'number' &&
        typeof start === 'number' &&
        typeof length === 'number' &&
        (start < 0 || start + length > size);
      if (outside || beyond)
        fail(
          `elements from ${start}, ${length} of them, are not within axis ${axis} of ${formatShape(x.shape)}`,
        );
      return [{ shape: x.shape.map((dim, at) => (at === axis ? length : dim)), dtype: x.dtype }];
    },
    gradient(node, [g]) {
      const axis = axisOf(node);
      const start = dimOf(node.attrs, 'start');
      const end = addDims(start, dimOf(node.attrs, 'length'));
      return [g && pad(g, axis, start, subtractDims(node.inputs[0].shape[axis], end))];
    },
    lower(node, [x], emitter) {
      const start = dimOf(node.attrs, 'start');
      const end = addDims(start, dimOf(node.attrs, 'length'));
      return [
        emitter.emit('Slice', [
          x,
          emitter.shape([start]),
          emitter.shape([end]),
          emitter.ints([axisOf(node)]),
        ]),
      ];
    },
    flops: () => 0,
  },
  {
    name: 'pad',
    infer([x], attrs, fail) {
      const axis = numberOf(attrs, 'axis');
      const [before, after] = [dimOf(attrs, 'before'), dimOf(attrs, 'after')];
      if ([before, after].some((amount) => typeof amount === 'number' && amount < 0))
        fail(`cannot add ${before} and ${after} zeros on axis ${axis}`);
      const extra = addDims(before, after);
      return [{ shape: x.shape.map((dim, at) => (at === axis ? addDims(dim, extra) : dim)), dtype: x.dtype }];
    },
    gradient(node, [g]) {
      const axis = axisOf(node);
      return [g && piece(g, axis, dimOf(node.attrs, 'before'), node.inputs[0].shape[axis])];
    },
    lower(node, [x], emitter) {
      const axis = axisOf(node);
      const amounts = emitter.shape([dimOf(node.attrs, 'before'), dimOf(node.attrs, 'after')]);
      return [emitter.emit('Pad', [x, amounts, emitter.scalar(0, node.dtype), emitter.ints([axis])])];
    },
    flops: () => 0,
  },
];
