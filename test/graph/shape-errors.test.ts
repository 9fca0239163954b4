import { describe, expect, it } from 'vitest';
import {
  add,
  clip,
  concat,
  dropout,
  gather,
  Graph,
  layerNorm,
  matmul,
  pad,
  pick,
  reshape,
  scatterAdd,
  slice,
  softmax,
  split,
  squeeze,
  topK,
  transpose,
  where,
  type Node,
} from '../../src/graph/index.js';
import { AutoModelError, isAutoModelError } from '../../src/platform/index.js';

function caught(build: () => unknown): AutoModelError {
  try {
    build();
  } catch (error) {
    if (isAutoModelError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function setting(): Record<'x' | 'w' | 'v' | 'ids' | 'flags', Node> {
  const graph = new Graph({ mode: 'train' });
  return {
    x: graph.input('x', ['B', 10, 16]),
    w: graph.input('w', [8, 4]),
    v: graph.input('v', [7]),
    ids: graph.input('ids', ['B'], 'int32'),
    flags: graph.input('flags', ['B'], 'bool'),
  };
}

describe('a shape error', () => {
  it('names operation, node, both shapes and the line of the model that made it', () => {
    const { x, w } = setting();
    const error = caught(() => matmul(x, w));
    expect(error.code).toBe('SHAPE_MISMATCH');
    expect(error.message).toMatch(/^matmul: inner dimensions 16 and 8 differ; node matmul#\d+ of /);
    expect(error.message).toContain('x [B, 10, 16] float32 and w [8, 4] float32');
    expect(error.message).toMatch(/at .*test\/graph\/shape-errors\.test\.ts:\d+:\d+$/);
    expect(error.details).toMatchObject({
      op: 'matmul',
      shapes: [
        ['B', 10, 16],
        [8, 4],
      ],
    });
    expect(String(error.details.source)).toContain('shape-errors.test.ts');
    expect(error.remedy).toBeTruthy();
  });

  it('names the very line, also for functions made of several operations', () => {
    const { x, v } = setting();
    const line = (error: AutoModelError): number => Number(/:(\d+):\d+$/.exec(error.message)?.[1]);
    const first = caught(() => add(x, v));
    const second = caught(() => pick(x, v));
    expect(line(second) - line(first)).toBe(1);
  });

  it.each<[string, (s: ReturnType<typeof setting>) => unknown, RegExp]>([
    ['add', ({ x, v }) => add(x, v), /\[B, 10, 16\] and \[7\] do not broadcast/],
    ['mixed types', ({ x, ids }) => add(x, ids), /element types differ: float32 and int32/],
    ['reshape', ({ x }) => reshape(x, ['B', 150]), /has not as many elements as/],
    ['reshape with -1', ({ w }) => reshape(w, ['B', -1]), /cannot infer -1/],
    ['transpose', ({ x }) => transpose(x, [0, 0, 1]), /is no order of 3 axes/],
    ['an axis', ({ x }) => softmax(x, 3), /axis 3 does not exist/],
    ['concat', ({ x, w }) => concat([x, w], 1), /part 1 is \[8, 4\], part 0 is \[B, 10, 16\]/],
    ['concat of nothing', () => concat([], 0), /nothing to join/],
    ['split', ({ x }) => split(x, [4, 4], 1), /pieces of 4\+4 do not make up 10 on axis 1/],
    ['slice', ({ x }) => slice(x, 1, 4, 12), /not within axis 1/],
    ['squeeze', ({ x }) => squeeze(x, 1), /axis 1 has size 10/],
    ['gather', ({ x, v }) => gather(x, v, 0), /indices are float32/],
    ['scatterAdd', ({ w, ids, x }) => scatterAdd(w, ids, x), /updates should be \[B, 4\]/],
    ['topK', ({ v }) => topK(v, 9), /cannot take 9 of 7/],
    ['topK of none', ({ v }) => topK(v, 0), /cannot take 0 of 7/],
    // eleven less one is ten: the sum alone does not tell
    ['split into a negative piece', ({ x }) => split(x, [11, -1], 1), /pieces of 11\+-1 do not make up 10/],
    ['pad by less than nothing', ({ v }) => pad(v, 0, -1, 2), /cannot add -1 and 2 zeros on axis 0/],
    ['clip to an empty range', ({ v }) => clip(v, 1, 0), /nothing between 1 and 0/],
    ['clip to no number', ({ v }) => clip(v, Number.NaN, 0), /nothing between NaN and 0/],
    ['dropout of everything', ({ v }) => dropout(v, 1), /the rate 1 is not in \[0, 1\)/],
    ['dropout in per cent', ({ v }) => dropout(v, 50), /the rate 50 is not in/],
    ['dropout below nothing', ({ v }) => dropout(v, -0.1), /the rate -0.1 is not in/],
    ['dropout of no number', ({ v }) => dropout(v, Number.NaN), /the rate NaN is not in/],
    ['where', ({ x, v }) => where(x, v, v), /condition is float32, not bool/],
    ['layerNorm', ({ x, v }) => layerNorm(x, v, v), /scale is not \[D\]/],
    ['matmul of a vector', ({ x, v }) => matmul(x, v), /two axes or more/],
  ])('is raised for %s', (_title, build, message) => {
    const error = caught(() => build(setting()));
    expect(error.code).toBe('SHAPE_MISMATCH');
    expect(error.message).toMatch(message);
    expect(error.message).toContain('shape-errors.test.ts');
  });

  it('is not raised for shapes that fit', () => {
    const { x, w, v } = setting();
    expect(matmul(reshape(x, ['B', -1, 8]), w).shape).toEqual(['B', 20, 4]);
    expect(add(reshape(x, [-1, 16]), slice(v, 0, 0, 1)).shape).toEqual(['10*B', 16]);
  });
});

describe('a graph', () => {
  it('refuses a name that is taken and a node of another graph', () => {
    const graph = new Graph({ mode: 'train' });
    graph.input('x', ['B']);
    expect(caught(() => graph.input('x', ['B'])).code).toBe('GRAPH_INVALID');
    const stranger = new Graph({ mode: 'train' }).input('y', ['B']);
    const error = caught(() => add(graph.inputs.get('x')!.node, stranger));
    expect(error.code).toBe('GRAPH_INVALID');
    expect(error.message).toContain('belongs to another graph');
  });

  it('knows the line of each node', () => {
    const { x } = setting();
    expect(softmax(x).source).toContain('shape-errors.test.ts');
  });
});
