import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, packageVersion, workerEntry } from '../../src/platform/index.js';

/** Runs lines of a module against the built package, in a process with an environment of its own. */
function run(lines: string, environment: Readonly<Record<string, string>> = {}) {
  const platform = JSON.stringify(
    new URL(`file://${join(packageRoot, 'dist', 'platform', 'index.js')}`).href,
  );
  return spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `import * as platform from ${platform};\n${lines}`],
    { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', ...environment } },
  );
}

describe('the log', () => {
  const lines =
    "platform.log.debug({ key: 'abc' }, 'lost'); platform.log.warn('kept'); console.log('result');";

  it('goes to stderr, one JSON object a line, and leaves stdout to results', () => {
    const { stdout, stderr, status } = run(lines, { AUTOMODEL_LOG: 'debug' });
    expect(status).toBe(0);
    expect(stdout).toBe('result\n');
    const entries = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.map(({ msg, name }) => [msg, name])).toEqual([
      ['lost', 'automodel'],
      ['kept', 'automodel'],
    ]);
    expect(entries[0].key).toBe('abc');
  });

  it.each([
    [{}, ['kept']],
    [{ AUTOMODEL_LOG: 'error' }, []],
    [{ AUTOMODEL_LOG: 'silent' }, []],
    // a wrong level is refused by commands; the log itself starts with the default
    [{ AUTOMODEL_LOG: 'loud' }, ['kept']],
  ])('under %j holds %j', (environment, expected) => {
    const { stderr, status } = run(lines, environment);
    expect(status).toBe(0);
    const said = stderr.split('\n').filter((line) => line !== '');
    expect(said.map((line) => JSON.parse(line).msg)).toEqual(expected);
  });
});

describe('the command line', () => {
  const entry = join(packageRoot, 'dist', 'cli', 'index.js');
  const call = (environment: Readonly<Record<string, string>>, ...words: readonly string[]) =>
    spawnSync(process.execPath, [entry, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', ...environment },
    });

  it.each(['AUTOMODEL_THREADS', 'AUTOMODEL_MEMORY_MB', 'AUTOMODEL_LOG'])(
    'refuses a wrong %s by name before any work, as wrong usage',
    (name) => {
      const { stdout, status } = call({ [name]: 'many' }, 'profile', '--json');
      const envelope = JSON.parse(stdout);
      expect(envelope.error).toMatchObject({
        code: 'CONFIG_INVALID',
        details: { variable: name, given: 'many' },
      });
      expect(status).toBe(2);
    },
  );

  it('still gives help under a wrong setting', () => {
    const { stdout, status } = call({ AUTOMODEL_THREADS: 'many' }, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('evolve');
  });
});

describe('entries', () => {
  it('finds the package: its version is that of package.json', () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    expect(manifest.name).toBe('automodel');
    expect(packageVersion).toBe(manifest.version);
  });

  it('gives the path of a built entry', () => {
    const path = workerEntry('cli/index');
    expect(existsSync(path)).toBe(true);
    expect(path.endsWith(join('dist', 'cli', 'index.js'))).toBe(true);
  });

  it('names an entry that is not built and says what to run', () => {
    expect(() => workerEntry('training/never-was')).toThrow(
      expect.objectContaining({
        code: 'INTERNAL',
        message: expect.stringContaining('training/never-was'),
        remedy: 'Run npm run build first.',
        details: { name: 'training/never-was' },
      }),
    );
  });
});
