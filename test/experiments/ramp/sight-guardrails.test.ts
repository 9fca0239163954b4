import { describe, expect, it } from 'vitest';
import { earlyGuardrails } from '../../../scripts/experiments/early-guardrails.mjs';
import { sightGuardrails, type ArmMeasure } from '../../../src/experiments/index.js';
import type { MetricDefinition } from '../../../src/schema/index.js';
import { recordOf } from '../support.js';

const record = recordOf({ plannedUnits: 200_000 });
const [value] = record.metrics;
const arm = (n: number, mean: number, variance: number): ArmMeasure => ({
  kind: 'moments',
  moments: { n, means: [mean], covariance: [[variance]] },
});
const sight = (control: ArmMeasure, treatment: ArmMeasure, definition: MetricDefinition = value, step = 0) =>
  sightGuardrails(record, step, [{ definition, arms: [control, treatment] }])[0];

describe('guardrails of a ramp', () => {
  const control = arm(198_000, 10, 225);

  it('see a loss of 20 % among 2,000 users of a coefficient of variation of 1.5, and none where there is none', () => {
    expect(sight(control, arm(2000, 8, 144))).toMatchObject({ outcome: 'harmed', worse: true, lift: -0.2 });
    const harmless = sight(control, arm(2000, 10, 225));
    expect(harmless).toMatchObject({ outcome: 'undecided', worse: false, lift: 0 });
    expect(harmless.lossAtMost).toBeGreaterThan(0.05);
    expect(harmless.lossAtMost).toBeLessThan(0.15);
  });

  it('know the way that is better', () => {
    const down: MetricDefinition = { ...value, direction: 'down' };
    expect(sight(control, arm(2000, 13, 225), down)).toMatchObject({ outcome: 'harmed', lift: -0.3 });
    expect(sight(control, arm(2000, 7, 225), down).outcome).not.toBe('harmed');
    expect(sight(control, arm(2000, 13, 225)).outcome).not.toBe('harmed');
  });

  it('say nothing of few units, of a control of zero, and of a treatment that seems calmer than it can be', () => {
    expect(sight(control, arm(499, 1, 1))).toMatchObject({
      outcome: 'undecided',
      lift: null,
      lossAtMost: null,
    });
    expect(sight(arm(198_000, 0, 1), arm(2000, 1, 1))).toMatchObject({ lift: null, lossAtMost: null });
    // 0.9 with a spread of its own would be far below; with the control's it is not.
    expect(sight(control, arm(600, 9, 1)).outcome).toBe('undecided');
    expect(sight(arm(198_000, 10, 1), arm(600, 9, 1)).outcome).toBe('harmed');
  });

  it('ask for more at later steps', () => {
    const treatment = arm(2000, 8.7, 225);
    expect(sight(control, treatment, value, 0).outcome).toBe('harmed');
    expect(sight(control, treatment, value, 4).outcome).toBe('undecided');
  });

  it('keep their level under early looks at skewed values, where the small sample’s own variance does not', () => {
    const { called, plain, fixed } = earlyGuardrails({
      runs: 150,
      seed: 5,
      cv: 7,
      alpha: 0.025,
      until: 1000,
    });
    expect(called.rate).toBeLessThanOrEqual(0.025);
    expect(plain.rate).toBeGreaterThan(0.05);
    expect(fixed.rate).toBeGreaterThan(plain.rate);
  });
});
