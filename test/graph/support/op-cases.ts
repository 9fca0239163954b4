import * as g from '../../../src/graph/index.js';
import type { DType } from '../../../src/graph/dtype.js';
import type { Dim, Graph, Node } from '../../../src/graph/index.js';

/** Sizes from which every case builds its shapes; b is the size of the symbolic dimension B. */
export interface Sizes {
  readonly b: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** 'away' keeps clear of 0 and of ties, where a kink would spoil a difference quotient. */
export type Values = 'normal' | 'positive' | 'away' | 'bool' | { readonly below: Dim };

export interface CaseInput {
  readonly shape: readonly Dim[];
  readonly values?: Values;
}

export interface OpCase {
  /** the entry that the case is for */
  readonly op: string;
  readonly title?: string;
  inputs(sizes: Sizes): readonly CaseInput[];
  build(nodes: readonly Node[], graph: Graph, sizes: Sizes): Node;
  /** single precision where ONNX Runtime has no double kernel */
  readonly precision?: 'float32';
  /** left out of the gradient table: no float output or no derivative */
  readonly gradient?: false;
}

const matrix =
  (values?: Values) =>
  ({ m }: Sizes): readonly CaseInput[] => [{ shape: ['B', m], values }];

const pair =
  (values?: Values) =>
  ({ m, k }: Sizes): readonly CaseInput[] => [
    { shape: ['B', m, k], values },
    { shape: [m, 1], values },
  ];

const unary = (
  op: string,
  build: (x: Node) => Node,
  values?: Values,
  extra: Partial<OpCase> = {},
): OpCase => ({
  op,
  inputs: matrix(values),
  build: ([x]) => build(x),
  ...extra,
});

const binary = (
  op: string,
  build: (a: Node, b: Node) => Node,
  values?: Values,
  extra: Partial<OpCase> = {},
): OpCase => ({
  op,
  inputs: pair(values),
  build: ([a, b]) => build(a, b),
  ...extra,
});

const cube = ({ m, k }: Sizes): readonly CaseInput[] => [{ shape: ['B', m, k], values: 'away' }];
const none = { gradient: false } as const;

const unaryCases: readonly OpCase[] = [
  unary('neg', g.neg),
  unary('exp', g.exp),
  unary('log', g.log, 'positive'),
  unary('sqrt', g.sqrt, 'positive'),
  unary('abs', g.abs, 'away'),
  unary('sign', g.sign, 'away'),
  unary('heaviside', g.heaviside, 'away', { precision: 'float32' }),
  unary('heaviside', g.heaviside, 'away', { title: 'heaviside in double precision' }),
  unary('floor', g.floor, 'away'),
  unary('round', g.round, 'away'),
  unary('sin', g.sin),
  unary('cos', g.cos),
  unary('relu', g.relu, 'away'),
  unary('sigmoid', g.sigmoid),
  unary('tanh', g.tanh),
  unary('erf', g.erf, 'normal', { precision: 'float32' }),
  unary('gelu', g.gelu, 'normal', { precision: 'float32' }),
  unary('silu', g.silu, 'normal', { precision: 'float32' }),
  unary('softplus', g.softplus, 'normal', { precision: 'float32' }),
  unary('clip', (x) => g.clip(x, -0.55, 0.55), 'away'),
  unary('not', g.not, 'bool', none),
  unary('cast', (x) => g.cast(x, 'float32'), 'normal', { precision: 'float32' }),
  unary('cast', (x) => g.mul(g.cast(g.mul(x, 2), 'float64'), 3), 'normal', {
    precision: 'float32',
    title: 'cast to double',
  }),
  unary('stopGradient', (x) => g.mul(g.stopGradient(x), 2), 'normal', none),
];

const binaryCases: readonly OpCase[] = [
  binary('add', g.add),
  binary('sub', g.sub),
  binary('sub', (a, b) => g.sub(b, a), 'normal', { title: 'sub, small first' }),
  binary('mul', g.mul),
  binary('div', g.div, 'positive'),
  binary('div', (a, b) => g.div(b, a), 'positive', { title: 'div, small first' }),
  binary('pow', g.pow, 'positive'),
  binary('minimum', g.minimum, 'away'),
  binary('maximum', g.maximum, 'away'),
  binary('equal', g.equal, 'away', none),
  binary('greater', g.greater, 'away', none),
  binary('greaterEqual', g.greaterEqual, 'away', none),
  binary('less', g.less, 'away', none),
  binary('lessEqual', g.lessEqual, 'away', none),
  binary('and', g.and, 'bool', none),
  binary('or', g.or, 'bool', none),
  binary('straightThrough', (a, b) => g.straightThrough(g.floor(a), g.add(a, g.mul(b, 0))), 'away', none),
  {
    op: 'where',
    inputs: ({ m, k }) => [{ shape: ['B', 1, k], values: 'bool' }, { shape: [m, 1] }, { shape: ['B', 1, k] }],
    build: ([condition, a, b]) => g.where(condition, a, b),
  },
  {
    op: 'mul',
    title: 'mul of an expanded operand',
    inputs: ({ m, k }) => [{ shape: ['B', 1] }, { shape: ['B', m], values: 'normal' }, { shape: [k, 1, 1] }],
    build: ([a, b, c], _graph, { m }) => g.mul(g.mul(g.expand(a, ['B', m]), b), c),
  },
];

const reduceCases: readonly OpCase[] = [
  { op: 'sum', inputs: cube, build: ([x]) => g.sum(x, [0, 2]) },
  { op: 'sum', title: 'sum of all', inputs: cube, build: ([x]) => g.sum(x) },
  {
    op: 'sum',
    title: 'sum over leading axes of a wide tensor',
    inputs: ({ m }) => [{ shape: ['B', m, 9] }],
    build: ([x]) => g.sum(x, [0, 1]),
  },
  {
    op: 'mean',
    title: 'mean over leading axes of a wide tensor',
    inputs: ({ m }) => [{ shape: ['B', m, 3, 4] }],
    build: ([x]) => g.mean(x, [0, 1], { keepDims: true }),
  },
  { op: 'mean', inputs: cube, build: ([x]) => g.mean(x, [0, 1], { keepDims: true }) },
  { op: 'mean', title: 'mean over the last axis', inputs: cube, build: ([x]) => g.mean(x, -1) },
  { op: 'reduceMax', inputs: cube, build: ([x]) => g.reduceMax(x, 1) },
  { op: 'reduceMin', inputs: cube, build: ([x]) => g.reduceMin(x, [1, 2], { keepDims: true }) },
  { op: 'logSumExp', inputs: cube, build: ([x]) => g.logSumExp(x, 2) },
  { op: 'softmax', inputs: cube, build: ([x]) => g.softmax(x, -1) },
  { op: 'softmax', title: 'softmax of a middle axis', inputs: cube, build: ([x]) => g.softmax(x, 1) },
  { op: 'logSoftmax', inputs: cube, build: ([x]) => g.logSoftmax(x, 2) },
  { op: 'cumsum', inputs: cube, build: ([x]) => g.cumsum(x, 1) },
  {
    op: 'cumsum',
    title: 'cumsum, exclusive from the end',
    inputs: cube,
    build: ([x]) => g.cumsum(x, 2, { exclusive: true, reverse: true }),
  },
  {
    op: 'layerNorm',
    inputs: ({ m, k }) => [
      { shape: ['B', m, k + 1], values: 'away' },
      { shape: [k + 1] },
      { shape: [k + 1] },
    ],
    build: ([x, scale, bias]) => g.layerNorm(x, scale, bias),
  },
  {
    op: 'div',
    title: 'rmsNorm',
    inputs: ({ m, k }) => [{ shape: ['B', m, k + 1], values: 'away' }, { shape: [k + 1] }],
    build: ([x, scale]) => g.rmsNorm(x, scale),
  },
  {
    op: 'div',
    title: 'batchNorm',
    precision: 'float32',
    inputs: ({ k }) => [{ shape: ['B', k], values: 'away' }, { shape: [k] }, { shape: [k] }],
    build: ([x, scale, bias]) => g.batchNorm(x, scale, bias, { epsilon: 0.1 }),
  },
];

function product(
  title: string,
  a: (s: Sizes) => readonly Dim[],
  b: (s: Sizes) => readonly Dim[],
  options: g.MatmulOptions = {},
): OpCase {
  return {
    op: 'matmul',
    title: `matmul ${title}`,
    precision: options.transposeA || options.transposeB ? 'float32' : undefined,
    inputs: (sizes) => [{ shape: a(sizes) }, { shape: b(sizes) }],
    build: ([x, y]) => g.matmul(x, y, options),
  };
}

const matmulCases: readonly OpCase[] = [
  product(
    'of matrices',
    ({ m }) => ['B', m],
    ({ m, n }) => [m, n],
  ),
  product(
    'with the second transposed',
    ({ m }) => ['B', m],
    ({ m, n }) => [n, m],
    { transposeB: true },
  ),
  product(
    'with the first transposed',
    ({ m }) => ['B', m],
    ({ n }) => ['B', n],
    { transposeA: true },
  ),
  product(
    'with both transposed',
    ({ m }) => ['B', m],
    ({ n }) => [n, 'B'],
    { transposeA: true, transposeB: true },
  ),
  product(
    'of a batch and a shared matrix',
    ({ m, k }) => ['B', m, k],
    ({ k, n }) => [k, n],
  ),
  product(
    'of a batch and a shared transposed matrix',
    ({ m, k }) => ['B', m, k],
    ({ k, n }) => [n, k],
    { transposeB: true },
  ),
  product(
    'of a shared matrix and a batch',
    ({ m, k }) => [m, k],
    ({ k, n }) => ['B', k, n],
  ),
  product(
    'of batches',
    ({ m, k }) => ['B', 2, m, k],
    ({ k, n }) => ['B', 2, k, n],
  ),
  product(
    'of batches, second transposed',
    ({ m, k }) => ['B', m, k],
    ({ k, n }) => ['B', n, k],
    { transposeB: true },
  ),
  product(
    'of batches, first transposed',
    ({ m, k }) => ['B', k, m],
    ({ k, n }) => ['B', k, n],
    { transposeA: true },
  ),
  product(
    'of batches, both transposed',
    ({ m, k }) => ['B', k, m],
    ({ k, n }) => ['B', n, k],
    { transposeA: true, transposeB: true },
  ),
  product(
    'with broadcast batches',
    ({ m, k }) => ['B', 1, m, k],
    ({ k, n }) => [2, k, n],
  ),
];

const shapeCases: readonly OpCase[] = [
  { op: 'reshape', inputs: cube, build: ([x], _graph, { k }) => g.reshape(x, [-1, k]) },
  {
    op: 'reshape',
    title: 'reshape with two symbols',
    inputs: ({ m }) => [{ shape: ['B', m, 'B'] }],
    build: ([x], _graph, { m }) => g.reshape(x, [m, 'B', 'B']),
  },
  { op: 'transpose', inputs: cube, build: ([x]) => g.transpose(x, [2, 0, 1]) },
  {
    op: 'transpose',
    title: 'transpose twice',
    inputs: cube,
    build: ([x]) => g.transpose(g.transpose(x, [2, 0, 1]), [0, 2, 1]),
  },
  {
    op: 'expand',
    inputs: ({ m }) => [{ shape: [m, 1] }, { shape: ['B'] }],
    build: ([x, y], _graph, { m }) => g.add(g.expand(x, ['B', m, 3]), g.mul(g.sum(y), 0)),
  },
  {
    op: 'concat',
    inputs: ({ m, k, n }) => [{ shape: ['B', m, k] }, { shape: ['B', n, k] }],
    build: (xs) => g.concat(xs, 1),
  },
  {
    op: 'concat',
    title: 'concat along the batch',
    inputs: ({ m, n }) => [{ shape: ['B', m] }, { shape: [n, m] }],
    build: (xs) => g.concat(xs, 0),
  },
  {
    op: 'split',
    inputs: ({ m, n }) => [{ shape: ['B', m + n + 1] }],
    build([x], _graph, { m, n }) {
      const [a, , c] = g.split(x, [m, 1, n], 1);
      return g.concat([g.exp(c), a], 1);
    },
  },
  { op: 'slice', inputs: ({ m, k }) => [{ shape: ['B', m + 2, k] }], build: ([x]) => g.slice(x, 1, 1, -1) },
  {
    op: 'slice',
    title: 'slice of the batch',
    inputs: ({ m }) => [{ shape: ['B', m] }],
    build: ([x]) => g.slice(x, 0, 1),
  },
  {
    op: 'slice',
    title: 'two slices of one tensor',
    inputs: ({ m, k }) => [{ shape: ['B', m + 4, k] }],
    build: ([x], _graph, { m }) => g.mul(g.slice(x, 1, 1, m + 1), g.exp(g.slice(x, 1, m + 1, m + 2))),
  },
  { op: 'pad', inputs: cube, build: ([x]) => g.pad(x, 1, 2, 1) },
  { op: 'pad', title: 'pad by a symbolic amount', inputs: cube, build: ([x]) => g.pad(x, 1, 0, 'B') },
];

const indexingCases: readonly OpCase[] = [
  {
    op: 'gather',
    title: 'gatherRows',
    inputs: ({ m, k, n }) => [{ shape: [m, k] }, { shape: ['B', n], values: { below: m } }],
    build: ([x, ids]) => g.gatherRows(x, ids),
  },
  {
    op: 'gather',
    title: 'gather of a middle axis',
    inputs: ({ m, k, n }) => [{ shape: ['B', m, k] }, { shape: [n], values: { below: m } }],
    build: ([x, ids]) => g.gather(x, ids, 1),
    precision: 'float32',
  },
  {
    op: 'scatterAdd',
    inputs: ({ m, k }) => [{ shape: [m, k] }, { shape: ['B'], values: { below: m } }, { shape: ['B', k] }],
    build: ([base, ids, rows]) => g.scatterAdd(base, ids, rows),
    precision: 'float32',
  },
  {
    op: 'scatterAdd',
    title: 'scatterAdd of matrices',
    inputs: ({ m, k }) => [
      { shape: [m, k, 2] },
      { shape: ['B'], values: { below: m } },
      { shape: ['B', k, 2] },
    ],
    build: ([base, ids, rows]) => g.scatterAdd(base, ids, rows),
    precision: 'float32',
  },
  {
    op: 'gather',
    title: 'gatherRows of a long, narrow table',
    inputs: ({ n }) => [{ shape: [25, 2] }, { shape: ['B', n], values: { below: 25 } }],
    build: ([x, ids]) => g.gatherRows(x, ids),
    precision: 'float32',
  },
  {
    op: 'gather',
    title: 'gather by constant indices',
    inputs: ({ k }) => [{ shape: ['B', 3, k] }],
    build: ([x], graph) => g.gather(x, graph.constant([0, 2, 0, -1], 'int32'), 1),
  },
  {
    op: 'gather',
    title: 'gather of the last axis by constant indices',
    inputs: ({ k }) => [{ shape: ['B', k, 2] }],
    build: ([x], graph) =>
      g.gather(
        x,
        graph.constant(
          [
            [1, 0],
            [1, 1],
          ],
          'int32',
        ),
        2,
      ),
  },
  {
    op: 'gather',
    title: 'gather of distinct rows',
    inputs: ({ m, k }) => [{ shape: ['B', m, k] }],
    build: ([x], graph, { k }) => g.gather(g.reshape(x, [-1, k]), g.range(graph, 'B'), 0, { distinct: true }),
    precision: 'float32',
  },
  {
    op: 'gatherAlongLast',
    inputs: ({ m, n }) => [{ shape: ['B', m] }, { shape: ['B', n], values: { below: m } }],
    build: ([x, ids]) => g.gatherAlongLast(x, ids),
    precision: 'float32',
  },
  {
    op: 'gatherAlongLast',
    title: 'pick',
    inputs: ({ m }) => [{ shape: ['B', m] }, { shape: ['B'], values: { below: m } }],
    build: ([x, ids]) => g.pick(x, ids),
    precision: 'float32',
  },
  {
    op: 'scatterAlongLast',
    inputs: ({ m, n }) => [
      { shape: ['B', m] },
      { shape: ['B', n], values: { below: m } },
      { shape: ['B', n] },
    ],
    build: ([base, ids, values]) => g.scatterAlongLast(base, ids, values),
    precision: 'float32',
  },
  {
    op: 'topK',
    inputs: ({ m, n }) => [{ shape: ['B', m + n], values: 'away' }],
    build: ([x], _graph, { n }) => g.topK(x, n).values,
    precision: 'float32',
  },
  {
    op: 'oneHot',
    inputs: ({ m, n }) => [{ shape: ['B', m], values: { below: n } }],
    build: ([ids], _graph, { n }) => g.oneHot(ids, n),
    ...none,
  },
  {
    op: 'range',
    inputs: ({ m }) => [{ shape: ['B', m] }],
    build: (_nodes, graph) => g.range(graph, '2*B+1'),
    ...none,
  },
  {
    op: 'dimensionSize',
    inputs: ({ m }) => [{ shape: ['B', m] }],
    build: (_nodes, graph) => g.dimensionSize(graph, '3*B'),
    ...none,
  },
  {
    op: 'softmaxCrossEntropy',
    inputs: ({ m }) => [{ shape: ['B', m + 1] }, { shape: ['B'], values: { below: m + 1 } }],
    build: ([logits, targets]) => g.softmaxCrossEntropy(logits, targets),
    precision: 'float32',
  },
];

const lossCases: readonly OpCase[] = [
  {
    op: 'productCrossEntropy',
    inputs: ({ m, k }) => [
      { shape: ['B', k] },
      { shape: [m + 1, k] },
      { shape: ['B'], values: { below: m + 1 } },
    ],
    build: ([hidden, table, targets]) =>
      g.softmaxCrossEntropy(g.matmul(hidden, table, { transposeB: true }), targets),
    precision: 'float32',
  },
  {
    op: 'softplus',
    precision: 'float32',
    title: 'binaryCrossEntropy',
    inputs: () => [{ shape: ['B'] }, { shape: ['B'] }],
    build: ([logits, labels]) => g.binaryCrossEntropy(logits, g.sigmoid(labels)),
  },
  {
    op: 'mean',
    title: 'weighted meanSquaredError',
    inputs: () => [{ shape: ['B'] }, { shape: ['B'] }, { shape: ['B'], values: 'positive' }],
    build: ([x, y, w]) => g.meanSquaredError(x, y, w),
  },
  {
    op: 'softplus',
    precision: 'float32',
    title: 'bayesianPersonalisedRanking',
    inputs: ({ m }) => [{ shape: ['B', 1] }, { shape: ['B', m] }],
    build: ([positive, negative]) => g.bayesianPersonalisedRanking(positive, negative),
  },
  {
    op: 'logSumExp',
    title: 'sampledSoftmax',
    precision: 'float32',
    inputs: ({ k, m }) => [
      { shape: ['B', k] },
      { shape: ['B', k] },
      { shape: [m, k] },
      { shape: ['B'], values: { below: m } },
      { shape: [m], values: { below: m } },
      { shape: ['B'] },
      { shape: [m] },
    ],
    build: ([
      queries,
      targetRows,
      negativeRows,
      targets,
      negatives,
      targetLogProbabilities,
      negativeLogProbabilities,
    ]) =>
      g.sampledSoftmax({
        queries,
        targetRows,
        negativeRows,
        targets,
        negatives,
        targetLogProbabilities,
        negativeLogProbabilities,
        temperature: 0.7,
      }),
  },
];

export const opCases: readonly OpCase[] = [
  ...unaryCases,
  ...binaryCases,
  ...reduceCases,
  ...matmulCases,
  ...shapeCases,
  ...indexingCases,
  ...lossCases,
];

export function titleOf({ op, title }: OpCase): string {
  return title ?? op;
}

export function dtypeOf(input: CaseInput, float: DType): DType {
  if (input.values === 'bool') return 'bool';
  return typeof input.values === 'object' ? 'int32' : float;
}
