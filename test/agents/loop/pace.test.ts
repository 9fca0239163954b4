import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src/agents/loop/pace.js';

describe('Pace', () => {
  it('knows nothing before two trials were seen, then extrapolates', () => {
    let now = 100;
    const pace = new Pace(() => now);
    expect(pace.secondsFor(5)).toBeUndefined();
    pace.at(3); // three were there before anybody looked
    expect(pace.secondsFor(5)).toBeUndefined();
    now = 120;
    pace.at(5);
    expect(pace.secondsFor(5)).toBe(50);
    now = 121;
    pace.at(5); // a rung, no trial
    expect(pace.secondsFor(2)).toBe(21);
    expect(pace.secondsFor(0)).toBe(0);
    expect(pace.secondsFor(-1)).toBe(0);
  });
});
