import { describe, expect, it } from 'vitest';
import { inTurns, ratiosOf } from '../../../src/agents/autoperf/in-turns.js';

describe('inTurns', () => {
  it('measures everything once a round, after a round that counts for nothing', async () => {
    const calls: string[] = [];
    const rounds: number[] = [];
    const all = await inTurns(
      ['a', 'b', 'c'],
      4,
      async (thing, round) => {
        calls.push(thing);
        return `${thing}${round}`;
      },
      (done) => rounds.push(done),
    );
    expect(all).toEqual(['a', 'b', 'c'].map((thing) => [0, 1, 2, 3].map((round) => `${thing}${round}`)));
    expect(rounds).toEqual([0, 1, 2, 3]);
    for (let round = 0; round <= 4; round += 1)
      expect(calls.slice(3 * round, 3 * round + 3).sort()).toEqual(['a', 'b', 'c']);
    // Not always in the same order, so that nothing always comes after the same neighbour.
    const orders = new Set([1, 2, 3, 4].map((round) => calls.slice(3 * round, 3 * round + 3).join('')));
    expect(orders.size).toBeGreaterThan(1);
  });

  it('gives fair ratios on a machine that drifts, where one after the other does not', async () => {
    let slower = 1;
    const measure = async (cost: number): Promise<number> => cost * (slower *= 1.02);
    const [a, b] = await inTurns([1, 1], 20, measure);
    const ratios = ratiosOf(b, a).sort((x, y) => x - y);
    expect(Math.abs(ratios[10] - 1)).toBeLessThan(0.03);
    const first: number[] = [];
    const second: number[] = [];
    for (let i = 0; i < 20; i += 1) first.push(await measure(1));
    for (let i = 0; i < 20; i += 1) second.push(await measure(1));
    expect(ratiosOf(second, first)[10]).toBeGreaterThan(1.4);
  });

  it('passes on what a measurement fails with', async () => {
    await expect(inTurns([1], 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
