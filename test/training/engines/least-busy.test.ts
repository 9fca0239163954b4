import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastBusy } from '../../../src/training/engines/least-busy.js';

interface Member {
  readonly name: number;
  isLost: boolean;
}

const membersOf = (count: number): Member[] =>
  Array.from({ length: count }, (_, name) => ({ name, isLost: false }));

/** A task that ends when it is told to. */
function held(pool: LeastBusy<Member>) {
  let end!: () => void;
  let member!: Member;
  const done = pool.take((one) => {
    member = one;
    return new Promise<void>((resolve) => (end = resolve));
  });
  return { done, member, end: () => end() };
}

describe('the least busy', () => {
  it('gets the next task, so that no two differ by more than one while tasks only begin', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 30 }), (count, tasks) => {
        const pool = new LeastBusy(membersOf(count));
        const counts = Array.from({ length: count }, () => 0);
        for (let n = 0; n < tasks; n += 1) counts[held(pool).member.name] += 1;
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is whoever has done what was asked, also where it failed', async () => {
    const pool = new LeastBusy(membersOf(2));
    const [first, second] = [held(pool), held(pool)];
    expect([first.member.name, second.member.name]).toEqual([0, 1]);
    second.end();
    await second.done;
    const third = held(pool);
    expect(third.member.name).toBe(1);
    third.end();
    await third.done;
    await expect(pool.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(held(pool).member.name).toBe(1);
  });

  it('is never one that is lost while another is not, and one of the lost where all are', async () => {
    const members = membersOf(3);
    const pool = new LeastBusy(members);
    members[0].isLost = true;
    const used = [held(pool), held(pool), held(pool)].map(({ member }) => member.name);
    expect(used).toEqual([1, 2, 1]);
    for (const member of members) member.isLost = true;
    await expect(pool.take(({ name }) => Promise.resolve(name))).resolves.toBe(0);
  });

  it('needs somebody', () => {
    expect(() => new LeastBusy([])).toThrow(RangeError);
  });
});
