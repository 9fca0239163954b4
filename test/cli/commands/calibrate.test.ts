import { describe, expect, it } from 'vitest';
import { commandResults } from '../../../src/schema/index.js';
import { measuredLines, simulatedLines } from '../../../src/cli/calibrate-lines.js';
import { plainStyle } from '../../../src/cli/text.js';
import { calibrateResult, simulateResult } from '../example-results.js';
import { runWith } from '../fake-host.js';

describe('calibrate', () => {
  it('measures the project as it is asked to', async () => {
    const words = [
      '--seeds',
      '8',
      '--minutes',
      '3',
      '--workers',
      '2',
      '--wanted-gain',
      '0.001',
      '--seed',
      '7',
    ];
    const { calls, code } = await runWith(['calibrate', ...words, '--project', 'shop']);
    expect(code).toBe(0);
    expect(calls).toMatchObject([
      {
        operation: 'calibrate',
        options: {
          projectDir: '/work-dir/shop',
          seeds: 8,
          minutes: 3,
          workers: 2,
          wantedGain: 0.001,
          seed: 7,
        },
      },
    ]);
  });

  it('simulates without a project, by the figures of the rule unless told', async () => {
    const { calls } = await runWith(['calibrate', '--simulate']);
    expect(calls).toMatchObject([
      { operation: 'simulateGate', options: { runs: 10_000, candidates: 500, workers: 1, seed: 1 } },
    ]);
    const json = await runWith(['calibrate', '--simulate', '--runs', '50', '--json']);
    expect(json.calls).toMatchObject([{ options: { runs: 50 } }]);
    expect(commandResults.calibrate.safeParse(json.json()['result']).error).toBeUndefined();
    expect(json.json()).toMatchObject({ command: 'calibrate', result: { kind: 'simulated', kept: true } });
  });

  it.each([
    [['--simulate', '--seeds', '3'], /--seeds has no meaning with --simulate/],
    [['--simulate', '--wanted-gain', '0.1'], /--wanted-gain has no meaning/],
    [['--runs', '5'], /--runs belongs to --simulate/],
    [['--candidates', '5'], /--candidates belongs to --simulate/],
    [['--seeds', '1'], /one seed has no spread/],
    [['--wanted-gain', '0'], /number above 0/],
  ])('refuses %j', async (words, message) => {
    const { code, stderr, calls } = await runWith(['calibrate', ...words]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(calls).toEqual([]);
  });
});

describe('measured noise for people', () => {
  const text = measuredLines(calibrateResult, plainStyle).join('\n');

  it('splits the spread, tells what is resolvable and what is not', () => {
    expect(text).toMatch(/auc +dnn +0\.7348 +0\.0024 +0\.0012 +0\.0021/);
    expect(text).toMatch(/auc +0\.0052 +0\.0041 +0\.0028/);
    expect(text).toMatch(/logloss +— +— +—/);
    expect(text).toContain('resolves 0.0041 auc');
    expect(text).toContain('would pay for 31 paired seeds: 0.0031 auc');
    expect(text).toContain('no number of paired seeds resolves it; the users');
  });

  it('shows how many pairs were really apart, and what was lost', () => {
    expect(text).toMatch(/auc +one look +5\.0 % +9 of 200 +2 +4\.50 % \[0\.10 %, 68\.0 %\]/);
    expect(text).toContain('dnn (deep): 14 runs, 4.5 s each, 2 lost to the infrastructure.');
  });

  it('says so where there was no pair, and when seeds would do', () => {
    const [primary] = calibrateResult.metrics;
    const wanted = { gain: 0.004, seeds: 6, reason: 'more seeds shrink the seed noise far enough' };
    const metrics = [{ ...primary, falseAccepts: [], affordable: null, wanted }];
    const other = measuredLines({ ...calibrateResult, metrics }, plainStyle).join('\n');
    expect(other).toContain('too few runs for one pair');
    expect(other).toContain('A gain of 0.0040 auc: 6 paired seeds; more seeds');
    expect(other).not.toContain('would pay for');
  });
});

describe('the simulated gate for people', () => {
  it('tells rule and controls apart, and whether the budget was kept', () => {
    const text = simulatedLines(simulateResult, plainStyle).join('\n');
    expect(text).toMatch(/gate, lower bound above 0 +2\.10 % \[1\.80 %, 2\.40 %\]/);
    expect(text).toMatch(/control: best screening score, same users +87\.2 %/);
    expect(text).toMatch(/best-screening +4\.340 +0\.006/);
    expect(text).toContain('keeps its error budget: at most 5.60 %');
    const broken = simulatedLines({ ...simulateResult, kept: false }, plainStyle).join('\n');
    expect(broken).toContain('errs in more than 5.60 %');
  });
});
