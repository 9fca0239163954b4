import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promotable, type Trial } from '../../src/search/index.js';

function trial(index: number, scores: readonly number[], state: Trial['state'] = 'waiting'): Trial {
  return {
    index,
    assignment: { x: index },
    hash: String(index),
    proposer: 'random',
    parent: undefined,
    warmup: false,
    scores,
    costSeconds: scores.length,
    work: scores.length,
    state,
    fault: undefined,
  };
}

/** Trials that wait at the first rung, with these scores. */
const waiting = (scores: readonly number[]): Trial[] => scores.map((score, i) => trial(i, [score]));

describe('promotable', () => {
  it('waits until a rung holds eta trials, then sends the best', () => {
    expect(promotable(waiting([1, 2]), 3, 3, false)).toBeUndefined();
    expect(promotable(waiting([1, 9, 2]), 3, 3, false)).toBe(1);
  });

  it('sends the next best as the rung fills, never the same trial twice', () => {
    const trials = waiting([5, 9, 2, 4, 3, 1]);
    trials[1] = trial(1, [9, 7]);
    expect(promotable(trials, 3, 3, false)).toBe(0);
    trials[0] = trial(0, [5], 'running');
    expect(promotable(trials, 3, 3, false)).toBeUndefined();
  });

  it('prefers the higher rung', () => {
    const trials = [
      trial(0, [1, 1]),
      trial(1, [2, 5]),
      trial(2, [3, 2]),
      ...waiting([9, 9, 9, 9, 9, 9, 9]).map((t) => ({ ...t, index: t.index + 3 })),
    ];
    expect(promotable(trials, 3, 3, false)).toBe(1);
  });

  it('breaks ties by age', () => {
    expect(promotable(waiting([4, 4, 4, 4, 4, 4]), 2, 3, false)).toBe(0);
  });

  it('gives the place of a lost run back, but not that of a failed one', () => {
    const lost = [trial(0, [9], 'excluded'), ...waiting([5, 4, 3]).slice(1)];
    expect(promotable(lost, 2, 3, false)).toBeUndefined(); // the best third is the lost one alone
    const refilled = [
      trial(0, [9], 'excluded'),
      trial(1, [8]),
      trial(2, [7]),
      trial(3, [1]),
      trial(4, [1]),
      trial(5, [1]),
    ];
    expect(promotable(refilled, 2, 3, false)).toBe(1);
    const failed = refilled.map((t) => (t.index === 0 ? trial(0, [9], 'failed') : t));
    expect(promotable(failed, 2, 3, false)).toBe(1);
    failed[1] = trial(1, [8, 8]);
    expect(promotable(failed, 2, 3, false)).toBeUndefined(); // two of six have climbed
  });

  it('does not compare trials that have no score', () => {
    const trials = [trial(0, [], 'running'), trial(1, [], 'failed'), trial(2, [1])];
    expect(promotable(trials, 2, 3, false)).toBeUndefined();
    expect(promotable(trials, 2, 3, true)).toBe(2);
  });

  it('never lets more than one in eta climb, however scores improve', () => {
    const arrivals = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(arrivals, fc.boolean(), fc.constantFrom(2, 3, 4), (noise, improving, eta) => {
        const trials: Trial[] = [];
        noise.forEach((e, i) => {
          trials.push(trial(i, [(improving ? i : 0) + e]));
          for (;;) {
            const next = promotable(trials, 2, eta, false);
            if (next === undefined) break;
            trials[next] = trial(next, [...trials[next].scores, 0], 'finished');
          }
          const climbed = trials.filter((t) => t.scores.length === 2).length;
          expect(climbed).toBeLessThanOrEqual(Math.floor((i + 1) / eta));
          // an improving proposer fills its quota to the full
          if (improving && i > 3 * eta) expect(climbed).toBe(Math.floor((i + 1) / eta));
        });
      }),
    );
  });

  it('when closing, brings one trial of any number to the top', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 12 }), (scores) => {
        const trials = waiting(scores);
        for (let steps = 0; steps < 50; steps += 1) {
          const next = promotable(trials, 3, 3, true);
          if (next === undefined) break;
          const climbed = [...trials[next].scores, scores[next]];
          trials[next] = trial(next, climbed, climbed.length === 3 ? 'finished' : 'waiting');
        }
        const top = trials.filter((t) => t.state === 'finished');
        expect(top.length).toBeGreaterThan(0);
        expect(Math.max(...top.map((t) => t.scores[0]))).toBe(Math.max(...scores));
      }),
    );
  });
});
