import { afterEach, describe, expect, it } from 'vitest';
import { add, Graph, lower, mul, sum } from '../../../src/graph/index.js';
import { ComputeClient } from '../../../src/training/compute/compute-client.js';
import type { SessionPlan } from '../../../src/training/compute/protocol.js';
import { SlabLayout } from '../../../src/training/compute/slab.js';

const layout = new SlabLayout();
layout.add('x', 'float32', 4);
const results = new SlabLayout();
results.add('y', 'float32', 4);

/** y = x + w, total = sum(y), w_out = 2 w + step: one buffer is input and output of a run. */
function doubling(): SessionPlan {
  const graph = new Graph({ mode: 'train' });
  const w = graph.input('w', [2], 'float32', 'parameter');
  const y = add(graph.input('x', ['B', 2]), w);
  const next = add(mul(w, 2), graph.input('step', []));
  return {
    model: lower(graph, { y, total: sum(y), w_out: next }),
    inputs: { w: { buffer: 'w' } },
    outputs: { w_out: 'w' },
  };
}

let client: ComputeClient;

async function open(sessions: Record<string, SessionPlan> = { main: doubling() }): Promise<ComputeClient> {
  client = await ComputeClient.open({ threads: 1, sessions, buffers: { w: Float32Array.of(1, 2) } });
  return client;
}

afterEach(() => client.close());

function request(x: readonly number[], step = 0, session = 'main') {
  const slab = layout.allocate();
  layout.floats(slab, 'x').set(x);
  const size = [x.length / 2, 2];
  return {
    session,
    slab,
    feeds: [layout.tensor('x', size)],
    scalars: { step },
    results: [results.tensor('y', size)],
    resultSlab: results.allocate(),
    scalarResults: ['total'],
  };
}

describe('the compute thread', () => {
  it('updates a buffer in place, run after run', async () => {
    await open();
    for (let step = 1; step <= 3; step += 1) await client.run(request([0, 0], step));
    // w <- 2 w + step from (1, 2): (3, 5), (8, 12), (19, 27)
    expect((await client.export(['w']))['w']).toEqual(Float32Array.of(19, 27));
  });

  it('answers every request with its own reply and in its order, however they are mixed', async () => {
    await open();
    const [first, before, , second, after] = await Promise.all([
      client.run(request([1, 1, 1, 1])),
      client.export(['w']),
      client.clear(['w']),
      client.run(request([1, 1])),
      client.export(['w']),
    ]);
    expect(first.scalars).toEqual({ total: 4 + 2 * 3 });
    expect(before['w']).toEqual(Float32Array.of(2, 4));
    expect(second.scalars).toEqual({ total: 2 });
    expect(after['w']).toEqual(Float32Array.of(0, 0));
  });

  it('finishes what was asked for before it closes', async () => {
    await open();
    const running = client.run(request([1, 1]));
    const closing = client.close();
    expect((await running).scalars).toEqual({ total: 5 });
    await closing;
    await expect(client.run(request([1, 1]))).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('closes once, whoever asks for it and how often', async () => {
    await open();
    await Promise.all([client.close(), client.close(), client.close()]);
    await client.close();
  });

  it('does not let a failure between others disturb them', async () => {
    await open();
    const outcomes = await Promise.allSettled([
      client.run(request([1, 1])),
      client.run(request([1, 1], 0, 'nobody')),
      client.clear(['nothing']),
      client.run(request([1, 1])),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(outcomes[1]).toMatchObject({
      reason: { message: expect.stringContaining('no session "nobody"') },
    });
    expect(outcomes[2]).toMatchObject({
      reason: { message: expect.stringContaining('no buffer "nothing"') },
    });
  });

  it('puts buffers of its caller that later change into copies', async () => {
    await open();
    const mine = Float32Array.of(7, 7);
    await client.put({ w: mine });
    mine.fill(0);
    await client.copy([['w', 'kept']]);
    await client.run(request([0, 0]));
    expect(await client.export(['kept', 'w'])).toEqual({
      kept: Float32Array.of(7, 7),
      w: Float32Array.of(14, 14),
    });
    await client.copy([['kept', 'w']]);
    await client.run(request([0, 0]));
    expect((await client.export(['kept']))['kept']).toEqual(Float32Array.of(7, 7));
  });

  it('opens none of several sessions when one is broken', async () => {
    await open();
    await expect(
      ComputeClient.open({
        threads: 1,
        sessions: { main: doubling(), bad: { model: Uint8Array.of(9), inputs: {}, outputs: {} } },
        buffers: {},
      }),
    ).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('a thread that dies', () => {
  /** Ends the worker as a crash would. */
  function kill(of: ComputeClient): Promise<number> {
    return (of as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate();
  }

  it('fails what waits and what comes later as WORKER_LOST, which may be tried again', async () => {
    await open();
    // Asked while the thread dies: one that lives is quick enough to answer before it is killed.
    const dying = kill(client);
    const waiting = [client.export(['w']), client.export(['w'])].map((promise) =>
      promise.catch((error: unknown) => error),
    );
    await dying;
    for (const error of [
      ...(await Promise.all(waiting)),
      await client.export(['w']).catch((e: unknown) => e),
    ]) {
      expect(error).toMatchObject({ code: 'WORKER_LOST', retryable: true });
    }
    await client.close();
  });
});
