import { describe, expect, it } from 'vitest';
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
