import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { add, Graph, lower, mul, sum } from '../../../src/graph/index.js';
import { ComputeClient } from '../../../src/training/compute/compute-client.js';
import { SlabLayout } from '../../../src/training/compute/slab.js';

/** y = x * w + shift, and w_out = w + 1: a session with a persistent buffer that is updated in place. */
function model(): Uint8Array {
  const graph = new Graph({ mode: 'train' });
  const w = graph.input('w', [3], 'float32', 'parameter');
  const y = add(mul(graph.input('x', ['B', 3]), w), graph.input('shift', []));
  return lower(graph, { y, total: sum(y), w_out: add(w, 1) });
}

const inputs = new SlabLayout();
inputs.add('x', 'float32', 12);
const outputs = new SlabLayout();
outputs.add('y', 'float32', 12);
let client: ComputeClient;

beforeAll(async () => {
  const plan = {
    model: model(),
    inputs: { w: { buffer: 'weights', offset: 1, length: 3 } },
    outputs: { w_out: 'next' },
  };
  client = await ComputeClient.open({
    threads: 1,
    sessions: { main: plan },
    buffers: { weights: Float32Array.of(9, 1, 2, 3, 9), next: new Float32Array(3) },
  });
});

afterAll(() => client.close());

function request(x: readonly number[], shift: number) {
  const slab = inputs.allocate();
  inputs.floats(slab, 'x').set(x);
  const rows = x.length / 3;
  return {
    session: 'main',
    slab,
    feeds: [inputs.tensor('x', [rows, 3])],
    scalars: { shift, unknown: 1 },
    results: [outputs.tensor('y', [rows, 3])],
    resultSlab: outputs.allocate(),
    scalarResults: ['total'],
  };
}

describe('ComputeClient', () => {
  it('runs a session on slabs and gives both back', async () => {
    const reply = await client.run(request([1, 1, 1, 2, 2, 2], 10));
    expect([...outputs.floats(reply.resultSlab, 'y').subarray(0, 6)]).toEqual([11, 12, 13, 12, 14, 16]);
    expect(reply.scalars).toEqual({ total: 78 });
    expect([...inputs.floats(reply.slab, 'x').subarray(0, 3)]).toEqual([1, 1, 1]);
    expect((await client.export(['next']))['next']).toEqual(Float32Array.of(2, 3, 4));
  });

  it('answers requests in their order', async () => {
    const replies = await Promise.all([1, 2, 3].map((shift) => client.run(request([0, 0, 0], shift))));
    expect(replies.map((reply) => reply.scalars['total'])).toEqual([3, 6, 9]);
  });

  it('copies, clears, puts and exports buffers', async () => {
    await client.copy([['weights', 'kept']]);
    await client.clear(['weights']);
    await client.put({ fresh: Float32Array.of(4) });
    const { weights, kept, fresh } = await client.export(['weights', 'kept', 'fresh']);
    expect([[...weights], [...kept], [...fresh]]).toEqual([[0, 0, 0, 0, 0], [9, 1, 2, 3, 9], [4]]);
    await client.copy([['kept', 'weights']]);
  });

  it('turns a failure of the engine into an error and lives on', async () => {
    const wrong = { ...request([0, 0, 0], 1), feeds: [inputs.tensor('x', [1, 2])] };
    await expect(client.run(wrong)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('ONNX Runtime'),
    });
    await expect(client.export(['nothing'])).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await client.run(request([0, 0, 0], 1))).scalars['total']).toBe(3);
  });

  it('cannot open a model that is none', async () => {
    const plan = { model: Uint8Array.of(1, 2, 3), inputs: {}, outputs: {} };
    await expect(
      ComputeClient.open({ threads: 1, sessions: { main: plan }, buffers: {} }),
    ).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('refuses work after it was closed, and closes twice', async () => {
    const other = await ComputeClient.open({ threads: 1, sessions: {}, buffers: {} });
    await other.close();
    await other.close();
    await other.ended;
    expect(other.isLost).toBe(true);
    await expect(other.export([])).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('SlabLayout', () => {
  it('aligns places to cache lines and keeps them apart', () => {
    const layout = new SlabLayout();
    layout.add('a', 'float32', 3);
    layout.add('b', 'int32', 20);
    layout.add('c', 'float32', 1);
    expect(layout.bytes).toBe(64 + 128 + 64);
    expect(layout.tensor('b', [4, 5])).toEqual({ name: 'b', type: 'int32', dims: [4, 5], offset: 64 });
    expect(layout.tensor('b2', [5], 'b', 5).offset).toBe(64 + 20);
    expect(() => layout.floats(layout.allocate(), 'd')).toThrow(RangeError);
  });
});
