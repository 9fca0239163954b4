import { describe, expect, it, vi } from 'vitest';
import { AutoModelError, type ErrorCode } from '../../src/platform/index.js';
import type { Operations } from '../../src/schema/index.js';
import { evolveResult, profileResult, trainResult } from './example-results.js';
import { runWith } from './fake-host.js';

describe('options reach the engine', () => {
  it('init: paths against the working directory, task, split and rule as given', async () => {
    const words = [
      'init',
      'a.csv',
      '/data/b.csv',
      '--task',
      'rating',
      '--split',
      'time',
      '--positive',
      'rating>=4',
    ];
    const { calls } = await runWith([...words, '--no-dataset-json', '--project', 'p']);
    expect(calls[0]).toMatchObject({
      operation: 'init',
      options: {
        projectDir: '/work-dir/p',
        files: ['/work-dir/a.csv', '/data/b.csv'],
        task: 'rating',
        split: 'time',
        positive: 'rating>=4',
        label: undefined,
        useDatasetJson: false,
      },
    });
  });

  it('train: hyper-parameters typed, several to a flag, defaults as documented', async () => {
    const hp = [
      '--hp',
      'dropout=0.1',
      'towers=400x400',
      'gate=true',
      'rate=1e-3',
      'version=1.2.3',
      'text=a=b',
      '--hp',
      'k=',
    ];
    const { calls } = await runWith(['train', '--model', 'dcnv2', ...hp]);
    expect(calls[0].options).toEqual({
      projectDir: '/work-dir',
      model: 'dcnv2',
      seeds: 3,
      seed: 1,
      hyperParameters: {
        dropout: 0.1,
        towers: '400x400',
        gate: true,
        rate: 0.001,
        version: '1.2.3',
        text: 'a=b',
        k: '',
      },
      tune: 0,
      test: true,
    });
    const shared = await runWith(['train', '--model', 'lr', '--workers', '2']);
    expect(shared.calls[0].options).toMatchObject({ workers: 2 });
    const closed = await runWith([
      'train',
      '--model',
      'lr',
      '--no-test',
      '--seeds',
      '5',
      '--tune',
      '9',
      '--seed',
      '0',
    ]);
    expect(closed.calls[0].options).toMatchObject({
      test: false,
      seeds: 5,
      tune: 9,
      seed: 0,
      hyperParameters: {},
    });
  });

  it('train: a hyper-parameter named __proto__ is only a name', async () => {
    const { calls } = await runWith(['train', '--model', 'lr', '--hp', '__proto__=1']);
    const options = calls[0].options as { hyperParameters: Record<string, unknown> };
    expect(Object.keys(options.hyperParameters)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  it('evolve: thirty minutes when no budget is named, none when resuming', async () => {
    const fresh = await runWith(['evolve']);
    expect(fresh.calls[0].options).toMatchObject({
      trials: undefined,
      minutes: 30,
      resume: false,
      control: 'share',
    });
    const trials = await runWith([
      'evolve',
      '--trials',
      '7',
      '--control',
      'full',
      '--refit',
      'all',
      '--minimum-gain',
      '0',
    ]);
    expect(trials.calls[0].options).toMatchObject({
      trials: 7,
      minutes: undefined,
      control: 'full',
      refit: 'all',
      minimumGain: 0,
      trialMinutes: undefined,
      trialMemoryMb: undefined,
    });
    const limited = await runWith(['evolve', '--trial-minutes', '1.5', '--trial-memory', '900']);
    expect(limited.calls[0].options).toMatchObject({ trialMinutes: 1.5, trialMemoryMb: 900 });
    const resumed = await runWith(['evolve', '--resume', '--null', '--workers', '2']);
    expect(resumed.calls[0].options).toMatchObject({
      minutes: undefined,
      resume: true,
      nullRun: true,
      workers: 2,
    });
  });

  it('evaluate, predict, report and world', async () => {
    const evaluate = await runWith(['evaluate', '--predictions', 'x.csv', '--split', 'validation']);
    expect(evaluate.calls[0].options).toMatchObject({ predictions: '/work-dir/x.csv', split: 'validation' });
    const predict = await runWith(['predict', '--input', 'i', '--out', 'o', '--artefact', 'ab']);
    expect(predict.calls[0].options).toMatchObject({
      input: '/work-dir/i',
      out: '/work-dir/o',
      artefact: 'ab',
    });
    const report = await runWith(['report', '--run', 'r1']);
    expect(report.calls[0].options).toMatchObject({ runId: 'r1' });
    const world = await runWith([
      'world',
      'generate',
      '--out',
      'w',
      '--seed',
      '7',
      '--users',
      '10',
      '--null',
    ]);
    expect(world.calls[0].options).toMatchObject({ out: '/work-dir/w', seed: 7, users: 10, nullWorld: true });
  });

  it('global flags may stand before the command', async () => {
    const { calls, json } = await runWith(['--json', '--project', '/elsewhere', 'profile']);
    expect(calls[0].options).toEqual({ projectDir: '/elsewhere' });
    expect(json()['ok']).toBe(true);
  });

  it('an empty project folder is refused rather than taken for this one', async () => {
    for (const words of [['--project='], ['--project', ' ']]) {
      const { calls, code, stderr } = await runWith(['profile', ...words]);
      expect(code).toBe(2);
      expect(stderr).toContain('Name a folder');
      expect(calls).toEqual([]);
    }
  });
});

describe('exit codes', () => {
  const failing = (error: unknown): Partial<Operations> => ({
    profile: async () => {
      throw error;
    },
  });

  it.each<[ErrorCode, number]>([
    ['INTERNAL', 1],
    ['CONFIG_INVALID', 2],
    ['SPLIT_EMPTY', 3],
    ['TEST_SEALED', 4],
    ['PROJECT_LOCKED', 5],
    ['INTERRUPTED', 130],
  ])('%s ends with %d', async (errorCode, expected) => {
    const { code, stdout, stderr } = await runWith(['profile'], {
      operations: failing(new AutoModelError(errorCode, 'what happened', { remedy: 'What to do.' })),
    });
    expect(code).toBe(expected);
    expect(stdout).toBe('');
    expect(stderr).toBe(`error ${errorCode}: what happened\n  What to do.\n`);
  });

  it.each([
    ['ENOSPC', 'DISK_FULL', 5],
    ['EACCES', 'PATH_NOT_WRITABLE', 5],
    ['ERR_DLOPEN_FAILED', 'NATIVE_MODULE', 5],
    ['toString', 'INTERNAL', 1],
  ])('a system fault %s is %s', async (systemCode, errorCode, expected) => {
    const { code, json } = await runWith(['profile', '--json'], {
      operations: failing(Object.assign(new Error('system'), { code: systemCode })),
    });
    expect(code).toBe(expected);
    expect(json()['error']).toMatchObject({ code: errorCode });
  });

  it('anything else is an internal fault, thrown strings included', async () => {
    const { code, json } = await runWith(['profile', '--json'], { operations: failing('oops') });
    expect(code).toBe(1);
    expect(json()['error']).toMatchObject({ code: 'INTERNAL', message: 'oops' });
  });

  it('an engine that does not load says to see the doctor, and the doctor does not load it', async () => {
    const load = async (): Promise<Operations> => {
      throw Object.assign(new Error('no such module'), { code: 'ERR_DLOPEN_FAILED' });
    };
    const broken = await runWith(['profile'], { load });
    expect(broken.code).toBe(5);
    expect(broken.stderr).toContain('automodel doctor');
    const loaded = vi.fn(load);
    await runWith(['doctor'], { load: loaded, workingDirectory: process.cwd() });
    expect(loaded).not.toHaveBeenCalled();
  });

  it('nothing better found is a success', async () => {
    const { code } = await runWith(['evolve', '--trials', '3'], {
      operations: { evolve: async () => ({ ...evolveResult, outcome: 'nothing-better' }) },
    });
    expect(code).toBe(0);
  });
});

describe('interruption', () => {
  const stoppable: Partial<Operations> = {
    evolve: (_, io) =>
      new Promise((_resolve, reject) => {
        io.onProgress({ kind: 'run-recorded', runId: 'run-1' });
        io.signal.addEventListener('abort', () => reject(new Error('some consequence of stopping')));
      }),
  };

  it('aborts, ends with 130 and prints the line that goes on', async () => {
    const { code, stderr } = await runWith(['evolve', '--trials', '9', '--project', 'my demo'], {
      operations: stoppable,
      whenListening: (interrupt) => setImmediate(interrupt),
    });
    expect(code).toBe(130);
    expect(stderr).toContain("To go on: automodel evolve --resume --project 'my demo'");
  });

  it('names the same line again as long as no run is in the journal', async () => {
    const early: Partial<Operations> = {
      evolve: (_, io) =>
        new Promise((_resolve, reject) => {
          io.onProgress({ kind: 'phase', name: 'Encode', done: 0, total: 1 });
          io.signal.addEventListener('abort', () => reject(new Error('some consequence of stopping')));
        }),
    };
    const whenListening = (interrupt: () => void) => setImmediate(interrupt);
    const fresh = await runWith(['evolve', '--trials', '9'], { operations: early, whenListening });
    expect(fresh.stderr).toContain('To go on: automodel evolve --trials 9\n');
    const resumed = await runWith(['evolve', '--resume'], { operations: early, whenListening });
    expect(resumed.stderr).toContain('To go on: automodel evolve --resume\n');
  });

  it('is one object under --json', async () => {
    const { code, json } = await runWith(['evolve', '--json'], {
      operations: stoppable,
      whenListening: (interrupt) => setImmediate(interrupt),
    });
    expect(code).toBe(130);
    expect(json()).toMatchObject({
      ok: false,
      error: { code: 'INTERRUPTED', details: { resume: 'automodel evolve --resume' } },
    });
  });

  it('a command that cannot resume names itself', async () => {
    const { stderr } = await runWith(['train', '--model', "o'dd"], {
      operations: { train: stoppable.evolve as unknown as Operations['train'] },
      whenListening: (interrupt) => setImmediate(interrupt),
    });
    expect(stderr).toContain(`To go on: automodel train --model 'o'\\''dd'`);
  });

  it('a second request ends the process at once', async () => {
    const exits: number[] = [];
    await runWith(['evolve'], {
      operations: stoppable,
      onExit: (code) => exits.push(code),
      whenListening: (interrupt) =>
        setImmediate(() => {
          interrupt();
          interrupt();
        }),
    });
    expect(exits).toEqual([130]);
  });

  it('a command that finishes all the same is done', async () => {
    const { code } = await runWith(['train', '--model', 'lr'], {
      operations: {
        train: async (_, io) => {
          await new Promise((resolve) => io.signal.addEventListener('abort', resolve));
          return trainResult;
        },
      },
      whenListening: (interrupt) => setImmediate(interrupt),
    });
    expect(code).toBe(0);
  });

  it('a command that is stopped before its engine is there does not begin', async () => {
    const { code, calls } = await runWith(['train', '--model', 'lr'], {
      whenListening: (interrupt) => interrupt(),
    });
    expect(code).toBe(130);
    expect(calls).toEqual([]);
  });
});

describe('questions', () => {
  const asked = async (words: readonly string[], canAsk: boolean): Promise<boolean> => {
    const { calls } = await runWith(words, { canAsk });
    return calls[0].io.ask !== undefined;
  };

  it('are asked only of a person at a terminal', async () => {
    expect(await asked(['init', 'a.csv'], true)).toBe(true);
    expect(await asked(['init', 'a.csv'], false)).toBe(false);
    expect(await asked(['init', 'a.csv', '--json'], true)).toBe(false);
  });
});

describe('what people read', () => {
  it('helps with an example for every command', async () => {
    for (const words of [
      ['start'],
      ['init'],
      ['profile'],
      ['train'],
      ['predict'],
      ['evaluate'],
      ['evolve'],
      ['report'],
      ['world', 'generate'],
      ['doctor'],
    ]) {
      const { stdout, code } = await runWith([...words, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('Example:');
      expect(stdout).toContain(`$ automodel ${words.join(' ')}`);
    }
  });

  it('shows the help when no command is given, as wrong usage', async () => {
    const { code, stdout, stderr } = await runWith([]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Commands:');
  });

  it('suggests the command that was meant', async () => {
    const { stderr } = await runWith(['tran']);
    expect(stderr).toBe(
      "error USAGE: unknown command 'tran'\n  Did you mean train? Add --help to see how the command is used.\n",
    );
  });

  it('lets no escape sequence from the data through', async () => {
    const evil = '\u001b[2J\u0007\u009b31mname\u202e';
    const { stdout } = await runWith(['profile'], {
      operations: {
        profile: async () => ({
          ...profileResult,
          contract: { ...profileResult.contract, split: evil },
          columns: [{ ...profileResult.columns[0], column: evil, min: evil }],
          probes: [{ probe: evil, table: evil, column: evil, verdict: 'suspect', message: evil }],
          refused: [{ table: evil, column: evil, role: 'leak', reason: evil }],
        }),
      },
    });
    expect(stdout).toContain('[2J31mname');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('uses colour only on a terminal that wants it', async () => {
    const escape = '\u001b[';
    expect((await runWith(['profile'], { terminal: true, colour: true })).stdout).toContain(escape);
    expect((await runWith(['profile'], { terminal: true })).stdout).not.toContain(escape);
    expect((await runWith(['profile'], { colour: true })).stdout).not.toContain(escape);
  });
});
