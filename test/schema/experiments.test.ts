import { describe, expect, it } from 'vitest';
import { MetricDefinition } from '../../src/schema/index.js';

const clicks = { name: 'clicks', role: 'success' };

describe('MetricDefinition', () => {
  it('fills in what is not said', () => {
    expect(MetricDefinition.parse(clicks)).toEqual({
      name: 'clicks',
      role: 'success',
      kind: 'mean',
      direction: 'up',
      cuped: false,
      missing: 'zero',
    });
  });

  it.each([
    { margin: 0 },
    { margin: 1 },
    { margin: -0.1 },
    { minimum: -0.01 },
    { quantile: 0 },
    { quantile: 1 },
    { days: [7] },
    { days: [-1, 7] },
    { days: [0, 0] },
    { name: '' },
    { role: 'primary' },
    { kind: 'median' },
    { direction: 'sideways' },
    { denominator: '' },
    { colour: 'red' },
    { margin: Number.NaN },
  ])('refuses %j', (change) => {
    expect(MetricDefinition.safeParse({ ...clicks, ...change }).success).toBe(false);
  });

  it.each([
    { margin: 0.02, role: 'guardrail' },
    { minimum: 0 },
    { quantile: 0.999, kind: 'quantile' },
    { days: [0, 1], kind: 'retention' },
    { name: '__proto__' },
    { missing: 'leave-out' },
  ])('takes %j', (change) => {
    expect(MetricDefinition.safeParse({ ...clicks, ...change }).success).toBe(true);
  });
});
