import { afterEach, describe, expect, it, vi } from 'vitest';
import { Graph, lower, mul } from '../../../src/graph/index.js';
import { ComputeClient } from '../../../src/training/compute/compute-client.js';
import { closeAll, healthOf, InferenceThread } from '../../../src/training/compute/inference-thread.js';
import { SlabLayout } from '../../../src/training/compute/slab.js';

function doubling(): Uint8Array {
  const graph = new Graph({ mode: 'infer' });
  return lower(graph, { y: mul(graph.input('x', ['B']), 2) });
}

const inputs = new SlabLayout();
inputs.add('x', 'float32', 4);
const outputs = new SlabLayout();
outputs.add('y', 'float32', 4);

const request = {
  threads: 1,
  sessions: { main: { model: doubling(), inputs: {}, outputs: {} } },
  buffers: {},
};

function run(x: number) {
  const slab = inputs.allocate();
  inputs.floats(slab, 'x').fill(x);
  return {
    session: 'main',
    slab,
    feeds: [inputs.tensor('x', [4])],
    scalars: {},
    results: [outputs.tensor('y', [4])],
    resultSlab: outputs.allocate(),
    scalarResults: [],
  };
}

const doubled = async (thread: InferenceThread, x: number): Promise<number> =>
  outputs.floats((await thread.run(run(x))).resultSlab, 'y')[3];

/** Ends the worker as a crash would. */
const kill = (thread: InferenceThread): Promise<number> =>
  (thread as unknown as { client: { worker: { terminate(): Promise<number> } } }).client.worker.terminate();

const opened: InferenceThread[] = [];
async function open(count: number): Promise<readonly InferenceThread[]> {
  const threads = await InferenceThread.openSeveral(request, count);
  opened.push(...threads);
  return threads;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await closeAll(opened.splice(0));
});

describe('an inference thread', () => {
  it('answers as a compute thread does, each of several by itself', async () => {
    const [first, second] = await open(2);
    expect(await doubled(first, 3)).toBe(6);
    const both = await second.runAll([run(1), run(2)]);
    expect(both.map(({ resultSlab }) => outputs.floats(resultSlab, 'y')[0])).toEqual([2, 4]);
    expect(first.modelBytes).toBe(request.sessions.main.model.byteLength);
    await first.close();
    await first.close();
    expect([first.isLost, second.isLost]).toEqual([true, false]);
    expect(await doubled(second, 4)).toBe(8);
  });

  it('is opened again when it ended by itself; what was asked meanwhile may be tried again', async () => {
    const [thread, other] = await open(2);
    const dying = kill(thread);
    const waiting = thread.run(run(1)).catch((error: unknown) => error);
    await dying;
    expect(await waiting).toMatchObject({ code: 'WORKER_LOST', retryable: true });
    expect(healthOf([thread, other])).toEqual({ lost: 1, reopened: 0 });
    await expect(thread.runAll([run(1)])).rejects.toMatchObject({ code: 'WORKER_LOST', retryable: true });
    expect(await doubled(other, 1)).toBe(2);
    await vi.waitUntil(() => !thread.isLost, { timeout: 10_000 });
    expect(await doubled(thread, 5)).toBe(10);
    await kill(thread);
    await vi.waitUntil(() => !thread.isLost, { timeout: 10_000 });
    expect(await doubled(thread, 6)).toBe(12);
    expect(healthOf([thread, other])).toEqual({ lost: 0, reopened: 2 });
  });

  it('is tried until it opens, more and more seldom', async () => {
    const [thread] = await open(1);
    const { open: real } = ComputeClient;
    const at: number[] = [];
    vi.spyOn(ComputeClient, 'open').mockImplementation((of) => {
      at.push(performance.now());
      return at.length < 4 ? Promise.reject(new Error('no memory')) : real.call(ComputeClient, of);
    });
    await kill(thread);
    await vi.waitUntil(() => !thread.isLost, { timeout: 10_000 });
    expect(at).toHaveLength(4);
    // Waits of 100, 200 and 400 ms lie between; a timer is never early by more than a millisecond.
    const gaps = at.slice(1).map((ms, i) => ms - at[i]);
    for (const [i, least] of [100, 200, 400].entries()) expect(gaps[i]).toBeGreaterThan(least - 2);
    expect(await doubled(thread, 1)).toBe(2);
    expect(thread.reopened).toBe(1);
  });

  it('that is closed stays closed, also while it is being opened again', async () => {
    const [waits, opens] = await open(2);
    await kill(waits);
    await waits.close();
    expect(healthOf([waits])).toEqual({ lost: 1, reopened: 0 });
    const { open: real } = ComputeClient;
    let begun!: () => void;
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    const clients: ComputeClient[] = [];
    vi.spyOn(ComputeClient, 'open').mockImplementation(async (of) => {
      begun();
      const client = await real.call(ComputeClient, of);
      clients.push(client);
      return client;
    });
    await kill(opens);
    await beginning;
    await opens.close();
    expect(clients).toHaveLength(1);
    expect(clients[0].isLost).toBe(true);
  });

  it('opens all or none', async () => {
    const none = { model: Uint8Array.of(1, 2, 3), inputs: {}, outputs: {} };
    await expect(
      InferenceThread.openSeveral({ ...request, sessions: { main: none } }, 3),
    ).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
