import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
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

  it('ends with 5 when the result could not be written', () => {
    // A descriptor for reading only: every write to it fails, as it does on a full disk.
    const unwritable = openSync(entry, 'r');
    const { status, stderr } = spawnSync(process.execPath, [entry, '--version', '--json'], {
      encoding: 'utf8',
      stdio: ['ignore', unwritable, 'pipe'],
    });
    closeSync(unwritable);
    expect(stderr).toMatch(/^error PATH_NOT_WRITABLE: the result could not be written to stdout/);
    expect(status).toBe(5);
  });

  it('survives a reader that goes away', () => {
    const shell = spawnSync('sh', ['-c', `"${process.execPath}" "${entry}" --help | head -n 1`], {
      encoding: 'utf8',
    });
    expect(shell.stdout).toBe('Usage: automodel [options] [command]\n');
    expect(shell.stderr).toBe('');
  });
});
