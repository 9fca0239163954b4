import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AutoModelError } from '../../src/platform/index.js';
import {
  CommandEnvelope,
  commandResults,
  type CommandName,
  type Operations,
} from '../../src/schema/index.js';
import { runWith } from './fake-host.js';

const folder = mkdtempSync(join(tmpdir(), 'automodel-cli-json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lines: Record<CommandName, readonly string[]> = {
  init: ['init', 'events.csv'],
  profile: ['profile'],
  audit: ['audit'],
  train: ['train', '--model', 'dcnv2'],
  predict: ['predict', '--input', 'a.parquet', '--out', 'b.parquet'],
  evaluate: ['evaluate', '--predictions', 'a.parquet'],
  evolve: ['evolve', '--trials', '5'],
  calibrate: ['calibrate'],
  report: ['report'],
  salvage: ['salvage'],
  'world generate': ['world', 'generate', '--out', 'world'],
  'experiment analyze': [
    'experiment',
    'analyze',
    '--exposures',
    'a.csv',
    '--variant',
    'arm',
    '--control',
    'a',
  ],
  'experiment plan': ['experiment', 'plan', '--mean', '0.1', '--lift', '0.05'],
  serve: ['serve'],
  'plan-serving': ['plan-serving', '--rate', '100'],
  'plan-training': ['plan-training', '--model', 'dcnv2'],
  'demo online': ['demo', 'online', '--out', join(folder, 'online')],
  'experiment start': ['experiment', 'start', 'a.json'],
  'experiment status': ['experiment', 'status', '--holds'],
  'experiment stop': ['experiment', 'stop', 'a', '--outcome', 'killed', '--reason', 'errors'],
  'experiment ramp': ['experiment', 'ramp', 'a'],
  'experiment estimate': ['experiment', 'estimate', '--log', 'a.csv'],
  doctor: ['doctor', '--project', folder],
  start: ['start', '--out', join(folder, 'demo')],
};
const names = Object.keys(lines) as CommandName[];

const operationOf: Partial<Record<CommandName, keyof Operations>> = {
  'world generate': 'generateWorld',
  'experiment analyze': 'analyzeExperiment',
  'experiment plan': 'planExperiment',
  'plan-serving': 'planServing',
  'plan-training': 'planTraining',
  'demo online': 'demoOnline',
  'experiment start': 'startExperiment',
  'experiment status': 'experimentStatus',
  'experiment stop': 'stopExperiment',
  'experiment ramp': 'rampExperiment',
  'experiment estimate': 'estimatePolicyValue',
  start: 'evolve',
  doctor: undefined,
};

describe('--json', () => {
  it.each(names)('%s prints exactly one object that fits its schema', async (name) => {
    const { stdout, code } = await runWith([...lines[name], '--json']);
    expect(stdout.endsWith('}\n')).toBe(true);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const envelope = CommandEnvelope.parse(JSON.parse(stdout));
    expect(envelope).toMatchObject({ schemaVersion: 1, command: name, ok: true, warnings: [] });
    expect(() => commandResults[name].parse(envelope.result)).not.toThrow();
    expect(code).toBe(0);
  });

  it.each(names.filter((name) => name !== 'doctor'))('%s prints one object on failure too', async (name) => {
    const operation = operationOf[name] ?? (name as keyof Operations);
    const failing = async (): Promise<never> => {
      throw new AutoModelError('FILE_UNREADABLE', 'events.csv, row 7: bad', {
        remedy: 'Mend row 7.',
        details: { file: 'events.csv', row: 7n, set: new Set(['a']) },
      });
    };
    const { stdout, stderr, code } = await runWith([...lines[name], '--json'], {
      operations: { [operation]: failing },
    });
    const envelope = CommandEnvelope.parse(JSON.parse(stdout));
    expect(envelope).toEqual({
      schemaVersion: 1,
      command: name,
      ok: false,
      result: null,
      warnings: [],
      error: {
        code: 'FILE_UNREADABLE',
        message: 'events.csv, row 7: bad',
        remedy: 'Mend row 7.',
        details: { file: 'events.csv', row: 7, set: ['a'] },
      },
    });
    expect(code).toBe(3);
    expect(stderr).not.toContain('error FILE_UNREADABLE');
  });

  it.each([
    [['train'], 'train'],
    [['evolve', '--trials', 'many'], 'evolve'],
    [['world', 'generate'], 'world generate'],
    [['tran'], ''],
    [[], ''],
    [['train', '--model', 'lr', '--hp', 'novalue'], 'train'],
    [['init', 'a.csv', '--task', 'regression'], 'init'],
    [['profile', 'surplus'], 'profile'],
  ])('wrong usage %j is one object with exit code 2', async (words, command) => {
    const { stdout, stderr, code, calls } = await runWith([...words, '--json']);
    const envelope = CommandEnvelope.parse(JSON.parse(stdout));
    expect(envelope).toMatchObject({ command, ok: false, result: null, error: { code: 'USAGE' } });
    expect(code).toBe(2);
    expect(calls).toEqual([]);
    expect(stderr).toBe('');
  });

  it('answers help and version as objects', async () => {
    expect((await runWith(['--version', '--json'])).json()).toMatchObject({
      ok: true,
      result: { text: '9.8.7' },
    });
    const help = await runWith(['train', '--help', '--json']);
    expect(help.json()).toMatchObject({ command: 'train', ok: true });
    expect(help.code).toBe(0);
  });

  it('carries warnings once each, and shows none of them on stdout otherwise', async () => {
    const operations: Partial<Operations> = {
      report: async (_, io) => {
        for (let i = 0; i < 3; i += 1) io.warn({ code: 'DUPLICATE_ROWS', message: 'twelve\u001b[31m rows' });
        return { runId: 'r', html: '/work-dir/x.html' };
      },
    };
    const asJson = await runWith(['report', '--json'], { operations });
    expect(asJson.json()['warnings']).toEqual([{ code: 'DUPLICATE_ROWS', message: 'twelve\u001b[31m rows' }]);
    const forPeople = await runWith(['report'], { operations });
    expect(forPeople.stderr).toBe('warning DUPLICATE_ROWS: twelve[31m rows\n');
    expect(forPeople.stdout).not.toContain('DUPLICATE_ROWS');
  });

  it('keeps the warnings of a command that fails', async () => {
    const { stdout } = await runWith(['profile', '--json'], {
      operations: {
        profile: async (_, io) => {
          io.warn({ code: 'A', message: 'b' });
          throw new Error('broken');
        },
      },
    });
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, warnings: [{ code: 'A', message: 'b' }] });
  });

  it('does not take --json from behind a --', async () => {
    const { stdout } = await runWith(['init', '--', '--json']);
    expect(stdout.startsWith('{')).toBe(false);
  });
});
