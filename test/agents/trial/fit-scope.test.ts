import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitScope } from '../../../src/agents/trial/fit-scope.js';
import { mergedSource } from '../../../src/agents/trial/merged-source.js';
import { trialRequest } from '../../../src/agents/trial/trial-request.js';
import type { CtrDataset, CtrSource, NextItemDataset, TrialRequest } from '../../../src/schema/index.js';
import { contractOf, ctrData, labelsIn, sourceOf, usersIn } from '../support/encoded-data.js';

const place = {
  contractHash: 'abc',
  datasetDir: '/d',
  predictionsDir: '/p',
  checkpointsDir: '/c',
  threads: 1,
};
const fitOn = (on: TrialRequest['fit']['on']) =>
  trialRequest(place, {
    model: 'lr',
    assignment: {},
    seed: 1,
    validationShare: 'all',
    fit: on === 'train' ? { on } : { on, epochs: 1 },
  });

/** Blocks of so many rows; labels and users count on through the split. */
function split(name: CtrSource['name'], sizes: readonly number[], from: number, open = true): CtrSource {
  let next = from;
  const parts = sizes.map((size) => {
    const own = Array.from({ length: size }, () => next++);
    return open ? { users: own, labels: own } : { users: own };
  });
  return sourceOf(name, parts, from);
}
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const sizes = fc.array(fc.nat({ max: 6 }), { maxLength: 4 });
const total = (of: readonly number[]) => of.reduce((sum, size) => sum + size, 0);

describe('two splits as one', () => {
  it('hold the rows of both in order, and can be addressed by row', () => {
    fc.assert(
      fc.property(sizes, sizes, (first, second) => {
        const merged = mergedSource(split('train', first, 0), split('validation', second, total(first)));
        const rows = total(first) + total(second);
        expect([merged.name, merged.rows, merged.blockCount]).toEqual([
          'train',
          rows,
          first.length + second.length,
        ]);
        expect(labelsIn(merged)).toEqual(numbers(0, rows));
        expect(merged.blockStarts).toHaveLength(merged.blockCount + 1);
        expect(merged.blockStarts[merged.blockCount]).toBe(rows);
        for (let i = 0; i < merged.blockCount; i += 1) {
          const block = merged.block(i);
          expect(merged.blockStarts[i + 1] - merged.blockStarts[i]).toBe(block.rows);
          expect([...block.rowIds]).toEqual(numbers(merged.blockStarts[i], block.rows));
        }
      }),
    );
  });
});

describe('what a click model is fitted on', () => {
  const dataset = ctrData({
    train: split('train', [3, 2], 0),
    validation: split('validation', [2, 1], 5),
    test: split('test', [1, 3], 8, false),
  });
  const sealed = () => Float32Array.from(numbers(100, 4));

  it('is the training rows, those of validation after them, or all: no row twice, none left out', () => {
    const rows = (on: TrialRequest['fit']['on']) =>
      usersIn((fitScope(dataset, fitOn(on), sealed) as CtrDataset).train);
    expect(rows('train')).toEqual(numbers(0, 5));
    expect(rows('train+validation')).toEqual(numbers(0, 8));
    expect(rows('all')).toEqual(numbers(0, 12));
  });

  it('has the sealed labels on the test rows only, each on its own row', () => {
    const widened = fitScope(dataset, fitOn('all'), sealed) as CtrDataset;
    expect(labelsIn(widened.train)).toEqual([...numbers(0, 8), ...numbers(100, 4)]);
    expect(widened.test.block(0).labels).toBeUndefined();
    expect(widened.validation).toBe(dataset.validation);
  });

  it('does not ask for the sealed labels where it does not need them', () => {
    const forbidden = () => {
      throw new Error('the test split was opened');
    };
    for (const on of ['train', 'train+validation'] as const)
      expect(() => fitScope(dataset, fitOn(on), forbidden)).not.toThrow();
    expect(() => fitScope(dataset, fitOn('all'), forbidden)).toThrow('the test split was opened');
  });
});

describe('what a next-item model is fitted on', () => {
  /** Users with so many events, the last one validation's, and each so many test targets. */
  function log(lengths: readonly number[], tests: readonly number[]) {
    const offsets = Int32Array.from([0, ...lengths.map((_, u) => total(lengths.slice(0, u + 1)))]);
    const ends = Int32Array.from(lengths, (length, u) => offsets[u] + Math.max(0, length - 1));
    const testUsers = tests.flatMap((count, user) => Array.from({ length: count }, () => user));
    const dataset: NextItemDataset = {
      task: 'next-item',
      contract: contractOf({ task: 'next-item' }),
      itemCount: 1000,
      userCount: lengths.length,
      events: Int32Array.from(numbers(2, total(lengths))),
      offsets,
      trainEnds: ends,
      validation: { count: 0, users: new Int32Array(), historyEnds: new Int32Array(), targets: undefined },
      test: {
        count: testUsers.length,
        users: Int32Array.from(testUsers),
        historyEnds: new Int32Array(testUsers.length),
        targets: undefined,
      },
    };
    return { dataset, targets: Int32Array.from(numbers(500, testUsers.length)) };
  }
  const ofUser = ({ events, offsets }: NextItemDataset, user: number) => [
    ...events.subarray(offsets[user], offsets[user + 1]),
  ];

  it('is every event of train and validation, and after the claim each test event at the end of its user', () => {
    const users = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(users, (drawn) => {
        const { dataset, targets } = log(
          drawn.map(([length]) => length),
          drawn.map(([, tests]) => tests),
        );
        const validated = fitScope(dataset, fitOn('train+validation')) as NextItemDataset;
        expect(validated.events).toBe(dataset.events);
        expect(validated.trainEnds).toEqual(dataset.offsets.slice(1));
        const all = fitScope(dataset, fitOn('all'), () => targets) as NextItemDataset;
        expect(all.trainEnds).toEqual(all.offsets.slice(1));
        drawn.forEach((_, user) => {
          const own = [...targets].filter((__, c) => dataset.test.users[c] === user);
          expect(ofUser(all, user)).toEqual([...ofUser(dataset, user), ...own]);
        });
        expect(all.events).toHaveLength(dataset.events.length + targets.length);
      }),
    );
  });

  it('is refused the test events where nobody may open them', () => {
    const { dataset } = log([3], [1]);
    expect(() => fitScope(dataset, fitOn('all'))).toThrowError(
      expect.objectContaining({ code: 'TEST_SEALED' }),
    );
    expect(fitScope(dataset, fitOn('train'))).toBe(dataset);
  });
});
