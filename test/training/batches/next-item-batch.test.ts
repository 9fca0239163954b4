import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropout, Graph, type DropoutMask } from '../../../src/graph/index.js';
import { NegativeSampler } from '../../../src/training/batches/negative-sampler.js';
import { NextItemBatch } from '../../../src/training/batches/next-item-batch.js';
import { NextItemWindows, type MicroBatch } from '../../../src/training/batches/next-item-windows.js';
import { nextItemInputNames as names } from '../../../src/training/inputs/next-item-inputs.js';
import { cyclicDataset } from '../support/tiny-data.js';

const USERS = 12;
const LENGTH = 4;
const NEGATIVES = 6;
const SEED = 9;
const dataset = cyclicDataset({ users: USERS, items: 10, length: 7, random: true });
const windows = new NextItemWindows(dataset, LENGTH, SEED);

/** Masks over hidden states [B, L, 2], positions [P, 3] and negatives [N]. */
function masks(): readonly DropoutMask[] {
  const graph = new Graph({ mode: 'train' });
  dropout(graph.input('hidden', ['B', LENGTH, 2]), 0.5);
  dropout(graph.input('queries', ['P', 3]), 0.25);
  dropout(graph.input('sampled', ['N']), 0.5);
  return graph.dropoutMasks;
}

const dropoutMasks = masks();

function batchOf(withSampler = true): NextItemBatch {
  const sampler = withSampler ? new NegativeSampler(dataset, NEGATIVES, 'popularity', SEED) : undefined;
  return new NextItemBatch({
    windows,
    sampler,
    users: USERS,
    positions: USERS * LENGTH,
    inputs: new Set<string>(Object.values(names)),
    dropoutMasks,
  });
}

/** Every tensor that the batch feeds, with its dimensions. */
function fed(batch: NextItemBatch): Map<string, { dims: readonly number[]; values: number[] }> {
  return new Map(
    batch.feeds().map(({ name, type, offset, dims }) => {
      const size = dims.reduce((product, dim) => product * dim, 1);
      const values =
        type === 'float32'
          ? new Float32Array(batch.slab, offset, size)
          : new Int32Array(batch.slab, offset, size);
      return [name, { dims, values: [...values] }];
    }),
  );
}

function partOf(users: readonly number[]): MicroBatch {
  const positions = users.reduce((sum, user) => sum + windows.positionsOf(user), 0);
  return { users: Int32Array.from(users), positions };
}

function filled(users: readonly number[], step = 5, part = 0, seed = SEED, batch = batchOf()) {
  const micro = partOf(users);
  batch.fill(micro, seed, step, part);
  return fed(batch);
}

const maskNames = dropoutMasks.map((mask) => mask.name);
const someUsers = fc.uniqueArray(fc.nat(USERS - 1), { minLength: 1, maxLength: USERS });

describe('NextItemBatch', () => {
  it('feeds windows, targets, negatives and masks in their shapes', () => {
    const feeds = filled([3, 8, 1]);
    expect([...feeds].map(([name, { dims }]) => [name, dims])).toEqual([
      [names.items, [3, LENGTH]],
      [names.mask, [3, LENGTH]],
      [names.targetPositions, [12]],
      [names.targets, [12]],
      [names.targetLogProbabilities, [12]],
      [names.negatives, [NEGATIVES]],
      [names.negativeLogProbabilities, [NEGATIVES]],
      [maskNames[0], [3, LENGTH, 2]],
      [maskNames[1], [12, 3]],
      [maskNames[2], [NEGATIVES]],
    ]);
  });

  it('corrects every target by its own log probability', () => {
    fc.assert(
      fc.property(someUsers, (users) => {
        const feeds = filled(users);
        const { logChances } = new NegativeSampler(dataset, NEGATIVES, 'popularity', SEED);
        expect(feeds.get(names.targetLogProbabilities)!.values).toEqual(
          feeds.get(names.targets)!.values.map((id) => logChances[id]),
        );
      }),
    );
  });

  it('holds nothing of the batch before, whatever that was', () => {
    fc.assert(
      fc.property(someUsers, someUsers, fc.nat(3), (before, users, part) => {
        const worn = batchOf();
        filled(before, 77, 1, SEED, worn);
        expect(filled(users, 5, part, SEED, worn)).toEqual(filled(users, 5, part));
      }),
    );
  });

  it('without a sampler has neither negatives nor corrections', () => {
    const batch = batchOf(false);
    const feeds = filled([1, 2], 5, 0, SEED, batch);
    expect(feeds.get(names.negatives)!.values).toEqual([]);
    expect(feeds.get(names.targets)!.values.length).toBe(8);
  });

  it('leaves out inputs that the graph does not have', () => {
    const batch = new NextItemBatch({
      windows,
      sampler: undefined,
      users: 2,
      positions: 8,
      inputs: new Set([names.items, names.targets]),
      dropoutMasks: [],
    });
    batch.fill(partOf([0, 1]), SEED, 1, 0);
    expect(batch.feeds().map(({ name }) => name)).toEqual([names.items, names.targets]);
  });
});

describe('chance', () => {
  const chance = (feeds: ReturnType<typeof filled>) => ({
    negatives: feeds.get(names.negatives)!.values,
    masks: maskNames.map((name) => feeds.get(name)!.values),
  });

  it('is a function of seed and step', () => {
    const base = chance(filled([1, 2, 3]));
    expect(chance(filled([1, 2, 3]))).toEqual(base);
    for (const other of [chance(filled([1, 2, 3], 6)), chance(filled([1, 2, 3], 5, 0, SEED + 1))]) {
      maskNames.forEach((_, m) => expect(other.masks[m]).not.toEqual(base.masks[m]));
    }
    expect(chance(filled([1, 2, 3], 6)).negatives).not.toEqual(base.negatives);
  });

  it('does not look at who is in the batch', () => {
    const [some, others] = [chance(filled([1, 2, 3])), chance(filled([9, 4, 7]))];
    expect(others).toEqual(some);
  });

  it('gives parts of a step masks of their own and the same negatives', () => {
    const [first, second, third] = [0, 1, 2].map((part) => chance(filled([1, 2, 3], 5, part)));
    expect(second.negatives).toEqual(first.negatives);
    for (const [a, b] of [
      [first, second],
      [second, third],
      [first, third],
    ]) {
      maskNames.forEach((_, m) => expect(a.masks[m]).not.toEqual(b.masks[m]));
    }
  });

  it('gives every place of the graph its own mask, of the right rate', () => {
    const { masks: values } = chance(filled(Array.from({ length: USERS }, (_, user) => user)));
    expect(values[0].slice(0, 90)).not.toEqual(values[1].slice(0, 90).map((value) => value * 1.5));
    const kept = values.map((mask) => mask.filter((value) => value > 0));
    expect(new Set(kept[0])).toEqual(new Set([2]));
    expect(new Set(kept[1])).toEqual(new Set([Math.fround(4 / 3)]));
    expect(kept[0].length / values[0].length).toBeGreaterThan(0.3);
    expect(kept[0].length / values[0].length).toBeLessThan(0.7);
    expect(kept[1].length / values[1].length).toBeGreaterThan(0.6);
    expect(kept[1].length / values[1].length).toBeLessThan(0.9);
  });
});
