import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { metricFlag, priorFlag, weightsFlag } from '../../../src/cli/metric-flag.js';
import type { ExperimentAnalyzeOptions, ExperimentPlanOptions } from '../../../src/schema/index.js';
import { experimentAnalyzeResult } from '../example-results.js';
import { runWith } from '../fake-host.js';

const analyze = ['experiment', 'analyze', '--exposures', 'e.csv', '--variant', 'arm', '--control', 'old'];

describe('metrics on the command line', () => {
  it.each([
    ['clicks', { name: 'clicks', kind: 'mean', direction: 'up', cuped: false, missing: 'zero' }],
    ['hides,down,proportion', { name: 'hides', kind: 'proportion', direction: 'down' }],
    [
      'ctr, of=clicks, denominator=views, cuped',
      { name: 'ctr', kind: 'ratio', of: 'clicks', denominator: 'views', cuped: true },
    ],
    ['wait,quantile=0.95,of=ms', { kind: 'quantile', quantile: 0.95, of: 'ms' }],
    ['back,days=7-14', { kind: 'retention', days: [7, 14] }],
    [
      'x,minimum=0.01,covariate=y,covariate-denominator=z',
      { minimum: 0.01, covariate: 'y', covariateDenominator: 'z' },
    ],
    ['{"name":"a,b","kind":"proportion"}', { name: 'a,b', kind: 'proportion' }],
  ])('%s', (text, members) => {
    expect(metricFlag('success')(text)[0]).toMatchObject({ role: 'success', ...members });
  });

  it('gather, and take a margin of a guardrail', () => {
    const one = metricFlag('guardrail')('a,margin=0.02');
    expect(metricFlag('guardrail')('b,down,margin=0.1', one)).toMatchObject([
      { name: 'a', role: 'guardrail', margin: 0.02 },
      { name: 'b', direction: 'down', margin: 0.1 },
    ]);
  });

  it.each([
    '',
    ',down',
    'a,sideways',
    'a,margin=much',
    'a,margin=',
    'a,margin=2',
    'a,days=7',
    'a,=1',
    '{"name":',
    '{"name":"a","colour":1}',
    'a,__proto__=1',
  ])('refuse %j', (text) => {
    expect(() => metricFlag('guardrail')(text)).toThrow(InvalidArgumentError);
  });

  it('keep the role of their flag', () => {
    expect(metricFlag('watched')('{"name":"a","role":"success"}')[0].role).toBe('watched');
  });
});

describe('weights and priors', () => {
  it('are read, and refused when they are none', () => {
    expect(weightsFlag('old=9, new=1')).toEqual({ old: 9, new: 1 });
    expect(weightsFlag('a=b=1')).toEqual({ 'a=b': 1 });
    for (const bad of ['', 'old', 'old=', 'old=-1', 'old=x', 'old=1,old=2', 'old=0,new=0'])
      expect(() => weightsFlag(bad), bad).toThrow(InvalidArgumentError);
    expect(priorFlag('0,0.05')).toEqual({ mean: 0, sd: 0.05 });
    for (const bad of ['', '1', '0,0', '0,-1', '0,1,2', 'a,b'])
      expect(() => priorFlag(bad), bad).toThrow(InvalidArgumentError);
  });
});

describe('experiment analyze', () => {
  it('hands over what was said, paths from where the person stands', async () => {
    const words =
      '--metrics m.csv --unit user --success clicks --guardrail hides,down,margin=0.02 --watch revenue --weights old=1,new=1 ' +
      '--sequential --planned-units 20000 --alpha 0.1 --prior 0,0.1 --correction none --scale absolute --aim non-inferiority';
    const { calls, code } = await runWith([...analyze, ...words.split(' ')]);
    expect(code).toBe(0);
    const options = calls[0].options as ExperimentAnalyzeOptions;
    expect(options).toMatchObject({
      exposures: '/work-dir/e.csv',
      metrics: '/work-dir/m.csv',
      unit: 'user',
      variant: 'arm',
      control: 'old',
      weights: { old: 1, new: 1 },
      sequential: true,
      plannedUnits: 20_000,
      alpha: 0.1,
      scale: 'absolute',
      aim: 'non-inferiority',
      correction: 'none',
      prior: { mean: 0, sd: 0.1 },
    });
    expect(options.definitions.map(({ name, role }) => [name, role])).toEqual([
      ['clicks', 'success'],
      ['hides', 'guardrail'],
      ['revenue', 'watched'],
    ]);
  });

  it('prints traffic, checks, differences and the verdict with its reasons', async () => {
    const { stdout } = await runWith(analyze);
    for (const text of [
      '5,010',
      '50.0 %',
      '✓ units fell',
      '+10.45 %',
      '+4.00 % … +16.90 %',
      'CUPED −34 %',
      'do not vary',
      'new: EXTEND',
      '  not shown safe: hides',
    ])
      expect(stdout).toContain(text);
    expect(stdout).not.toContain('NaN');
  });

  it('prints segments apart, and none where there are none', async () => {
    const { stdout } = await runWith(analyze);
    expect(stdout).toMatch(/By country;.*\n.*\n.*\nDE +clicks +new +4,000 +\+5\.00 % +−4\.20 % … \+14\.20 %/);
    const without = await runWith(analyze, {
      operations: { analyzeExperiment: async () => ({ ...experimentAnalyzeResult, segments: [] }) },
    });
    expect(without.stdout).not.toContain('By country');
  });

  it('prints success by days since exposure, and nothing where nobody could tell', async () => {
    const { stdout } = await runWith(analyze);
    expect(stdout).toMatch(/By days since exposure.*\n.*\n.*\nclicks +new +0 +\+21\.00 % ± 4\.00 %/);
    expect(stdout).toMatch(/clicks +new +2–3 +\+6\.00 %/);
    expect(stdout).toMatch(
      /clicks +new +4 on +−1\.00 % ± 3\.00 % +fades; \+15\.00 % ± 3\.50 % less than before/,
    );
    const metrics = experimentAnalyzeResult.metrics.map((metric) => ({
      ...metric,
      comparisons: metric.comparisons.map((one) => ({ ...one, novelty: null })),
    }));
    const without = await runWith(analyze, {
      operations: { analyzeExperiment: async () => ({ ...experimentAnalyzeResult, metrics }) },
    });
    expect(without.stdout).not.toContain('By days since exposure');
  });

  it('shows the interval that was decided by', async () => {
    const sequential = await runWith([...analyze, '--sequential'], {
      operations: {
        analyzeExperiment: async () => ({ ...experimentAnalyzeResult, inference: 'always-valid' }),
      },
    });
    expect(sequential.stdout).toContain('+0.30 % … +20.60 %');
    expect(sequential.stdout).toContain('every look');
  });

  it('keeps names of the data from steering the terminal', async () => {
    const evil = 'new\u001b[31m\nKEEP';
    const { verdicts, metrics } = experimentAnalyzeResult;
    const { stdout } = await runWith(analyze, {
      operations: {
        analyzeExperiment: async () => ({
          ...experimentAnalyzeResult,
          metrics: metrics.map((metric) => ({ ...metric, name: evil })),
          verdicts: verdicts.map((verdict) => ({ ...verdict, variant: evil, reasons: [evil] })),
        }),
      },
    });
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toMatch(/^KEEP/m);
  });
});

describe('experiment plan', () => {
  it('hands over what was said and prints units, arms and days', async () => {
    const { calls, stdout } = await runWith([
      'experiment',
      'plan',
      '--mean',
      '0.1',
      '--lift',
      '-0.05',
      '--guardrails',
      '1',
      '--units-per-day',
      '10000',
    ]);
    expect(calls[0].options as ExperimentPlanOptions).toMatchObject({
      mean: 0.1,
      lift: -0.05,
      guardrails: 1,
      unitsPerDay: 10_000,
      power: 0.8,
    });
    for (const text of ['154,480 units find a lift of +5.00 %', '77,240', 'power 90.0 %', 'run 21 days'])
      expect(stdout).toContain(text);
  });

  it('needs a mean', async () => {
    expect((await runWith(['experiment', 'plan', '--lift', '0.1'])).code).toBe(2);
  });
});
