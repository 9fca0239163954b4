/**
 * A candidate process that can read provider keys from its environment. Seen in systems of this kind: the candidate is
 * started with a copy of the engine's environment, and code that a model wrote reads OPENAI_API_KEY there. A list of names
 * to leave out forgets the next provider; here it is a list of names to let in.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/platform/config.js';

const secret = 'a-secret-that-nobody-must-see';
const named = [
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'GITHUB_TOKEN',
  'HF_TOKEN',
  'NPM_TOKEN',
  'SOME_FUTURE_PROVIDER_TOKEN',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'AUTOMODEL_API_KEY',
  'DATABASE_URL',
  'HTTPS_PROXY',
  'SSH_AUTH_SOCK',
];
const folder = mkdtempSync(join(tmpdir(), 'automodel-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the process of a candidate', () => {
  let seen: Record<string, string>;
  beforeAll(() => {
    const file = join(folder, 'environment');
    const engine = fileURLToPath(new URL('./fixtures/engine-with-keys.mjs', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [engine, file], {
      env: { PATH: process.env['PATH'], ...Object.fromEntries(named.map((name) => [name, secret])) },
      encoding: 'utf8',
    });
    expect(stdout.trim(), stderr).toBe('scored');
    seen = (JSON.parse(readFileSync(file, 'utf8')) as { env: Record<string, string> }).env;
  });

  it.each(named)('does not see %s', (name) => {
    expect(seen).not.toHaveProperty(name);
  });

  it('sees the secret under no other name, and what it needs to start (control)', () => {
    expect(JSON.stringify(seen)).not.toContain(secret);
    expect(seen['PATH']).toBe(process.env['PATH']);
  });

  it('property: of any environment it gets names of a closed list only', () => {
    const open = new Set(
      [
        'PATH',
        'HOME',
        'TMPDIR',
        'TMP',
        'TEMP',
        'TZ',
        'LANG',
        'LC_ALL',
        'LD_LIBRARY_PATH',
        'SystemRoot',
        'NO_COLOR',
      ].concat(['AUTOMODEL_THREADS', 'AUTOMODEL_MEMORY_MB', 'AUTOMODEL_LOG']),
    );
    const name = fc.oneof(
      fc.constantFrom(...named, ...open),
      fc.stringMatching(/^[A-Z_]{1,20}(KEY|TOKEN|SECRET)$/),
    );
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (environment) => {
        const kept = Object.keys(readConfig(environment).childEnvironment);
        expect(kept.toSorted()).toEqual(
          Object.keys(environment)
            .filter((key) => open.has(key))
            .toSorted(),
        );
      }),
    );
  });
});
