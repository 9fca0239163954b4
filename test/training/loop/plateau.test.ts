import { describe, expect, it } from 'vitest';
import { Plateau } from '../../../src/training/loop/plateau.js';

describe('Plateau', () => {
  it('decays after decayPatience bad evaluations and stops after patience', () => {
    const plateau = new Plateau({ patience: 3, decayPatience: 2, decayFactor: 0.1 });
    expect(plateau.judge(0.7, 10)).toEqual({ improved: true, stop: false });
    expect(plateau.judge(0.7, 20)).toEqual({ improved: false, stop: false }); // equal is not better
    expect(plateau.state.factor).toBe(1);
    expect(plateau.judge(0.6, 30).stop).toBe(false);
    expect(plateau.state.factor).toBeCloseTo(0.1);
    expect(plateau.judge(0.65, 40).stop).toBe(true);
    expect(plateau.state).toMatchObject({ best: 0.7, bestStep: 10 });
  });

  it('starts counting again at a new best', () => {
    const plateau = new Plateau({ patience: 2, decayPatience: 1, decayFactor: 0.5 });
    for (const [i, metric] of [-3, -4, -2, -2.5].entries()) plateau.judge(metric, i);
    expect(plateau.state).toMatchObject({ factor: 0.25, best: -2, bad: 1 });
    expect(plateau.judge(-1, 9)).toEqual({ improved: true, stop: false });
  });
});
