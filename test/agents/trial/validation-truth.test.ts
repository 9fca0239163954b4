import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectedRows, shareMask, takeFloat, takeInt } from '../../../src/agents/trial/validation-share.js';
import { validationTruth, type RowTruth } from '../../../src/agents/trial/validation-truth.js';
import type { NextItemDataset } from '../../../src/schema/index.js';
import { contractOf, ctrData, sourceOf } from '../support/encoded-data.js';

const rowsOf = fc.array(fc.record({ user: fc.nat({ max: 400 }), label: fc.constantFrom(0, 1) }), {
  maxLength: 300,
});
const hashes = fc.stringMatching(/^[0-9a-f]{1,64}$/);

/** A validation split of these rows, cut into blocks at the given places. */
function clicks(rows: readonly { user: number; label: number }[], hash: string, cuts: readonly number[]) {
  const places = [0, ...cuts.map((cut) => Math.min(cut, rows.length)).toSorted((a, b) => a - b), rows.length];
  const parts = places.slice(1).map((end, i) => rows.slice(places[i], end));
  const validation = sourceOf(
    'validation',
    parts.map((part) => ({ users: part.map(({ user }) => user), labels: part.map(({ label }) => label) })),
  );
  return ctrData({ contract: contractOf({ hash }), validation, userCount: 401 });
}

describe('search users and gate users', () => {
  it('never share a user, and together are all rows, whatever the sizes', () => {
    fc.assert(
      fc.property(rowsOf, hashes, fc.array(fc.nat({ max: 300 }), { maxLength: 4 }), (rows, hash, cuts) => {
        const dataset = clicks(rows, hash, cuts);
        const search = validationTruth(dataset, 'search');
        const gate = validationTruth(dataset, 'gate');
        const searchUsers = new Set(search.users);
        expect([...gate.users].filter((user) => searchUsers.has(user))).toEqual([]);
        const both = [...search.rows, ...gate.rows].toSorted((a, b) => a - b);
        expect(both).toEqual(rows.map((_, i) => i));
        expect(validationTruth(dataset, 'all').rows).toHaveLength(rows.length);
      }),
    );
  });

  it('are about half of the users each, at any contract', () => {
    fc.assert(
      fc.property(hashes, (hash) => {
        const users = Int32Array.from({ length: 2000 }, (_, i) => i);
        const gate = selectedRows(shareMask(users, 'gate', hash)).length;
        // Five binomial standard errors of 2000 coins.
        expect(Math.abs(gate - 1000)).toBeLessThan(112);
      }),
      { numRuns: 50 },
    );
  });

  it('are drawn anew by another contract: about half of the users change sides', () => {
    const users = Int32Array.from({ length: 2000 }, (_, i) => i);
    const [one, other] = ['abc', 'abd'].map((hash) => shareMask(users, 'gate', hash));
    const moved = users.filter((user) => one[user] !== other[user]).length;
    expect(Math.abs(moved - 1000)).toBeLessThan(112);
    expect(shareMask(users, 'gate', 'abc')).toEqual(one);
  });

  it('divide next-item cases the same way as rows', () => {
    const users = Int32Array.from({ length: 200 }, (_, i) => i % 50);
    const cases = { count: 200, users, historyEnds: new Int32Array(200), targets: new Int32Array(200) };
    const dataset: NextItemDataset = {
      task: 'next-item',
      contract: contractOf({ task: 'next-item' }),
      itemCount: 5,
      userCount: 50,
      events: new Int32Array(),
      offsets: new Int32Array(51),
      trainEnds: new Int32Array(50),
      validation: cases,
      test: { ...cases, targets: undefined },
    };
    for (const share of ['search', 'gate', 'all'] as const) {
      const truth = validationTruth(dataset, share);
      expect(truth.kind).toBe('ranks');
      const rows = clicks(
        [...users].map((user) => ({ user, label: 1 })),
        'abc',
        [],
      );
      expect(truth.rows).toEqual(validationTruth(rows, share).rows);
      expect(truth.users).toEqual(takeInt(users, truth.rows));
    }
  });
});

describe('validationTruth', () => {
  it('gives every row of the share its own label and user, through the blocks', () => {
    fc.assert(
      fc.property(rowsOf, fc.array(fc.nat({ max: 300 }), { maxLength: 4 }), (rows, cuts) => {
        for (const share of ['search', 'gate', 'all'] as const) {
          const truth = validationTruth(clicks(rows, 'abc', cuts), share) as RowTruth;
          expect([...truth.labels]).toEqual([...truth.rows].map((row) => rows[row].label));
          expect([...truth.users]).toEqual([...truth.rows].map((row) => rows[row].user));
        }
      }),
    );
  });

  it('refuses a split whose labels are sealed', () => {
    const sealed = ctrData({ validation: sourceOf('validation', [{ users: [1, 2] }]) });
    expect(() => validationTruth(sealed, 'all')).toThrow(RangeError);
  });
});

describe('taking rows', () => {
  it('copies: what is done to the copy does not reach the split', () => {
    const values = Float32Array.of(1, 2, 3);
    const taken = takeFloat(values, Int32Array.of(2, 0, 2));
    expect([...taken]).toEqual([3, 1, 3]);
    taken.fill(9);
    expect([...values]).toEqual([1, 2, 3]);
    expect([...selectedRows(Uint8Array.of(0, 1, 1, 0, 1))]).toEqual([1, 2, 4]);
  });
});
