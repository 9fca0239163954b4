import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { projectedOverSpace, projectedValues, type Trial } from '../../src/search/index.js';
import type { Space } from '../../src/space/index.js';
import { trial } from './make-trial.js';

const space: Space = {
  rate: { kind: 'float', min: 0, max: 1, default: 0.5 },
  idle: { kind: 'float', min: 0, max: 1, default: 0.5 },
};
/** A low rate starts low and gains three times as much on the way: the curves cross. */
const scoreAt = (rate: number, rung: number): number => rate / 2 + [0, 0.3, 0.4][rung] * (1.5 - rate);

/** A third of the trials climbs to the middle, a third of those to the top. */
function history(n: number, noise: number): readonly Trial[] {
  const rng = new Rng(['projection', n]);
  return Array.from({ length: n }, (_, index) => {
    const rate = rng.next();
    const rungs = index % 9 === 0 ? 3 : index % 3 === 0 ? 2 : 1;
    const scores = Array.from(
      { length: rungs },
      (_unused, rung) => scoreAt(rate, rung) + noise * rng.normal(),
    );
    return trial(space, index, { rate, idle: rng.next() }, scores, rungs === 3 ? 'finished' : 'waiting');
  });
}

function meanError(trials: readonly Trial[], values: Float64Array): number {
  const errors = trials.flatMap(({ assignment, scores }, i) =>
    scores.length < 3 ? [Math.abs(values[i] - scoreAt(assignment.rate as number, 2))] : [],
  );
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

describe('projectedOverSpace', () => {
  it('learns which configurations gain more, where the median gain is wrong for all but the middle ones', () => {
    const trials = history(90, 0);
    expect(meanError(trials, projectedOverSpace(space, trials, 3))).toBeLessThan(0.01);
    expect(meanError(trials, projectedValues(trials, 3))).toBeGreaterThan(0.05);
  });

  it('is no worse than the median gain by more than the noise, where gains have nothing to learn from', () => {
    const rng = new Rng(['flat']);
    const trials = Array.from({ length: 60 }, (_, index) => {
      const rate = rng.next();
      const scores = Array.from({ length: index % 3 === 0 ? 2 : 1 }, (_unused, rung) => rate + 0.2 * rung);
      const noisy = scores.map((score) => score + 0.02 * rng.normal());
      return trial(space, index, { rate, idle: rng.next() }, noisy);
    });
    const over = projectedOverSpace(space, trials, 2);
    const flat = projectedValues(trials, 2);
    for (let i = 0; i < trials.length; i += 1) expect(Math.abs(over[i] - flat[i])).toBeLessThan(0.04);
  });

  it('keeps what was seen at the top, knows nothing of trials without a score, and falls back on the median', () => {
    const trials = [...history(90, 0.01), trial(space, 90, { rate: 0.1, idle: 0 }, [], 'running')];
    const values = projectedOverSpace(space, trials, 3);
    expect(values[90]).toBeNaN();
    for (const { scores, index } of trials) if (scores.length === 3) expect(values[index]).toBe(scores[2]);
    const few = history(12, 0.01); // four climbers, two of them to the top
    expect([...projectedOverSpace(space, few, 3)]).toEqual(
      [...projectedValues(few, 3)].map((value) => expect.closeTo(value, 12)),
    );
  });
});
