import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-ci-'));
  for (const name of ['.ci', 'bin', 'tmp']) mkdirSync(join(folder, name));
  copyFileSync(join(packageRoot, '.ci/run'), join(folder, '.ci/run'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs .ci/run with an npm that notes its words, prints what the tests print, and ends as told. */
function ci(installs: number, checks: number, tests: string) {
  const npm = join(folder, 'bin/npm');
  writeFileSync(join(folder, 'tests'), tests);
  writeFileSync(
    npm,
    `#!/bin/sh
echo "$@" >> "${folder}/calls"
if [ "$1" = ci ]; then exit ${installs}; fi
cat "${folder}/tests"
exit ${checks}
`,
  );
  chmodSync(npm, 0o755);
  const { status, stdout } = spawnSync('bash', [join(folder, '.ci/run')], {
    encoding: 'utf8',
    env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, TMPDIR: join(folder, 'tmp') },
  });
  return { status, last: stdout.trimEnd().split('\n').at(-1), left: readdirSync(join(folder, 'tmp')) };
}

describe('.ci/run', () => {
  const failing =
    '\u001b[2m      Tests \u001b[22m \u001b[31m2 failed\u001b[39m | 1021 passed | 3 skipped (1026)\n';

  it('ends with the counts and the status of the run, and leaves nothing behind', () => {
    expect(ci(0, 0, '      Tests  1026 passed (1026)\n')).toEqual({
      status: 0,
      last: '1026 passed, 0 failed, 0 skipped',
      left: [],
    });
    expect(ci(0, 7, failing)).toEqual({ status: 7, last: '1021 passed, 2 failed, 3 skipped', left: [] });
  });

  it('does so too when the install or a check before the tests fails', () => {
    expect(ci(3, 0, failing)).toEqual({ status: 3, last: '0 passed, 0 failed, 0 skipped', left: [] });
    expect(ci(0, 1, 'a lint error\n')).toMatchObject({ status: 1, last: '0 passed, 0 failed, 0 skipped' });
  });
});
