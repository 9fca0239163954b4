import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withNullLabels } from '../../../src/agents/trial/null-labels.js';
import { Rng } from '../../../src/platform/index.js';
import type { CtrDataset, CtrSource, NextItemDataset } from '../../../src/schema/index.js';
import { auc } from '../../../src/stats/index.js';
import { contractOf, ctrData, labelsIn, sourceOf, usersIn } from '../support/encoded-data.js';

const rowsArbitrary = fc.array(fc.record({ user: fc.nat({ max: 6 }), label: fc.constantFrom(0, 1, 4.5) }), {
  maxLength: 80,
});

/** The rows as a split of three blocks. */
function split(name: CtrSource['name'], rows: readonly { user: number; label: number }[]): CtrSource {
  const third = Math.ceil(rows.length / 3);
  return sourceOf(
    name,
    [0, 1, 2].map((i) => {
      const part = rows.slice(i * third, (i + 1) * third);
      return { users: part.map(({ user }) => user), labels: part.map(({ label }) => label) };
    }),
  );
}

/** user → its labels, sorted. */
function labelsByUser(source: CtrSource): Map<number, number[]> {
  const labels = labelsIn(source);
  const byUser = new Map<number, number[]>();
  usersIn(source).forEach((user, row) => byUser.set(user, [...(byUser.get(user) ?? []), labels[row]]));
  for (const own of byUser.values()) own.sort((a, b) => a - b);
  return byUser;
}

const nullOf = (dataset: CtrDataset, seed: number) => withNullLabels(dataset, seed) as CtrDataset;
const random = (count: number, users: number) => {
  const rng = new Rng(['null-labels', count]);
  return Array.from({ length: count }, () => ({ user: rng.integer(users), label: rng.integer(2) }));
};

describe('null labels of clicks', () => {
  it('keep every user its labels, in train and in validation, through the blocks', () => {
    fc.assert(
      fc.property(rowsArbitrary, rowsArbitrary, fc.integer(), (train, validation, seed) => {
        const dataset = ctrData({
          train: split('train', train),
          validation: split('validation', validation),
        });
        const shuffled = nullOf(dataset, seed);
        for (const name of ['train', 'validation'] as const) {
          expect(labelsByUser(shuffled[name])).toEqual(labelsByUser(dataset[name]));
          expect(usersIn(shuffled[name])).toEqual(usersIn(dataset[name]));
        }
      }),
    );
  });

  it('tell nothing of the truth beyond the user: a perfect scorer falls to one half within users', () => {
    const rows = random(4000, 1);
    const truth = Float32Array.from(rows, ({ label }) => label);
    const dataset = ctrData({ validation: split('validation', rows) });
    const shuffled = Float32Array.from(labelsIn(nullOf(dataset, 1).validation));
    expect(auc(truth, truth)).toBe(1);
    // Five standard errors of an AUC of 2000 by 2000 rows are 0.046.
    expect(Math.abs(auc(truth, shuffled) - 0.5)).toBeLessThan(0.046);
  });

  it('are the same for every process and every reading, and others for another seed', () => {
    const rows = random(300, 5);
    const dataset = () => ctrData({ train: split('train', rows), validation: split('validation', rows) });
    const once = nullOf(dataset(), 7);
    expect(labelsIn(once.train)).toEqual(labelsIn(nullOf(dataset(), 7).train));
    expect(labelsIn(once.train)).toEqual(labelsIn(once.train));
    expect(labelsIn(once.train)).not.toEqual(labelsIn(nullOf(dataset(), 8).train));
    expect(labelsIn(once.train)).not.toEqual(rows.map(({ label }) => label));
    expect(labelsIn(once.train)).not.toEqual(labelsIn(once.validation));
  });

  it('leave the dataset itself and its test split as they are', () => {
    const rows = random(60, 3);
    const test = sourceOf('test', [{ users: [0, 1] }]);
    const dataset = ctrData({ train: split('train', rows), test });
    nullOf(dataset, 3).train.block(0);
    expect(labelsIn(dataset.train)).toEqual(rows.map(({ label }) => label));
    expect(nullOf(dataset, 3).test).toBe(test);
    expect(nullOf(ctrData({ validation: test }), 3).validation.block(0).labels).toBeUndefined();
  });
});

describe('null events of next-item tasks', () => {
  const users = 12;
  const perUser = 9;
  // Everybody walks the same circle, so that the next item is certain.
  const events = Int32Array.from({ length: users * perUser }, (_, i) => 2 + (i % perUser));
  const ends = Int32Array.from({ length: users }, (_, u) => (u + 1) * perUser - 1);
  const cases = {
    count: users,
    users: Int32Array.from({ length: users }, (_, u) => u),
    historyEnds: ends,
    targets: Int32Array.from({ length: users }, () => 1 + perUser),
  };
  const dataset: NextItemDataset = {
    task: 'next-item',
    contract: contractOf({ task: 'next-item' }),
    itemCount: 2 + perUser,
    userCount: users,
    events,
    offsets: Int32Array.from({ length: users + 1 }, (_, u) => u * perUser),
    trainEnds: ends,
    validation: { ...cases, targets: cases.targets.map((_, c) => 2 + (c % perUser)) },
    test: { ...cases, targets: undefined },
  };
  const shuffled = withNullLabels(dataset, 4) as NextItemDataset;
  const followers = (log: NextItemDataset) =>
    log.events.filter((item, i) => i > 0 && item === log.events[i - 1] + 1).length / log.events.length;

  it('keep lengths, popularity and the number of targets of every item', () => {
    expect(shuffled.offsets).toEqual(dataset.offsets);
    expect([...shuffled.events].sort()).toEqual([...events].sort());
    expect([...(shuffled.validation.targets ?? [])].sort()).toEqual(
      [...(dataset.validation.targets ?? [])].sort(),
    );
    expect(shuffled.validation.users).toEqual(dataset.validation.users);
    expect(shuffled.test).toBe(dataset.test);
  });

  it('break the order that could be learned', () => {
    expect(followers(dataset)).toBeGreaterThan(0.8);
    expect(followers(shuffled)).toBeLessThan(0.3);
    expect(events[0]).toBe(2);
    expect(withNullLabels(dataset, 4)).toEqual(shuffled);
    expect(withNullLabels(dataset, 5)).not.toEqual(shuffled);
  });
});
