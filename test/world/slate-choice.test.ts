import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePosition, SlateChoice } from '../../src/world/slate-choice.js';
import { mean, smallWorld } from './tiny-world.js';

function share(alone: readonly number[], topicOf: readonly number[]): number[] {
  const chances = alone.map(() => Number.NaN);
  new SlateChoice(8, 4).share(alone, topicOf, alone.length, chances);
  return chances;
}

const slate = fc.array(
  fc.record({ chance: fc.double({ min: 0.001, max: 0.9, noNaN: true }), topic: fc.nat({ max: 3 }) }),
  { minLength: 1, maxLength: 8 },
);

describe('SlateChoice', () => {
  it('leaves an item that is alone its chance', () => {
    for (const chance of [0, 0.02, 0.3, 0.9]) expect(share([chance], [2])[0]).toBeCloseTo(chance, 12);
    expect(share([1], [0])[0]).toBeCloseTo(0.999, 12);
  });

  it('divides by hand: two topics compete, two items of one topic share as well', () => {
    // odds 1 each against no click: three equal alternatives
    expect(share([0.5, 0.5], [0, 1])).toEqual([expect.closeTo(1 / 3, 12), expect.closeTo(1 / 3, 12)]);
    // one nest worth (1 + 1)^(1/2) instead of 2
    const nested = Math.SQRT2 / (1 + Math.SQRT2) / 2;
    expect(share([0.5, 0.5], [1, 1])).toEqual([expect.closeTo(nested, 12), expect.closeTo(nested, 12)]);
    // odds 1 and 3 in one nest: (1 + 9)^(1/2) against 1, one part in ten for the lesser
    const both = Math.sqrt(10) / (1 + Math.sqrt(10));
    expect(share([0.5, 0.75], [3, 3])).toEqual([
      expect.closeTo(both / 10, 12),
      expect.closeTo((9 * both) / 10, 12),
    ]);
  });

  it('always leaves a chance of no click, and no item more than it has alone (property)', () => {
    fc.assert(
      fc.property(slate, (items) => {
        const alone = items.map(({ chance }) => chance);
        const topics = items.map(({ topic }) => topic);
        const chances = share(alone, topics);
        expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeLessThan(1);
        chances.forEach((chance, n) => {
          expect(chance).toBeGreaterThan(0);
          expect(chance).toBeLessThanOrEqual(alone[n] + 1e-12);
        });
      }),
    );
  });

  it('brings less together with a mate of a topic that is there than of another (property)', () => {
    const total = (chances: readonly number[]): number => chances.reduce((sum, chance) => sum + chance, 0);
    fc.assert(
      fc.property(slate, fc.double({ min: 0.01, max: 0.9, noNaN: true }), (items, mate) => {
        fc.pre(items.length < 8 && items.every(({ topic }) => topic !== 3));
        const alone = [...items.map(({ chance }) => chance), mate];
        const topics = items.map(({ topic }) => topic);
        expect(total(share(alone, [...topics, topics[0]]))).toBeLessThan(total(share(alone, [...topics, 3])));
      }),
    );
  });

  it('loses more to a stronger mate of its own topic than to the same mate of another (property)', () => {
    const chance = fc.double({ min: 0.001, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(chance, chance, (one, other) => {
        const alone = [Math.min(one, other), Math.max(one, other)];
        expect(share(alone, [1, 1])[0]).toBeLessThan(share(alone, [1, 2])[0]);
      }),
    );
  });

  it('keeps nothing of the slate before', () => {
    const choice = new SlateChoice(4, 3);
    const fresh = [0, 0];
    choice.share([0.2, 0.4], [0, 2], 2, fresh);
    const again = [0, 0];
    choice.share([0.9, 0.9, 0.9, 0.9], [0, 0, 1, 2], 4, [0, 0, 0, 0]);
    choice.share([0.2, 0.4], [0, 2], 2, again);
    expect(again).toEqual(fresh);
  });
});

describe('choosePosition', () => {
  it('falls on positions in order, then on none', () => {
    const chances = [0.2, 0.3, 0.1];
    const at = [0, 0.19, 0.2, 0.49, 0.5, 0.59, 0.61, 0.99];
    expect(at.map((uniform) => choosePosition(chances, 3, uniform))).toEqual([0, 0, 1, 1, 2, 2, -1, -1]);
    expect(choosePosition(chances, 2, 0.55)).toBe(-1);
  });
});

describe('slates of a world', () => {
  const plain = { users: 900, lostShare: 0, delayedShare: 0, botShare: 0 };

  /** Clicks of each request. */
  const clicksOf = ({ events }: ReturnType<typeof smallWorld>): number[] => {
    const clicks = new Map<number, number>();
    events.requestId.forEach((id, row) => clicks.set(id, (clicks.get(id) ?? 0) + events.click[row]));
    return [...clicks.values()];
  };

  it('are clicked once or not at all, where the null world clicks item by item', () => {
    const clicks = clicksOf(smallWorld(plain));
    expect(Math.max(...clicks)).toBe(1);
    expect(mean(clicks)).toBeGreaterThan(0.2);
    expect(mean(clicks)).toBeLessThan(0.8);
    expect(Math.max(...clicksOf(smallWorld({ ...plain, null: true })))).toBeGreaterThan(1);
  });

  it('give an item fewer clicks beside others of its topic', () => {
    const { events, world } = smallWorld(plain);
    const topics = new Map<number, number[]>();
    events.requestId.forEach((id, row) => {
      topics.set(id, [...(topics.get(id) ?? []), world.items.topic[events.item[row]]]);
    });
    const kept = (crowded: boolean): number => {
      const ratios: number[] = [];
      events.requestId.forEach((id, row) => {
        const slateTopics = topics.get(id) ?? [];
        if (slateTopics.length < 4) return;
        const own = world.items.topic[events.item[row]];
        if (slateTopics.filter((topic) => topic === own).length >= 3 === crowded)
          ratios.push(events.clickProbability[row] / events.aloneProbability[row]);
      });
      return mean(ratios);
    };
    expect(kept(true)).toBeLessThan(0.9 * kept(false));
  });
});
