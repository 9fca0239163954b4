import { flagOf } from '../attributes.js';
import type { Dim } from '../dims.js';
import { matmul, neg, reshape, slice } from '../functions/index.js';
import type { Node } from '../node.js';
import { affineOf, affineScaled, affineSum, productTimes } from './affine.js';
import { blocksTimes } from './blocks.js';
import { joinNodes, joinParts } from './join.js';
import { materialised, type Together } from './materialise.js';
import { once, plain, type Plain, type Product, type Sum, type Value } from './value.js';

/** Terms of a sum, by what they depend on. */
interface Terms {
  readonly request?: Plain;
  readonly candidate?: Plain;
}

function termsOf(value: Value): Terms {
  if (value.kind === 'sum') return value;
  const tensor = materialised(value);
  return tensor.reach === 'candidate' ? { candidate: tensor } : { request: tensor };
}

/** a + b, or a - b, of terms of one reach; undefined where neither has any. */
function combined(
  op: string,
  a: Plain | undefined,
  b: Plain | undefined,
  together: Together,
): Plain | undefined {
  if (b === undefined) return a;
  if (a === undefined) return op === 'add' ? b : plain(b.reach, neg(b.node), b.shape);
  return together([a, b]);
}

const isCandidate = (value: Value): boolean => value.kind === 'plain' && value.reach === 'candidate';

/** A sum of both stays one; everything else as one tensor. */
const materialisedUnlessSum = (value: Value): Plain | undefined =>
  value.kind === 'sum' ? undefined : materialised(value);

/**
 * Addition and subtraction: terms of the request gather on one side and those of the candidate on the other, and meet when
 * something that is not linear needs their sum. Undefined when there is nothing of the request in it.
 */
export function addition(node: Node, [left, right]: readonly Value[], together: Together): Value | undefined {
  const sides = [left, right].map((side) => (side.kind === 'affine' ? side : materialisedUnlessSum(side)));
  if (sides.every((side) => side !== undefined) && sides.some(({ kind }) => kind === 'affine')) {
    const [x, y] = sides;
    const affine = isCandidate(x) || isCandidate(y) ? undefined : affineSum(node.op, x, y, node.shape);
    if (affine !== undefined) return affine;
  }
  const [a, b] = [termsOf(left), termsOf(right)];
  if ([a, b].every(({ request }) => request?.reach !== 'request')) return undefined;
  const side = (key: keyof Terms): Plain | undefined => combined(node.op, a[key], b[key], together);
  const [ofRequest, ofItem] = [side('request'), side('candidate')];
  if (ofRequest === undefined || ofItem === undefined) return undefined;
  return { kind: 'sum', request: ofRequest, candidate: ofItem, shape: node.shape };
}

/** Rows of a weight that belong to some entries of what it is multiplied with; neighbouring rows stay one slice. */
function rowsOf(weight: Node, axis: number, ranges: readonly (readonly [number, number])[]): Node {
  return joinNodes(
    ranges.map(([from, to]) => slice(weight, axis, from, to)),
    axis,
  );
}

/** Products with a matrix of weights: [.., in] x [in, out]. Undefined where this rule has nothing to offer. */
export function weightProduct(node: Node, [x, weight]: readonly Value[]): Value | undefined {
  if (weight.kind !== 'plain' || weight.reach !== 'constant' || weight.shape.length !== 2) return undefined;
  if (flagOf(node.attrs, 'transposeA')) return undefined;
  const transposeB = flagOf(node.attrs, 'transposeB');
  const times = (left: Node, right: Node): Node => matmul(left, right, { transposeB });
  const widthOut = node.shape[node.rank - 1];
  if (x.kind === 'sum') return productOfSum(node, x, (left) => times(left, weight.node), widthOut);
  if (x.kind === 'blocks') return blocksTimes(x, weight.node, transposeB, node.shape);
  if (x.kind === 'product') return transposeB ? undefined : productTimes(x, weight.node, node.shape);
  const isVector = (part: Plain): boolean =>
    part.reach === 'candidate' && part.shape.length === 2 && part.shape[0] === 'B' && !transposeB;
  if (x.kind === 'plain') return isVector(x) ? affineOf(x.node, weight.node, node.shape) : undefined;
  if (x.kind !== 'joined') return undefined;
  if (x.axis !== x.shape.length - 1) {
    const parts = x.parts.map((part) => {
      const out = [...part.shape.slice(0, -1), widthOut];
      return plain(part.reach, times(part.node, weight.node), out);
    });
    return x.axis === x.shape.length - 2 && x.shape.length === 2
      ? undefined
      : { kind: 'joined', axis: x.axis, parts, shape: node.shape };
  }
  let from = 0;
  const placed = x.parts.map((part) => {
    const range = [from, from + Number(part.shape[x.axis])] as const;
    from = range[1];
    return { part, range };
  });
  const side = (ofCandidate: boolean): { left: Plain; rows: Node } => {
    const own = placed.filter(({ part }) => (part.reach === 'candidate') === ofCandidate);
    const left = joinParts(
      own.map(({ part }) => part),
      x.axis,
    );
    const rows = rowsOf(
      weight.node,
      transposeB ? 1 : 0,
      own.map(({ range }) => range),
    );
    return { left, rows };
  };
  const product = ({ left, rows }: { left: Plain; rows: Node }): Plain =>
    plain(left.reach, times(left.node, rows), [...left.shape.slice(0, -1), widthOut]);
  const request = product(side(false));
  const { left, rows } = side(true);
  const affine = isVector(left)
    ? affineSum('add', affineOf(left.node, rows, node.shape), request, node.shape)
    : undefined;
  return affine ?? { kind: 'sum', request, candidate: product({ left, rows }), shape: node.shape };
}

/** e o c, kept apart: a tensor of the request and a vector of the candidate that repeats along its other axes. */
export function outerProduct(node: Node, values: readonly Value[]): Product | undefined {
  if (node.op !== 'mul') return undefined;
  const request = values.find((value): value is Plain => value.kind === 'plain' && value.reach === 'request');
  const candidate = values.find(
    (value): value is Plain => value.kind === 'plain' && value.reach === 'candidate',
  );
  if (request === undefined || candidate === undefined) return undefined;
  const { shape } = candidate;
  const isVector =
    shape[0] === 'B' && shape.length === node.rank && shape.slice(1, -1).every((dim) => dim === 1);
  const isWhole =
    request.shape.length === node.rank && request.shape.every((dim, axis) => dim === node.shape[axis]);
  return isVector && isWhole && node.rank > 2 && node.shape[0] === 'B' && shape.at(-1) === node.shape.at(-1)
    ? { kind: 'product', request, candidate, shape: node.shape }
    : undefined;
}

function productOfSum(
  node: Node,
  { request, candidate }: Sum,
  times: (x: Node) => Node,
  widthOut: Dim,
): Value {
  const each = (part: Plain): Plain => {
    const { rank } = node;
    const shape = [...Array.from({ length: rank - part.shape.length }, () => 1), ...part.shape];
    const wide = part.shape.length === rank ? part.node : reshape(part.node, once(shape));
    return plain(part.reach, times(wide), [...shape.slice(0, -1), widthOut]);
  };
  return { kind: 'sum', request: each(request), candidate: each(candidate), shape: node.shape };
}

/** A sum times or over something that is the same for all samples and candidates, or its negative. */
export function scaledSum(node: Node, values: readonly Value[], together: Together): Value | undefined {
  const position = values.findIndex(({ kind }) => kind === 'sum' || kind === 'affine');
  const sum = values[position];
  if (sum?.kind !== 'sum' && sum?.kind !== 'affine') return undefined;
  const others = values.filter((_, i) => i !== position);
  const isConstant = others.every((other) => other.kind === 'plain' && other.reach === 'constant');
  const linear = node.op === 'neg' || node.op === 'mul' || (node.op === 'div' && position === 0);
  if (!linear || !isConstant) return undefined;
  if (sum.kind === 'affine') {
    const isScalar = others.every((other) => other.shape.length === 0);
    return isScalar ? affineScaled(sum, (part) => scaled(node, values, position, part)) : undefined;
  }
  const each = (part: Plain): Plain =>
    together(values.map((value, i) => (i === position ? part : (value as Plain))));
  return { kind: 'sum', request: each(sum.request), candidate: each(sum.candidate), shape: node.shape };
}

const scaled = ({ op, attrs }: Node, values: readonly Value[], position: number, part: Node): Node =>
  part.graph.add(
    op,
    values.map((value, i) => (i === position ? part : (value as Plain).node)),
    attrs,
  );
