import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideRamp,
  guardLevel,
  isJudged,
  lossToRuleOut,
  type RampSight,
} from '../../../src/experiments/index.js';
import type { GuardSighting, Verdict } from '../../../src/schema/index.js';
import { recordOf } from '../support.js';

const record = recordOf();
const hour = 3_600_000;
const guard: GuardSighting = {
  metric: 'value',
  variant: 'new',
  outcome: 'undecided',
  worse: false,
  lift: 0,
  lossAtMost: 0.01,
};
const sight: RampSight = {
  atMs: 24 * hour,
  units: [100_000, 1000],
  traffic: 5000,
  sampleRatioP: 1,
  guards: [guard],
};
const at = (step: number, members: Partial<RampSight> = {}, of = record) =>
  decideRamp(of, { step, epochFromMs: 0 }, { ...sight, ...members });
const verdict = (word: Verdict, variant = 'new') => ({ variant, verdict: word, reasons: ['because'] });

describe('the ramp', () => {
  it('goes on when time, units and guardrails allow it', () => {
    expect(at(0)).toMatchObject({ kind: 'advance', step: 1 });
    expect(at(0, { atMs: 23 * hour })).toMatchObject({ kind: 'stay', step: null });
    expect(at(0, { units: [100_000, 499] }).kind).toBe('stay');
  });

  it('rolls back as soon as a guardrail is lost for sure, however early it is', () => {
    const harmed = { ...guard, outcome: 'harmed', worse: true, lift: -0.2, lossAtMost: 0.3 } as const;
    const { kind, reasons } = at(0, { atMs: hour, guards: [guard, harmed] });
    expect(kind).toBe('roll-back');
    expect(reasons).toEqual(['value of new is lost beyond its margin (−20 %)']);
  });

  it('holds where data cannot be trusted or do not come, even when they look like harm', () => {
    const harmed = { ...guard, outcome: 'harmed' } as const;
    expect(at(0, { sampleRatioP: 1e-4, guards: [harmed] }).kind).toBe('hold');
    expect(at(0, { traffic: 0, guards: [harmed] }).kind).toBe('hold');
  });

  it('leaves a loss within the margin to a person', () => {
    expect(at(0, { guards: [{ ...guard, worse: true }] })).toMatchObject({
      kind: 'hold',
      reasons: [expect.stringContaining('a person has to weigh it')],
    });
  });

  it('waits while a loss is possible that the risk budget does not allow', () => {
    // 2 % of everybody's metric: 20 % at most before a second step, 8 % before a quarter of the users, 4 % before half.
    [0.2, 0.2, 0.08, 0.04, 0.02].forEach((loss, i) =>
      expect(lossToRuleOut(record, 'value', [0.05, 0.1, 0.25, 0.5, 1][i])).toBeCloseTo(loss, 12),
    );
    expect(at(0, { guards: [{ ...guard, lossAtMost: 0.21 }] }).kind).toBe('stay');
    expect(at(2, { guards: [{ ...guard, lossAtMost: 0.09 }] }).kind).toBe('stay');
    expect(at(2, { guards: [{ ...guard, lossAtMost: 0.08 }] }).kind).toBe('advance');
    expect(at(0, { guards: [{ ...guard, lossAtMost: null }] }).kind).toBe('stay');
    const wide = recordOf({ metrics: [{ name: 'value', role: 'guardrail', margin: 0.3 }] });
    expect(at(2, { guards: [{ ...guard, lossAtMost: 0.25 }] }, wide).kind).toBe('advance');
    const strict = recordOf({ ramp: { steps: [{ share: 0.01, ruleOut: 0.05 }, { share: 0.5 }] } });
    expect(at(0, { guards: [{ ...guard, lossAtMost: 0.06 }] }, strict).kind).toBe('stay');
  });

  it('passes the half only with a KEEP, and ends with a verdict', () => {
    expect([0, 3, 4].map((step) => isJudged(record, step))).toEqual([false, false, true]);
    expect(at(4).kind).toBe('stay');
    expect(at(4, { verdicts: [verdict('EXTEND')] }).kind).toBe('stay');
    expect(at(4, { verdicts: [verdict('KEEP')] }).kind).toBe('keep');
    expect(at(4, { verdicts: [verdict('DISCARD')] }).kind).toBe('discard');
    expect(at(4, { verdicts: [verdict('EXTEND')], guards: [{ ...guard, worse: true }] }).kind).toBe('hold');
    expect(at(0, { verdicts: [verdict('DISCARD')] }).kind).toBe('advance');
    const held = recordOf({ holdout: 0.05 });
    expect(at(4, { verdicts: [verdict('KEEP')] }, held)).toMatchObject({ kind: 'advance', step: 5 });
    expect(at(5, { verdicts: [verdict('KEEP')] }, held).kind).toBe('keep');
  });

  it('goes on with the better of two treatments, and discards only both', () => {
    const both = (a: Verdict, b: Verdict) => at(4, { verdicts: [verdict(a, 'a'), verdict(b, 'b')] }).kind;
    expect([both('KEEP', 'DISCARD'), both('EXTEND', 'DISCARD'), both('DISCARD', 'DISCARD')]).toEqual([
      'keep',
      'stay',
      'discard',
    ]);
  });

  it('spends at most alpha over all steps, guardrails and treatments', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.double({ min: 0.001, max: 0.4, noNaN: true }),
        (guardrails, treatments, alpha) => {
          const many = recordOf({
            alpha,
            metrics: Array.from({ length: guardrails }, (_, i) => ({
              name: `m${i}`,
              role: 'guardrail',
              margin: 0.1,
            })),
            treatments: Array.from({ length: treatments }, (_, i) => ({
              name: `t${i}`,
              change: { kind: 'none' },
            })),
          });
          const spent = many.ramp.steps.reduce(
            (sum, _, step) => sum + guardLevel(many, step) * guardrails * treatments,
            0,
          );
          expect(spent).toBeLessThan(alpha);
          expect(guardLevel(many, 0)).toBeGreaterThan(guardLevel(many, 1));
        },
      ),
    );
  });

  it('never advances on a sight that it would hold or roll back for', () => {
    const outcome = fc.constantFrom('safe', 'harmed', 'undecided' as const);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.record({ outcome, worse: fc.boolean() }), { minLength: 1, maxLength: 3 }),
        (step, sampleRatioP, traffic, guards) => {
          const { kind } = at(step, {
            sampleRatioP,
            traffic,
            guards: guards.map((one) => ({ ...guard, ...one })),
          });
          const bad = sampleRatioP < 0.001 || traffic === 0 || guards.some((one) => one.outcome === 'harmed');
          if (bad) expect(['hold', 'roll-back']).toContain(kind);
          if (guards.some((one) => one.worse)) expect(kind).not.toBe('advance');
        },
      ),
    );
  });
});
