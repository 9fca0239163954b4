import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { givenAssignment } from '../../src/agents/autotrain/given-assignment.js';
import { modelById } from '../../src/models/index.js';
import type { TrainOptions } from '../../src/schema/index.js';
import { runWith } from './fake-host.js';

const folder = mkdtempSync(join(tmpdir(), 'automodel-cli-help-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const commands = [
  [],
  ['start'],
  ['init'],
  ['profile'],
  ['audit'],
  ['train'],
  ['predict'],
  ['evaluate'],
  ['calibrate'],
  ['evolve'],
  ['report'],
  ['salvage'],
  ['experiment'],
  ['experiment', 'analyze'],
  ['experiment', 'plan'],
  ['serve'],
  ['plan-serving'],
  ['plan-training'],
  ['demo'],
  ['demo', 'online'],
  ['experiment', 'start'],
  ['experiment', 'status'],
  ['experiment', 'ramp'],
  ['experiment', 'stop'],
  ['experiment', 'estimate'],
  ['world'],
  ['world', 'generate'],
  ['doctor'],
];

async function helpOf(command: readonly string[]): Promise<string> {
  return (await runWith([...command, '--help'])).stdout;
}

/** Words of each example after `automodel`, without what it is piped into. */
async function examplesOf(command: readonly string[]): Promise<string[][]> {
  const lines = (await helpOf(command)).split('\n').filter((line) => line.startsWith('  $ automodel'));
  return lines.map((line) =>
    line
      .replace(/ \|.*$/, '')
      .trim()
      .split(' ')
      .slice(2),
  );
}

describe('the examples of the help', () => {
  it('are of every command that there is', async () => {
    const listed = (await helpOf([])).split('Commands:')[1].split('\n\n')[0];
    const names = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== 'help');
    expect(new Set(commands.map(([name]) => name).filter((name) => name !== undefined))).toEqual(
      new Set(names),
    );
  });

  it.each(commands.map((command) => [command.join(' ') || 'automodel', command] as const))(
    '%s has some, and all of them run',
    async (_, command) => {
      const examples = await examplesOf(command);
      expect(examples.length).toBeGreaterThan(0);
      for (const words of examples) {
        // Other commands may be shown too; each must at least belong to this one.
        expect(words.slice(0, command.length)).toEqual(command);
        const place = words[0] === 'start' ? ['--out', join(folder, 'demo')] : ['--project', folder];
        const { code, stderr, calls } = await runWith([...words, ...place]);
        expect(stderr).not.toContain('error');
        expect(code).toBe(0);
        for (const { operation, options } of calls) {
          if (operation !== 'train') continue;
          const { model, hyperParameters } = options as TrainOptions;
          expect(() => givenAssignment(modelById(model, 'ctr'), 'ctr', hyperParameters)).not.toThrow();
        }
        rmSync(join(folder, 'demo'), { recursive: true, force: true });
      }
    },
  );
});
