import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignUnit, plannedArms, sampleRatio } from '../../../src/experiments/index.js';
import type { ExperimentRecord } from '../../../src/schema/index.js';
import { recordOf } from '../support.js';

const version = (name: string): ExperimentRecord['treatments'][number] => ({
  name,
  weight: 1,
  change: { kind: 'version', version: name },
});
const three = recordOf({
  treatments: [
    { ...version('a'), weight: 1 },
    { ...version('b'), weight: 3 },
  ],
});
const users = Array.from({ length: 20_000 }, (_, user) => `user-${user}`);

function counts(record: ExperimentRecord, share: number): Record<string, number> {
  const out: Record<string, number> = {};
  for (const user of users) {
    const name = assignUnit(record, share, user)?.variant ?? '(none)';
    out[name] = (out[name] ?? 0) + 1;
  }
  return out;
}

describe('assignment', () => {
  it('gives each arm its share', () => {
    const seen = counts(three, 0.4);
    const arms = plannedArms(three, 0.4);
    expect(arms.map(({ weight }) => weight)).toEqual([0.6, expect.closeTo(0.1, 12), expect.closeTo(0.3, 12)]);
    const { p } = sampleRatio(
      arms.map(({ variant }) => seen[variant]),
      arms.map(({ weight }) => weight),
    );
    expect(p).toBeGreaterThan(0.001);
    expect(sampleRatio([seen.control, seen.a, seen.b], [0.6, 0.2, 0.2]).p).toBeLessThan(1e-9);
  });

  it('never moves a treated unit when the share grows, and only adds units', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (unit, shares, holdout) => {
          const [less, more] = [...shares].sort((a, b) => a - b);
          const record = { ...three, holdout };
          const before = assignUnit(record, less, unit)?.variant;
          const after = assignUnit(record, more, unit)?.variant;
          if (before !== 'control') expect(after).toBe(before);
        },
      ),
    );
    const shares = [0.01, 0.05, 0.1, 0.25, 0.5, 1];
    const treated = shares.map(
      (share) => users.filter((user) => assignUnit(three, share, user)?.variant !== 'control').length,
    );
    treated.forEach((count, i) => expect(Math.abs(count / users.length - shares[i])).toBeLessThan(0.015));
    expect(treated.at(-1)).toBe(users.length);
  });

  it('would move units if the arms were cut from one range by shares: what the second hash is for', () => {
    const naive = (share: number, unit: string): string => {
      const place = users.indexOf(unit) / users.length;
      return place < share / 4 ? 'a' : place < share ? 'b' : 'control';
    };
    const moved = users.filter((user) => naive(0.1, user) === 'b' && naive(0.5, user) === 'a');
    expect(moved.length).toBeGreaterThan(0);
  });

  it('keeps the holdout on the control at every share', () => {
    const record = { ...three, holdout: 0.2 };
    const held = users.filter((user) => assignUnit(record, 1, user)?.variant === 'control');
    expect(Math.abs(held.length / users.length - 0.2)).toBeLessThan(0.015);
    for (const user of held.slice(0, 200)) expect(assignUnit(record, 0.9, user)?.variant).toBe('control');
  });

  it('shares a layer out: a unit is in one of its experiments, and independently in those of another layer', () => {
    const left = recordOf({ id: 'left', layer: { name: 'ranking', from: 0, to: 4000 } });
    const right = recordOf({ id: 'right', layer: { name: 'ranking', from: 4000, to: 10_000 } });
    const other = recordOf({ id: 'other', layer: { name: 'recall', from: 0, to: 5000 } });
    let both = 0;
    for (const user of users) {
      const inLeft = assignUnit(left, 0.5, user) !== null;
      expect(assignUnit(right, 0.5, user) !== null).toBe(!inLeft);
      if (inLeft && assignUnit(other, 0.5, user) !== null) both += 1;
    }
    expect(Math.abs(both / users.length - 0.4 * 0.5)).toBeLessThan(0.015);
  });

  it('gives single units what was set by hand, also outside the layer, and says so', () => {
    const record = recordOf({ layer: { name: 'l', from: 0, to: 1 }, overrides: { tester: 'new' } });
    expect(assignUnit(record, 0, 'tester')).toEqual({ variant: 'new', forced: true });
    expect(assignUnit(record, 1, 'toString')).toEqual(assignUnit(record, 1, 'toString'));
    expect(assignUnit(record, 1, 'someone')).toBeNull();
    expect(assignUnit(record, 0, 'tester', {})).toBeNull();
  });

  it('depends on the seed alone: a new seed draws anew', () => {
    const again = users.filter(
      (user) =>
        assignUnit({ ...three, seed: 'other' }, 0.5, user)?.variant === assignUnit(three, 0.5, user)?.variant,
    );
    // control twice, or the same treatment twice
    expect(Math.abs(again.length / users.length - (0.25 + 0.25 * (1 / 16 + 9 / 16)))).toBeLessThan(0.015);
    expect(assignUnit({ ...three, id: 'x', seed: 's' }, 0.5, 'u')).toEqual(
      assignUnit({ ...three, id: 'y', seed: 's' }, 0.5, 'u'),
    );
  });
});
