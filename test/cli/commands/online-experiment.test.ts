import { describe, expect, it } from 'vitest';
import type { ExperimentStartOptions } from '../../../src/schema/index.js';
import { counterfactualResult, experimentRampResult } from '../example-results.js';
import { runWith } from '../fake-host.js';

const project = '/work-dir';

describe('experiment start', () => {
  it('makes members of a record out of flags', async () => {
    const words = [
      'start',
      '--id',
      'a',
      '--hypothesis',
      'h',
      '--serve',
      'v2',
      '--change',
      'model',
      '--change',
      'mmr',
    ];
    const flags = [
      '--surface',
      'home',
      '--success',
      'clicks,of=click',
      '--guardrail',
      'hides,down,margin=0.1',
    ];
    flags.push('--planned-units', '1000', '--holdout', '0.05');
    const { calls, code } = await runWith(['experiment', ...words, ...flags]);
    expect(code).toBe(0);
    const { members, file } = calls[0].options as ExperimentStartOptions;
    expect(file).toBeUndefined();
    expect(members).toMatchObject({
      id: 'a',
      holds: { parameters: ['model', 'mmr'], surfaces: ['home'] },
      treatments: [{ name: 'treatment', change: { kind: 'version', version: 'v2' } }],
      metrics: [
        { name: 'clicks', of: 'click', role: 'success' },
        { name: 'hides', role: 'guardrail', margin: 0.1 },
      ],
      plannedUnits: 1000,
      holdout: 0.05,
    });
  });

  it('names a file from where the person stands, and replaces nothing that is not said', async () => {
    const { calls, stdout } = await runWith(['experiment', 'start', 'a.json', '--id', 'b']);
    expect(calls[0].options).toEqual({ projectDir: project, file: '/work-dir/a.json', members: { id: 'b' } });
    expect(stdout).toContain('200,000 users show a lift of 2.1 % of clicks');
  });
});

describe('experiment status, ramp and stop', () => {
  it('show arms, the last look and who holds what', async () => {
    const { stdout } = await runWith(['experiment', 'status', '--holds']);
    expect(stdout).toContain('new-model: running, 5 % treated (step 2 of 6)');
    expect(stdout).toContain('hides of treatment: undecided, -0.1 %, loss at most 5 %');
    expect(stdout).toMatch(/recommend +model +new-model \(default 0–10000\)/);
    const none = await runWith(['experiment', 'status'], {
      operations: { experimentStatus: async () => ({ experiments: [], holds: [] }) },
    });
    expect(none.stdout).toContain('No experiment was ever started here.');
  });

  it('hand their words on', async () => {
    const ramp = await runWith(['experiment', 'ramp', 'a', '--events', 'e.jsonl', '--dry-run', '--json']);
    expect(ramp.calls[0].options).toEqual({
      projectDir: project,
      id: 'a',
      events: '/work-dir/e.jsonl',
      dryRun: true,
    });
    expect(ramp.json()).toMatchObject({ ok: true, result: experimentRampResult });
    const stop = await runWith(['experiment', 'stop', 'a', '--outcome', 'killed', '--reason', 'errors']);
    expect(stop.calls[0].options).toEqual({
      projectDir: project,
      id: 'a',
      outcome: 'killed',
      reason: 'errors',
    });
    expect(stop.stdout).toContain('ended: killed');
  });

  it('look once, or every hour, or as often as is said', async () => {
    const optionsOf = async (...words: string[]) =>
      (await runWith(['experiment', 'ramp', 'a', ...words])).calls[0].options;
    expect(await optionsOf()).toEqual({ projectDir: project, id: 'a' });
    expect(await optionsOf('--watch')).toEqual({ projectDir: project, id: 'a', watchEveryMs: 3_600_000 });
    expect(await optionsOf('--watch', '--every', '0.5', '--events', 'e.jsonl')).toEqual({
      projectDir: project,
      id: 'a',
      events: '/work-dir/e.jsonl',
      watchEveryMs: 30_000,
    });
  });

  it('say what each look of a watch came to, and print one object at its end', async () => {
    const name = 'Look 1: stay (too early), 5.0 % treated; the next in 1 h 00 min';
    const { stdout, stderr, json, code } = await runWith(['experiment', 'ramp', 'a', '--watch', '--json'], {
      operations: {
        rampExperiment: async (_, io) => {
          io.onProgress({ kind: 'phase', name, done: 0, total: undefined });
          return experimentRampResult;
        },
      },
    });
    expect(code).toBe(0);
    expect(stderr).toContain(name);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(json()).toMatchObject({ command: 'experiment ramp', ok: true, result: experimentRampResult });
  });

  it.each([
    ['ramp', 'a', '--watch', '--share', '0.5'],
    ['ramp', 'a', '--watch', '--dry-run'],
    ['ramp', 'a', '--every', '30'],
    ['ramp', 'a', '--watch', '--every', '0'],
    ['ramp', 'a', '--share', '0.5', '--events', 'e.jsonl'],
    ['stop', 'a', '--outcome', 'maybe', '--reason', 'r'],
    ['stop', 'a', '--outcome', 'KEEP'],
    ['analyze', 'a', '--exposures', 'e.csv'],
    ['analyze', 'a', '--success', 'clicks'],
    ['analyze', '--events', 'e.jsonl'],
    ['analyze', '--exposures', 'e.csv', '--variant', 'v'],
  ])('refuse %s %s %s', async (...words) => {
    const { code, calls } = await runWith(['experiment', ...words]);
    expect([code, calls.length]).toEqual([2, 0]);
  });
});

describe('experiment analyze <id>', () => {
  it('asks for the experiment of the project', async () => {
    const { calls, code } = await runWith(['experiment', 'analyze', 'new-model']);
    expect(code).toBe(0);
    expect(calls.map(({ operation, options }) => [operation, options])).toEqual([
      ['analyzeRunningExperiment', { projectDir: project, id: 'new-model', events: undefined }],
    ]);
  });
});

describe('experiment estimate', () => {
  it('shows values, or why there are none', async () => {
    const told = await runWith(['experiment', 'estimate', '--log', 'a.csv', '--clip', '50']);
    expect(told.calls[0].options).toMatchObject({ log: '/work-dir/a.csv', clip: 50, target: 'target' });
    expect(told.stdout).toContain('SNIPS');
    const refused = await runWith(['experiment', 'estimate', '--log', 'a.csv'], {
      operations: {
        estimatePolicyValue: async () => ({
          ...counterfactualResult,
          identifiable: false,
          estimates: [],
          reasons: ['too few'],
        }),
      },
    });
    expect(refused.stdout).toContain('Not identifiable from this log');
    expect(refused.stdout).toContain('too few');
  });
});
