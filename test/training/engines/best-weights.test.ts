import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ComputeClient } from '../../../src/training/compute/compute-client.js';
import { BestWeights } from '../../../src/training/engines/best-weights.js';
import { EmbeddingTable } from '../../../src/training/tables/embedding-table.js';

let client: ComputeClient;
let table: EmbeddingTable;

beforeAll(async () => {
  client = await ComputeClient.open({ threads: 1, sessions: {}, buffers: {} });
});

afterAll(() => client.close());

beforeEach(async () => {
  await client.put({ parameters: Float32Array.of(1, 2), moments: Float32Array.of(7) });
  table = new EmbeddingTable({ name: 'a/item', rows: 2, dim: 2, stateSize: 2, clocked: false });
  table.values.set([0, 0, 0, 0, 1, 2, 8, 9]);
});

/** Weights of the thread and of the table as they stand. */
async function present() {
  const { parameters, moments } = await client.export(['parameters', 'moments']);
  return { parameters: [...parameters], moments: [...moments], row: [...table.values.subarray(4)] };
}

async function trainOn(value: number): Promise<void> {
  await client.put({ parameters: Float32Array.of(value, value), moments: Float32Array.of(value) });
  table.values.fill(value, 4);
}

describe('BestWeights', () => {
  it('brings back weights, and leaves optimiser state where training left it', async () => {
    const best = new BestWeights(client, ['parameters'], [table]);
    await best.keep();
    await trainOn(5);
    await best.restore();
    expect(await present()).toEqual({ parameters: [1, 2], moments: [5], row: [1, 2, 5, 5] });
  });

  it('keeps the last that was kept, and may restore it again', async () => {
    const best = new BestWeights(client, ['parameters'], [table]);
    await best.keep();
    await trainOn(5);
    await best.keep();
    await trainOn(6);
    await best.restore();
    await trainOn(7);
    await best.restore();
    expect(await present()).toMatchObject({ parameters: [5, 5], row: [5, 5, 7, 7] });
  });

  it('changes nothing when nothing was kept', async () => {
    const best = new BestWeights(client, ['parameters'], [table]);
    await best.restore();
    expect(await present()).toEqual({ parameters: [1, 2], moments: [7], row: [1, 2, 8, 9] });
    const state = new Map();
    await best.export(state);
    expect(state.size).toBe(0);
  });

  it('goes through a checkpoint into another process', async () => {
    const best = new BestWeights(client, ['parameters'], [table]);
    await best.keep();
    await trainOn(5);
    const state = new Map();
    await best.export(state);
    expect([...state.keys()].toSorted()).toEqual(['best:parameters', 'best:table:a/item']);
    const heir = new BestWeights(client, ['parameters'], [table]);
    await heir.import(state);
    await heir.restore();
    expect(await present()).toMatchObject({ parameters: [1, 2], row: [1, 2, 5, 5] });
  });

  it('of a checkpoint without a best one stays without', async () => {
    const heir = new BestWeights(client, ['parameters'], [table]);
    await heir.import(new Map());
    await heir.restore();
    expect(await present()).toMatchObject({ parameters: [1, 2], row: [1, 2, 8, 9] });
  });
});
