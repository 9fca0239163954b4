import { describe, expect, it } from 'vitest';
import { AutoModelError } from '../../../src/platform/index.js';
import { evolveResult } from '../example-results.js';
import { runWith } from '../fake-host.js';

const warningsOf = (json: Record<string, unknown>) =>
  (json['warnings'] as { code: string; message: string }[]).filter(({ code }) => code === 'FLAGS_IGNORED');

describe('evolve --resume', () => {
  it('names the flags that it cannot follow', async () => {
    const { code, json, calls } = await runWith([
      'evolve',
      '--resume',
      '--minutes',
      '5',
      '--seed',
      '7',
      '--minimum-gain',
      '0.01',
      '--null',
      '--json',
    ]);
    expect(code).toBe(0);
    const [warning, ...more] = warningsOf(json());
    expect(more).toEqual([]);
    expect(warning.message).toMatch(/^--seed, --null, --minimum-gain: a resumed run keeps/);
    // the budget is followed
    expect(calls[0].options).toMatchObject({ resume: true, minutes: 5 });
  });

  it.each([
    ['with nothing else', ['evolve', '--resume']],
    [
      'with flags of the call',
      ['evolve', '--resume', '--trials', '3', '--trial-minutes', '2', '--trial-memory', '900'],
    ],
    ['of a new run with all flags', ['evolve', '--trials', '3', '--seed', '7', '--workers', '2', '--null']],
  ])('says nothing %s', async (_, words) => {
    const { code, json } = await runWith([...words, '--json']);
    expect(code).toBe(0);
    expect(warningsOf(json())).toEqual([]);
  });
});

describe('evolve with a gain that is too small', () => {
  const figures = { wantedGain: 0.0001, resolvableGain: 0.0021, seeds: 5, seedsNeeded: null };

  it('ends with 4 and the figures', async () => {
    const { code, json, stderr } = await runWith(
      ['evolve', '--trials', '3', '--minimum-gain', '0.0001', '--json'],
      {
        operations: {
          evolve: async (options) => {
            expect(options).toMatchObject({ minimumGain: 0.0001, force: false });
            throw new AutoModelError('GAIN_UNRESOLVABLE', 'too small', { details: figures });
          },
        },
      },
    );
    expect(code).toBe(4);
    expect(json()['error']).toMatchObject({ code: 'GAIN_UNRESOLVABLE', details: figures });
    expect(stderr).not.toContain('error');
  });

  it('passes --force and --gate-seeds on', async () => {
    const { calls } = await runWith(['evolve', '--trials', '3', '--force', '--gate-seeds', '9']);
    expect(calls[0].options).toMatchObject({ force: true, gateSeeds: 9 });
    const { code } = await runWith(['evolve', '--trials', '3', '--gate-seeds', '1']);
    expect(code).toBe(2);
  });

  it('follows --force on a resumed run, but not another number of seeds', async () => {
    const { json, calls } = await runWith(['evolve', '--resume', '--force', '--gate-seeds', '9', '--json']);
    expect(calls[0].options).toMatchObject({ resume: true, force: true });
    expect(warningsOf(json()).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^--gate-seeds: a resumed run keeps/),
    ]);
  });
});

describe('the looks of the gate', () => {
  it('say how many seeds were compared, and what was left out', async () => {
    const lossy = { ...evolveResult.gate[0], look: 2, seeds: 3, lost: 1, failed: 1 };
    const operations = { evolve: async () => ({ ...evolveResult, gate: [...evolveResult.gate, lossy] }) };
    const { stdout } = await runWith(['evolve', '--trials', '3'], { operations });
    expect(stdout).toMatch(/81 % +5\n/);
    expect(stdout).toMatch(/81 % +3, 1 lost, 1 failed\n/);
  });
});
