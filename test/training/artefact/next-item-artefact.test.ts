import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { NextItemDataset } from '../../../src/schema/index.js';
import { parseNpy } from '../../../src/training/artefact/npy.js';
import { loadArtefact, resolveRecipe, train, type FittedModel } from '../../../src/training/index.js';
import { cyclicDataset } from '../support/tiny-data.js';
import { tinyNextItemModel } from '../support/tiny-models.js';

const folder = mkdtempSync(join(tmpdir(), 'next-item-artefact-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MAX_LENGTH = 4;

async function saved(name: string, dataset: NextItemDataset, loss = 'softmax'): Promise<FittedModel> {
  const fitted = await train({
    definition: tinyNextItemModel,
    hyperParameters: { dim: 4 },
    recipe: resolveRecipe('next-item', {
      'recipe.maxEpochs': 2,
      'recipe.maxLength': MAX_LENGTH,
      'recipe.loss': loss,
      'recipe.negatives': 16,
    }),
    dataset,
    seed: 2,
    threads: 1,
  });
  await fitted.saveArtefact(join(folder, name), { metrics: {}, lineage: {} });
  return fitted;
}

function golden(name: string, file: string) {
  return parseNpy(readFileSync(join(folder, name, 'golden', file)), file);
}

/** Users with training histories of these lengths, the validation target behind. */
function unevenDataset(lengths: readonly number[]): NextItemDataset {
  const dataset = cyclicDataset({ users: lengths.length, items: 12, length: 8 });
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets.at(-1)! + length + 1);
  const trainEnds = Int32Array.from(offsets.slice(1), (end) => end - 1);
  const events = Int32Array.from({ length: offsets.at(-1)! }, (_, at) => 2 + ((at * 5) % 12));
  return {
    ...dataset,
    events,
    offsets: Int32Array.from(offsets),
    trainEnds,
    validation: {
      count: lengths.length,
      users: Int32Array.from(lengths.keys()),
      historyEnds: trainEnds,
      targets: trainEnds.map((at) => events[at]),
    },
  };
}

describe('golden histories', () => {
  it('are the newest training events of the first hundred users, right-aligned', async () => {
    const dataset = unevenDataset([5, 0, 1, 4, 9, ...Array.from({ length: 120 }, (_, i) => i % 7)]);
    await (await saved('uneven', dataset)).close();
    const { data, shape } = golden('uneven', 'items.npy');
    expect(shape).toEqual([100, MAX_LENGTH]);
    for (let user = 0; user < 100; user += 1) {
      const history = [...dataset.events.subarray(dataset.offsets[user], dataset.trainEnds[user])];
      const newest = history.slice(-MAX_LENGTH);
      const row = [...Array<number>(MAX_LENGTH - newest.length).fill(0), ...newest];
      expect([...data.subarray(user * MAX_LENGTH, (user + 1) * MAX_LENGTH)]).toEqual(row);
    }
    const loaded = await loadArtefact(join(folder, 'uneven'), { threads: 1 });
    await loaded.close();
  });

  it('are scored at every item of a small vocabulary, and at a hundred spread over a large one', async () => {
    await (await saved('small', cyclicDataset({ users: 10, items: 12 }))).close();
    expect([...golden('small', 'columns.npy').data]).toEqual(Array.from({ length: 12 }, (_, i) => i + 2));
    await (await saved('large', cyclicDataset({ users: 10, items: 250 }))).close();
    const columns = [...golden('large', 'columns.npy').data];
    expect(new Set(columns).size).toBe(100);
    expect([columns[0], columns[1], columns.at(-1)]).toEqual([2, 4, 249]);
    expect(golden('large', 'expected.npy').shape).toEqual([10, 100]);
  });
});

describe('a loaded next-item model', () => {
  it.each(['softmax', 'sampled-softmax', 'bpr'])('scores as the trainer did under %s', async (loss) => {
    const dataset = unevenDataset([0, 1, 2, 3, 4, 5, 9, 8, 7, 6]);
    const fitted = await saved(loss, dataset, loss);
    const loaded = await loadArtefact(join(folder, loss), { threads: 1 });
    if (loaded.task !== 'next-item') throw new Error('wrong task');
    const { validation } = dataset;
    const [ours, theirs] = [
      await loaded.rankCases(dataset, validation, 3),
      await fitted.rankCases(validation, 3),
    ];
    expect(ours.items).toEqual(theirs.items);
    ours.scores.forEach((score, i) => expect(score).toBeCloseTo(theirs.scores[i], 5));
    expect(await loaded.rankTargets(dataset, validation)).toEqual(await fitted.rankTargets(validation));
    await fitted.close();
    await loaded.close();
  });

  it('ranks users that it never met', async () => {
    const dataset = cyclicDataset({ users: 20, items: 12 });
    await (await saved('strangers', dataset)).close();
    const loaded = await loadArtefact(join(folder, 'strangers'), { threads: 1 });
    if (loaded.task !== 'next-item') throw new Error('wrong task');
    const log = { events: Int32Array.of(5, 5, 13), offsets: Int32Array.of(0, 2, 3) };
    const cases = {
      count: 2,
      users: Int32Array.of(0, 1),
      historyEnds: Int32Array.of(2, 3),
      targets: undefined,
    };
    const { items } = await loaded.rankCases(log, cases, 11);
    expect([...items.subarray(0, 11)].toSorted((a, b) => a - b)).toEqual([
      2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    await expect(loaded.rankTargets(log, cases)).rejects.toMatchObject({ code: 'TEST_SEALED' });
    const strange = { ...log, events: Int32Array.of(5, 14, 13) };
    await expect(loaded.rankCases(strange, cases, 3)).rejects.toMatchObject({ code: 'ID_OUT_OF_RANGE' });
    await loaded.close();
  });
});
