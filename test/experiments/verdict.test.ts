import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeArm, type VerdictEvidence } from '../../src/experiments/index.js';

const won = { metric: 'clicks', outcome: 'better', aboveMinimum: true, ruledOut: false } as const;
const open = { metric: 'likes', outcome: 'undecided', aboveMinimum: false, ruledOut: false } as const;
const lost = { metric: 'dwell', outcome: 'worse', aboveMinimum: false, ruledOut: false } as const;
const safe = { metric: 'hides', outcome: 'safe', worse: false } as const;
const check = { name: 'sample-ratio', passed: true, p: 0.4, message: 'as planned' } as const;

const kept: VerdictEvidence = {
  variant: 'b',
  checks: [check],
  success: [won, open],
  guardrails: [safe],
  watchedWorse: [],
  planReached: false,
};

describe('the verdict', () => {
  it.each<[string, Partial<VerdictEvidence>, string, RegExp]>([
    ['one win, all guardrails safe', {}, 'KEEP', /better: clicks/],
    ['one win without guardrails', { guardrails: [] }, 'KEEP', /better: clicks/],
    ['no win', { success: [open] }, 'EXTEND', /no success metric is significantly better/],
    ['no success metric at all', { success: [] }, 'EXTEND', /no success metric is named/],
    ['nothing that had to be better', { aim: 'non-inferiority', success: [] }, 'KEEP', /shown safe: hides/],
    [
      'nothing that had to be better, nor a guardrail',
      { aim: 'non-inferiority', success: [], guardrails: [] },
      'EXTEND',
      /no success metric is named/,
    ],
    [
      'nothing that had to be better, and a guardrail that is not shown safe',
      { aim: 'non-inferiority', success: [], guardrails: [safe, { ...safe, outcome: 'undecided' }] },
      'EXTEND',
      /not shown safe/,
    ],
    [
      'the same at the planned end',
      {
        aim: 'non-inferiority',
        success: [],
        guardrails: [{ ...safe, outcome: 'undecided' }],
        planReached: true,
      },
      'DISCARD',
      /planned sample is reached/,
    ],
    [
      'nothing that had to be better, and a loss within the margin',
      { aim: 'non-inferiority', success: [], guardrails: [{ ...safe, worse: true }] },
      'EXTEND',
      /a person/,
    ],
    [
      'nothing that had to be better, and harm',
      { aim: 'non-inferiority', success: [], guardrails: [{ ...safe, outcome: 'harmed' }] },
      'DISCARD',
      /lost beyond its margin/,
    ],
    [
      'a win below the minimum',
      { success: [{ ...won, aboveMinimum: false }] },
      'EXTEND',
      /not above the minimum/,
    ],
    [
      'a guardrail not shown safe',
      { guardrails: [safe, { ...safe, metric: 'g', outcome: 'undecided' }] },
      'EXTEND',
      /not shown safe: g/,
    ],
    [
      'a guardrail harmed',
      { guardrails: [{ ...safe, outcome: 'harmed', worse: true }] },
      'DISCARD',
      /beyond its margin: hides/,
    ],
    ['a guardrail worse within its margin', { guardrails: [{ ...safe, worse: true }] }, 'EXTEND', /a person/],
    ['another success metric lost', { success: [won, lost] }, 'DISCARD', /worse: dwell/],
    ['a watched metric lost', { watchedWorse: ['revenue'] }, 'EXTEND', /revenue; a person/],
    [
      'a failed check, whatever was won',
      { checks: [{ ...check, passed: false, message: 'split' }] },
      'EXTEND',
      /split/,
    ],
    [
      'a failed check, whatever was lost',
      { checks: [{ ...check, passed: false }], success: [lost] },
      'EXTEND',
      /concluded/,
    ],
    ['a minimum ruled out', { success: [{ ...open, ruledOut: true }] }, 'DISCARD', /ruled out/],
    [
      'a minimum ruled out on one metric only',
      {
        success: [
          { ...open, ruledOut: true },
          { ...open, metric: 'x' },
        ],
      },
      'EXTEND',
      /no success/,
    ],
    ['the planned end without a win', { success: [open], planReached: true }, 'DISCARD', /planned sample/],
    ['the planned end with a win', { planReached: true }, 'KEEP', /better/],
    [
      'the planned end with an unsafe guardrail',
      { planReached: true, guardrails: [{ ...safe, outcome: 'undecided' }] },
      'DISCARD',
      /planned sample/,
    ],
    [
      'the planned end with a matter for a person',
      { planReached: true, watchedWorse: ['revenue'] },
      'EXTEND',
      /a person/,
    ],
  ])('of %s', (_, change, verdict, reason) => {
    const answer = judgeArm({ ...kept, ...change });
    expect(answer.verdict).toBe(verdict);
    expect(answer.reasons.join(' | ')).toMatch(reason);
  });

  it('is KEEP exactly when the rule says so, for every evidence', () => {
    const success = fc.array(
      fc.record({
        metric: fc.constantFrom('a', 'b'),
        outcome: fc.constantFrom('better', 'worse', 'undecided'),
        aboveMinimum: fc.boolean(),
        ruledOut: fc.boolean(),
      }),
      { maxLength: 3 },
    );
    const guardrails = fc.array(
      fc.record({
        metric: fc.constant('g'),
        outcome: fc.constantFrom('safe', 'harmed', 'undecided'),
        worse: fc.boolean(),
      }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(
        success,
        guardrails,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (s, g, passed, planReached, watched) => {
          const watchedWorse = watched ? ['w'] : [];
          const checks = [{ ...check, passed }];
          const { verdict, reasons } = judgeArm({
            variant: 'b',
            checks,
            success: s,
            guardrails: g,
            watchedWorse,
            planReached,
          });
          const ships =
            passed &&
            s.some(({ outcome, aboveMinimum }) => outcome === 'better' && aboveMinimum) &&
            g.every(({ outcome }) => outcome === 'safe') &&
            s.every(({ outcome }) => outcome !== 'worse') &&
            g.every(({ worse }) => !worse) &&
            watchedWorse.length === 0;
          expect(verdict === 'KEEP').toBe(ships);
          if (!passed) expect(verdict).toBe('EXTEND');
          expect(reasons.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
