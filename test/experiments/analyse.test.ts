import { describe, expect, it } from 'vitest';
import {
  analyseExperiment,
  type Analysis,
  type AnalysisRules,
  type ArmMeasure,
  type ExperimentData,
} from '../../src/experiments/index.js';
import { MetricDefinition, type MetricComparison } from '../../src/schema/index.js';

const rules: AnalysisRules = {
  alpha: 0.05,
  scale: 'relative',
  rule: { kind: 'fixed-horizon' },
  tunedFor: 5000,
  prior: null,
  correction: 'holm',
  plannedUnits: null,
};
const define = (members: object): MetricDefinition =>
  MetricDefinition.parse({ name: 'm', role: 'success', ...members });
const arm = (mean: number, variance = 4, n = 1000): ArmMeasure => ({
  kind: 'moments',
  moments: { n, means: [mean], covariance: [[variance]] },
});
const arms = (...units: number[]) =>
  units.map((count, index) => ({ variant: 'abcd'[index], units: count, weight: 1 }));

function analyse(
  metrics: ExperimentData['metrics'],
  change: Partial<AnalysisRules> = {},
  units = [1000, 1000],
): Analysis {
  return analyseExperiment(
    { arms: arms(...units), metrics, segments: [], checks: [] },
    { ...rules, ...change },
  );
}
const outcomes = ({ metrics }: Analysis): string[] =>
  metrics.flatMap(({ comparisons }) => comparisons.map(({ outcome }) => outcome));

describe('analyseExperiment', () => {
  it('keeps a clear gain, discards a clear loss, extends what is open', () => {
    for (const [mean, verdict] of [
      [5.5, 'KEEP'],
      [4.5, 'DISCARD'],
      [5.05, 'EXTEND'],
    ] as const)
      expect(analyse([{ definition: define({}), arms: [arm(5), arm(mean)] }]).verdicts).toMatchObject([
        { variant: 'b', verdict },
      ]);
  });

  it('reads a metric that is better when it falls as the mirror image of one that is better when it rises', () => {
    const guardrail = { role: 'guardrail', margin: 0.05 };
    for (const gap of [-0.5, -0.1, 0, 0.1, 0.5]) {
      for (const members of [{}, guardrail]) {
        const up = analyse([{ definition: define(members), arms: [arm(5), arm(5 + gap)] }], {
          scale: 'absolute',
        });
        const down = analyse(
          [{ definition: define({ ...members, direction: 'down' }), arms: [arm(5), arm(5 - gap)] }],
          {
            scale: 'absolute',
          },
        );
        expect(outcomes(down)).toEqual(outcomes(up));
        const [[a], [b]] = [up, down].map(({ metrics }) => metrics[0].comparisons);
        expect(b.worse).toBe(a.worse);
        expect(b.p).toBeCloseTo(a.p ?? 0, 10);
        expect(b.bayesian?.chanceToWin).toBeCloseTo(a.bayesian?.chanceToWin ?? 0, 10);
        expect(b.bayesian?.risk.treatment).toBeCloseTo(a.bayesian?.risk.treatment ?? 0, 10);
        if (a.guardrail !== null) expect(b.guardrail?.bound).toBeCloseTo(a.guardrail.bound, 10);
      }
    }
  });

  it('tunes the always-valid intervals of segments for their even share of the planned units', () => {
    const rule = (tunedFor: number) =>
      ({ rule: { kind: 'always-valid', tunedFor }, tunedFor, plannedUnits: tunedFor }) as const;
    const metric = { definition: define({}), arms: [arm(5), arm(5.45)] };
    const none = { definition: define({}), arms: [arm(5), arm(5)] };
    const read = (own: AnalysisRules, segments: ExperimentData['segments']) =>
      analyseExperiment({ arms: arms(8000, 8000), metrics: [none], segments, checks: [] }, own);
    const segment = (value: string, own: typeof metric) => ({
      value,
      arms: arms(1000, 1000),
      metrics: [own],
    });
    const [part] = read({ ...rules, ...rule(80_000) }, [
      segment('web', metric),
      ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((value) => segment(value, none)),
    ]).segments[0];
    const whole = (tunedFor: number) => analyse([metric], rule(tunedFor)).metrics[0].comparisons[0];
    const width = ({ relative }: MetricComparison) => relative?.alwaysValid;
    expect(width(part.comparisons[0])).toEqual(width(whole(10_000)));
    expect(part.comparisons[0].p).toBe(whole(10_000).p);
    // Tuned for all units it would not be found.
    expect(part.comparisons[0].outcome).toBe('better');
    expect(8 * (whole(80_000).p ?? 0)).toBeGreaterThan(0.05);
    // Without a plan there is nothing to share.
    const unplanned = { ...rules, ...rule(10_000), plannedUnits: null };
    const [same] = read(unplanned, [segment('web', metric), segment('b', none)]).segments[0];
    expect(width(same.comparisons[0])).toEqual(width(whole(10_000)));
    // The whole is judged as planned, with segments or without.
    expect(read({ ...rules, ...rule(80_000) }, [segment('web', metric)]).metrics).toEqual(
      read({ ...rules, ...rule(80_000) }, []).metrics,
    );
  });

  it('corrects success metrics × arms, and no guardrail', () => {
    // p of about .03 by itself
    const near: ArmMeasure[] = [arm(5), arm(5.195), arm(5)];
    const one = analyse([{ definition: define({}), arms: near.slice(0, 2) }]);
    expect(one.metrics[0].comparisons[0].p).toBeLessThan(0.05);
    expect(outcomes(one)).toEqual(['better']);
    const two = analyse([{ definition: define({}), arms: near }], {}, [1000, 1000, 1000]);
    expect(two.metrics[0].comparisons[0].adjustedP).toBeGreaterThan(0.05);
    expect(outcomes(two)).toEqual(['undecided', 'undecided']);
    expect(
      outcomes(analyse([{ definition: define({}), arms: near }], { correction: 'none' }, [1000, 1000, 1000])),
    ).toEqual(['better', 'undecided']);
    const guarded = analyse([
      { definition: define({}), arms: near.slice(0, 2) },
      { definition: define({ name: 'g', role: 'guardrail', margin: 0.05 }), arms: near.slice(0, 2) },
      { definition: define({ name: 'w', role: 'watched' }), arms: near.slice(0, 2) },
    ]);
    expect(outcomes(guarded)).toEqual(['better', 'safe', 'undecided']);
    expect(guarded.metrics[1].comparisons[0].adjustedP).toBeNull();
    expect(guarded.verdicts[0].verdict).toBe('KEEP');
  });

  it('does not pass a guardrail for want of data', () => {
    const definition = define({ name: 'g', role: 'guardrail', margin: 0.05 });
    const small = analyse([{ definition, arms: [arm(5, 4, 20), arm(5, 4, 20)] }], {}, [20, 20]);
    const large = analyse([{ definition, arms: [arm(5, 4, 2000), arm(5, 4, 2000)] }], {}, [2000, 2000]);
    expect(outcomes(small)).toEqual(['undecided']);
    expect(outcomes(large)).toEqual(['safe']);
    const harmed = analyse([{ definition, arms: [arm(5, 4, 2000), arm(4, 4, 2000)] }], {}, [2000, 2000]);
    expect(outcomes(harmed)).toEqual(['harmed']);
  });

  it('asks always-valid intervals for enough units before it concludes, and fixed ones for none', () => {
    const few = [{ definition: define({}), arms: [arm(5, 4, 400), arm(7, 4, 400)] }];
    const sequential = analyse(few, { rule: { kind: 'always-valid', tunedFor: 5000 } }, [400, 400]);
    expect(outcomes(sequential)).toEqual(['better']);
    expect(sequential.verdicts[0].verdict).toBe('EXTEND');
    expect(sequential.checks.find(({ name }) => name === 'units-enough')?.passed).toBe(false);
    expect(analyse(few, {}, [400, 400]).verdicts[0].verdict).toBe('KEEP');
  });

  it('concludes nothing from a split that is not the planned one', () => {
    const metrics = [{ definition: define({}), arms: [arm(5), arm(7)] }];
    const split = analyse(metrics, {}, [1000, 1200]);
    expect(split.checks[0]).toMatchObject({ name: 'sample-ratio', passed: false });
    expect(split.checks[0].message).toContain('45.45 %');
    expect(split.verdicts[0].verdict).toBe('EXTEND');
  });

  it('weighs a minimum lift', () => {
    const at = (mean: number, minimum: number): Analysis =>
      analyse(
        [{ definition: define({ minimum }), arms: [arm(5, 4, 10_000), arm(mean, 4, 10_000)] }],
        {},
        [10_000, 10_000],
      );
    expect(at(5.5, 0.05).verdicts[0].verdict).toBe('KEEP');
    expect(at(5.24, 0.05).verdicts[0].verdict).toBe('EXTEND');
    expect(at(5.1, 0.05).verdicts[0]).toMatchObject({
      verdict: 'DISCARD',
      reasons: [expect.stringContaining('ruled out'), expect.anything()],
    });
  });

  it('ends at the planned sample', () => {
    const metrics = [{ definition: define({}), arms: [arm(5), arm(5.05)] }];
    const clear = [{ definition: define({}), arms: [arm(5), arm(7)] }];
    // one look before the plan is one look too many, but not for intervals that hold at every look
    const early = analyse(clear, { plannedUnits: 2001 });
    expect(early.checks.find(({ name }) => name === 'planned-sample')?.passed).toBe(false);
    expect(early.verdicts[0].verdict).toBe('EXTEND');
    const rule = { kind: 'always-valid', tunedFor: 5000 } as const;
    expect(analyse(clear, { plannedUnits: 2001, rule }).verdicts[0].verdict).toBe('KEEP');
    expect(analyse(clear, { plannedUnits: 2000 }).verdicts[0].verdict).toBe('KEEP');
    expect(analyse(metrics, { plannedUnits: 2001 }).verdicts[0].verdict).toBe('EXTEND');
    expect(analyse(metrics, { plannedUnits: 2000 }).verdicts[0].verdict).toBe('DISCARD');
  });

  it.each([
    ['values that do not vary', [arm(5, 0), arm(6, 0)], /do not vary/],
    ['a ratio over nothing', [arm(Number.NaN), arm(5)], /denominator/],
  ])('says why %s cannot be tested, and keeps nothing on them', (_, measures, note) => {
    const { metrics, verdicts } = analyse([{ definition: define({}), arms: measures }]);
    expect(metrics[0].comparisons[0]).toMatchObject({
      absolute: null,
      relative: null,
      p: null,
      outcome: 'undecided',
    });
    expect(metrics[0].comparisons[0].note).toMatch(note);
    expect(verdicts[0].verdict).toBe('EXTEND');
  });

  it('judges lifts over an uncertain control by the plain difference, and rules no minimum out by them', () => {
    // standard errors of 8 % and of 12 % of the control
    for (const [sd, judgedOn] of [
      [12.6, 'relative'],
      [19, 'absolute'],
    ] as const) {
      const { metrics } = analyse([{ definition: define({}), arms: [arm(5, sd ** 2), arm(5.1, sd ** 2)] }]);
      const [comparison] = metrics[0].comparisons;
      expect(comparison.judgedOn).toBe(judgedOn);
      expect(comparison.p).toBe(comparison[judgedOn]?.fixedHorizon.p);
      expect(comparison.note === null).toBe(judgedOn === 'relative');
      expect(comparison.relative).not.toBeNull();
    }
    const minimum = [{ definition: define({ minimum: 3 }), arms: [arm(5, 361), arm(5.1, 361)] }];
    expect(analyse(minimum).verdicts[0].verdict).toBe('EXTEND');
    const asked = analyse([{ definition: define({}), arms: [arm(5, 361), arm(5.1, 361)] }], {
      scale: 'absolute',
    });
    expect(asked.metrics[0].comparisons[0].note).toBeNull();
  });

  it('judges a metric whose control is zero by the absolute difference', () => {
    const { metrics } = analyse([{ definition: define({}), arms: [arm(0), arm(1)] }]);
    expect(metrics[0].comparisons[0]).toMatchObject({
      relative: null,
      judgedOn: 'absolute',
      outcome: 'better',
    });
    expect(metrics[0].comparisons[0].note).toContain('zero');
    const guarded = analyse([
      { definition: define({ role: 'guardrail', margin: 0.1 }), arms: [arm(0), arm(1)] },
    ]);
    expect(outcomes(guarded)).toEqual(['undecided']);
  });
});
