import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignmentPair, gain, positiveInteger, positiveNumber, wholeNumber } from '../../src/cli/flags.js';
import { runWith } from './fake-host.js';

const commands = [
  ['start'],
  ['init'],
  ['profile'],
  ['train'],
  ['predict'],
  ['evaluate'],
  ['evolve'],
  ['report'],
  ['experiment', 'analyze'],
  ['experiment', 'plan'],
  ['experiment', 'start'],
  ['experiment', 'status'],
  ['experiment', 'ramp'],
  ['experiment', 'stop'],
  ['experiment', 'estimate'],
  ['world', 'generate'],
  ['doctor'],
] as const;

/** What must stand beside any flag of a command. */
const needed: Readonly<Record<string, readonly string[]>> = {
  init: ['a.csv'],
  train: ['--model', 'lr'],
  predict: ['--input', 'a.csv', '--out', 'b.parquet'],
  evaluate: ['--predictions', 'a.csv'],
  'experiment analyze': ['--exposures', 'e.csv', '--variant', 'v', '--control', 'c'],
  'experiment plan': ['--mean', '0.1', '--lift', '0.1'],
  'experiment start': ['a.json'],
  'experiment status': ['a'],
  'experiment ramp': ['a'],
  'experiment stop': ['a', '--outcome', 'killed', '--reason', 'r'],
  'experiment estimate': ['--log', 'a.csv'],
  'world generate': ['--out', 'w'],
};

/** Long flags of a command, as its help names them. */
async function flagsOf(command: readonly string[]): Promise<string[]> {
  const { stdout } = await runWith([...command, '--help']);
  return [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag);
}

describe('numbers on the command line', () => {
  it.each([
    [
      'positiveInteger',
      positiveInteger,
      ['1', '30', ' 7 '],
      ['0', '-1', '1.5', '', ' ', 'ten', 'NaN', 'Infinity', '9'.repeat(17)],
    ],
    ['wholeNumber', wholeNumber, ['0', '1', '42'], ['-1', '0.5', '', ' ', 'x', 'Infinity']],
    ['positiveNumber', positiveNumber, ['0.5', '1e-3', '30'], ['0', '-2', '', ' ', 'x', 'Infinity', 'NaN']],
    ['gain', gain, ['0', '0.001', '1e-4'], ['-0.001', '', ' ', 'x', 'Infinity', 'NaN', '1 %']],
  ] as const)('%s', (_, parse, good, bad) => {
    for (const text of good) expect(parse(text)).toBe(Number(text));
    for (const text of bad) expect(() => parse(text), text).toThrow(InvalidArgumentError);
  });
});

describe('--hp pairs', () => {
  it('read numbers and booleans as such, anything else as text, and split at the first "="', () => {
    expect(assignmentPair('dropout=0.1')).toEqual({ dropout: 0.1 });
    expect(assignmentPair('batchNorm=true')).toEqual({ batchNorm: true });
    expect(assignmentPair('widths=64x32')).toEqual({ widths: '64x32' });
    expect(assignmentPair('rule=a=b')).toEqual({ rule: 'a=b' });
    expect(assignmentPair('empty=')).toEqual({ empty: '' });
    expect(assignmentPair('hex=0x10')).toEqual({ hex: '0x10' });
  });

  it('keep every number that they are told', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(assignmentPair(`x=${x}`)).toEqual({ x: x + 0 });
      }),
    );
  });

  it.each(['dropout', '=1', ''])('refuse %j', (text) => {
    expect(() => assignmentPair(text)).toThrow(InvalidArgumentError);
  });

  it('refuse a name twice, and gather names of the prototype as names', () => {
    expect(() => assignmentPair('a=2', { a: 1 })).toThrow(/given twice/);
    const gathered = assignmentPair('constructor=1', assignmentPair('__proto__=2'));
    expect(Object.entries(gathered)).toEqual([
      ['__proto__', 2],
      ['constructor', 1],
    ]);
  });
});

describe.each(commands.map((command) => [command.join(' '), command] as const))(
  'the flags of %s',
  (name, command) => {
    it('are met by the nearest one when mistyped, in one object and with exit code 2', async () => {
      for (const flag of await flagsOf(command)) {
        if (flag.length < 7) continue;
        const typo = `${flag.slice(0, 4)}${flag.slice(5)}`;
        const run = await runWith([...command, ...(needed[name] ?? []), typo, '--json']);
        const {
          error,
          command: said,
          ok,
        } = run.json() as {
          error: { code: string; message: string; remedy: string };
          command: string;
          ok: boolean;
        };
        expect([flag, run.code, ok, error.code]).toEqual([flag, 2, false, 'USAGE']);
        expect(error.message).toContain(typo);
        expect(error.remedy).toContain(flag);
        expect(said).toBe(name);
        expect(run.calls).toEqual([]);
        expect(run.stderr).toBe('');
        expect(run.stdout.trimEnd().split('\n')).toHaveLength(1);
      }
    });

    it('take no value that is none, nor an argument that nobody asked for', async () => {
      const stray = await runWith([
        ...command,
        ...(needed[name] ?? []),
        '--',
        ...(name === 'init' ? [] : ['stray']),
      ]);
      expect(stray.code).toBe(name === 'init' ? 0 : 2);
      for (const flag of await flagsOf(command)) {
        if (
          ![
            '--seed',
            '--seeds',
            '--trials',
            '--minutes',
            '--workers',
            '--users',
            '--items',
            '--days',
          ].includes(flag)
        )
          continue;
        for (const bad of ['many', '-1', '1.5.1', '']) {
          const run = await runWith([...command, ...(needed[name] ?? []), `${flag}=${bad}`, '--json']);
          expect([flag, bad, run.code, run.calls.length]).toEqual([flag, bad, 2, 0]);
          const { error } = run.json() as { error: { message: string } };
          expect(error.message).toContain(flag);
        }
      }
    });
  },
);

describe('the name of a command in an error', () => {
  it.each([
    [['profile', '--bogus'], 'profile'],
    [['world', 'generate', '--bogus'], 'world generate'],
    // a folder may be called like a command
    [['--project', 'train', 'profile', '--bogus'], 'profile'],
    [['profile', '--project', 'init', '--bogus'], 'profile'],
    [['nonsense'], ''],
  ])('of %j is %j', async (words, name) => {
    const { json, code } = await runWith([...words, '--json']);
    expect(code).toBe(2);
    expect(json()['command']).toBe(name);
  });
});
