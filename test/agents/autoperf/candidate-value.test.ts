import { describe, expect, it } from 'vitest';
import { candidateValue } from '../../../src/agents/autoperf/candidate-value.js';
import { Rng } from '../../../src/platform/index.js';
import type { RecommendResponse } from '../../../src/schema/index.js';

const logit = (p: number): number => Math.log(p / (1 - p));

function answer(probabilities: readonly number[]): RecommendResponse {
  return {
    requestId: 'r',
    user: 'u',
    version: 'v',
    variants: {},
    items: probabilities.map((p, position) => ({
      item: `i${position}`,
      position,
      score: 0,
      propensity: 1,
      explanation: { channels: [], parts: { model: logit(p) } },
    })),
  };
}

describe('candidateValue', () => {
  it('is the share of the summed probabilities that is lost, over the first ten places', () => {
    const reference = [answer([0.5, 0.3, ...Array.from({ length: 8 }, () => 0.1), 0.9]), answer([0.8, 0.8])];
    const plan = [answer([0.5, 0.1, ...Array.from({ length: 8 }, () => 0.1)]), answer([0.8, 0.6])];
    const quality = candidateValue(plan, reference, 0.01);
    expect(quality.difference).toBeCloseTo(2.8 / 3.2 - 1, 12);
    expect(quality.lower).toBeLessThan(quality.difference);
    expect(quality).toMatchObject({ metric: 'value@10', users: 2, margin: 0.01 });
    expect(candidateValue(reference, reference, 0.01)).toMatchObject({ difference: 0, lower: 0 });
  });

  it('has a bound that lies above the truth in about 5 % of samples', () => {
    const rng = new Rng(6);
    let above = 0;
    const samples = 600;
    for (let sample = 0; sample < samples; sample += 1) {
      const pairs = Array.from({ length: 60 }, () => {
        const p = 0.1 + 0.5 * rng.next();
        return { reference: p, plan: p * (0.9 + 0.1 * rng.next()) }; // truth: 5 % lost
      });
      const of = (which: 'plan' | 'reference') => pairs.map((pair) => answer([pair[which]]));
      if (candidateValue(of('plan'), of('reference'), 0.01).lower > -0.05) above += 1;
    }
    expect(above / samples).toBeGreaterThan(0.025);
    expect(above / samples).toBeLessThan(0.08);
  });

  it('wants the model’s part of the score, and answers to the same requests', () => {
    const silent = { ...answer([0.5]), items: [{ item: 'a', position: 0, score: 1, propensity: 1 }] };
    expect(() => candidateValue([silent, silent], [silent, silent], 0.01)).toThrow(/does not say/);
    expect(() => candidateValue([answer([0.5])], [answer([0.5])], 0.01)).toThrow(RangeError);
  });
});
