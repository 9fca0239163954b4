import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/index.js';
import { CommandEnvelope } from '../../src/schema/index.js';

const entry = join(packageRoot, 'dist', 'cli', 'index.js');

function automodel(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [entry, ...words], { encoding: 'utf8', cwd: packageRoot });
}

/** The built program itself, in a process of its own. */
describe('dist/cli/index.js', () => {
  it('prints its version', () => {
    const { status, stdout } = automodel('--version');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends wrong usage with 2 and one object', () => {
    const { status, stdout, stderr } = automodel('evolve', '--trials', '-1', '--json');
    expect(status).toBe(2);
    expect(CommandEnvelope.parse(JSON.parse(stdout)).error?.code).toBe('USAGE');
    expect(stderr).toBe('');
  });

  it('survives a reader that goes away', () => {
    const shell = spawnSync('sh', ['-c', `"${process.execPath}" "${entry}" --help | head -n 1`], {
      encoding: 'utf8',
    });
    expect(shell.stdout).toBe('Usage: automodel [options] [command]\n');
    expect(shell.stderr).toBe('');
  });
});
