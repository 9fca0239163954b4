import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_VALUE_ID, type NextItemDataset } from '../../../src/schema/index.js';
import { NegativeSampler } from '../../../src/training/batches/negative-sampler.js';
import { cyclicDataset } from '../support/tiny-data.js';

/** One user who met candidate i as often as `counts[i]` says. */
function met(counts: readonly number[], unknown = 0): NextItemDataset {
  const events = [
    ...Array<number>(unknown).fill(1),
    ...counts.flatMap((count, i) => Array<number>(count).fill(FIRST_VALUE_ID + i)),
  ];
  return {
    ...cyclicDataset({ users: 1 }),
    itemCount: counts.length + FIRST_VALUE_ID,
    userCount: 1,
    events: Int32Array.from([...events, ...Array<number>(50).fill(FIRST_VALUE_ID)]),
    offsets: Int32Array.of(0, events.length + 50),
    trainEnds: Int32Array.of(events.length), // the 50 events behind are of the future
  };
}

function drawn(sampler: NegativeSampler, step: number): number[] {
  const out = new Int32Array(sampler.count);
  sampler.draw(step, out);
  return [...out];
}

/** Shares of the draws of `steps` samples, by candidate, and the share of the samples that have it. */
function frequencies(sampler: NegativeSampler, size: number, steps: number) {
  const draws = Array<number>(size).fill(0);
  const samples = Array<number>(size).fill(0);
  for (let step = 1; step <= steps; step += 1) {
    const sample = drawn(sampler, step);
    for (const id of sample) draws[id] += 1 / (steps * sampler.count);
    for (const id of new Set(sample)) samples[id] += 1 / steps;
  }
  return { draws, samples };
}

const counts = fc.array(fc.nat(60), { minLength: 1, maxLength: 12 });
const distributions = fc.constantFrom('uniform', 'popularity');

describe('NegativeSampler', () => {
  it('draws by popularity^0.75, one added to every count, the future left out', () => {
    const met8 = [80, 15, 5, 0, 0, 3, 1, 7];
    const sampler = new NegativeSampler(met(met8, 9), 64, 'popularity', 3);
    const weights = met8.map((count) => (count + 1) ** 0.75);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const { draws } = frequencies(sampler, 10, 2000);
    expect([draws[0], draws[1]]).toEqual([0, 0]);
    weights.forEach((weight, i) => expect(draws[i + 2] / (weight / total)).toBeCloseTo(1, 1));
  });

  it('draws uniformly for BPR, whatever is popular', () => {
    const sampler = new NegativeSampler(met([80, 15, 5, 0]), 64, 'uniform', 3);
    const { draws } = frequencies(sampler, 6, 1000);
    draws.slice(2).forEach((share) => expect(share / 0.25).toBeCloseTo(1, 1));
  });

  it('knows how likely an id is in a sample', () => {
    const sampler = new NegativeSampler(met([80, 15, 5, 0, 2]), 6, 'popularity', 3);
    const { samples } = frequencies(sampler, 7, 4000);
    const chances = [...sampler.logChances].map(Math.exp);
    expect(chances.slice(0, 2)).toEqual([0, 0]);
    chances.forEach((chance, id) => expect(Math.abs(chance - samples[id])).toBeLessThan(0.03));
    // By hand: weights 81, 16, 6, 1, 3 to the power 3/4; the first id is drawn in none of six draws.
    const weights = [81, 16, 6, 1, 3].map((count) => count ** 0.75);
    const first = weights[0] / weights.reduce((sum, weight) => sum + weight, 0);
    expect(chances[2]).toBeCloseTo(1 - (1 - first) ** 6, 6);
  });

  it('draws candidates alone, and says of all of them that they may be drawn', () => {
    fc.assert(
      fc.property(
        counts,
        distributions,
        fc.integer({ min: 1, max: 40 }),
        fc.nat(999),
        (met0, by, count, seed) => {
          const sampler = new NegativeSampler(met(met0, 3), count, by, seed);
          for (const id of drawn(sampler, 7)) {
            expect(id).toBeGreaterThanOrEqual(FIRST_VALUE_ID);
            expect(id).toBeLessThan(met0.length + FIRST_VALUE_ID);
          }
          const chances = sampler.logChances.subarray(FIRST_VALUE_ID);
          expect(chances.every((value) => Number.isFinite(value) && value <= 0)).toBe(true);
          expect([...sampler.logChances.subarray(0, FIRST_VALUE_ID)]).toEqual([-Infinity, -Infinity]);
        },
      ),
    );
  });

  it('is a function of seed and step, not of what was drawn before', () => {
    const make = (seed: number) => new NegativeSampler(met([4, 3, 2, 1, 9, 9]), 8, 'popularity', seed);
    const worn = make(1);
    for (const step of [9, 2, 5, 5, 1]) drawn(worn, step);
    expect(drawn(worn, 5)).toEqual(drawn(make(1), 5));
    expect(drawn(make(1), 5)).not.toEqual(drawn(make(1), 6));
    expect(drawn(make(1), 5)).not.toEqual(drawn(make(2), 5));
  });

  it('counts an id once, however often it was drawn, in every sample anew', () => {
    const sampler = new NegativeSampler(met([4, 3, 2, 1]), 6, 'popularity', 1);
    const out = new Float32Array(6);
    const { logChances } = sampler;
    sampler.correct(Int32Array.of(3, 2, 3, 3, 5, 2), out);
    const gone = 1e9;
    expect([...out]).toEqual([logChances[3], logChances[2], gone, gone, logChances[5], gone]);
    sampler.correct(Int32Array.of(3, 3, 4, 4, 4, 4), out);
    expect([...out]).toEqual([logChances[3], gone, logChances[4], gone, gone, gone]);
  });
});
