import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandEnvelope } from '../../src/schema/index.js';

/** A small disk can be mounted where a user may have a mount namespace of their own. */
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0;
const cli = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));
const script = fileURLToPath(new URL('./fixtures/full-disk.sh', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'automodel-full-disk-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Try {
  readonly exitCode: number;
  readonly halves: number;
  readonly said: CommandEnvelope;
}

describe.runIf(canMount)('a disk that is really full', () => {
  const tries = new Map<string, Try>();
  beforeAll(() => {
    const run = (...args: string[]) => execFileSync(process.execPath, [cli, ...args], { stdio: 'ignore' });
    const [log, project, disk] = ['log', 'project', 'disk'].map((name) => join(root, name));
    run('world', 'generate', '--users', '250', '--items', '120', '--days', '5', '--seed', '3', '--out', log);
    const files = readdirSync(log).filter((name) => name.endsWith('.parquet'));
    const paths = files.map((name) => join(log, name));
    run('init', ...paths, '--task', 'ctr', '--split', 'time', '--project', project, '--no-dataset-json');
    mkdirSync(disk);
    const lefts = ['cold:300', 'warm:20', 'warm:90'];
    const arguments_ = ['-rm', 'bash', script, process.execPath, cli, project, disk, ...lefts];
    const { stdout, stderr, status } = spawnSync('unshare', arguments_, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    for (const line of stdout.trim().split('\n')) {
      const [name, exitCode, halves, said] = line.split('\t');
      const envelope = CommandEnvelope.parse(JSON.parse(said));
      tries.set(name, { exitCode: Number(exitCode), halves: Number(halves), said: envelope });
    }
  });

  it.each(['cold:300', 'warm:20', 'warm:90'])(
    '%s KiB: is named with exit code 5, and goes on when there is room',
    (left) => {
      const full = tries.get(left);
      expect(full).toMatchObject({ exitCode: 5, said: { ok: false, error: { code: 'DISK_FULL' } } });
      expect(full?.said.error?.remedy).toMatch(/space/);
      // Nothing half-written is left for a reader to find, or for the disk to carry.
      expect(full?.halves).toBe(0);
      expect(tries.get(`${left}, room again`)).toMatchObject({ exitCode: 0, said: { ok: true } });
    },
  );

  it('was full at different places: the encoded data, the journal, what comes after', () => {
    const messages = ['cold:300', 'warm:20', 'warm:90'].map((left) => tries.get(left)?.said.error?.message);
    expect(messages[0]).toMatch(/table engine|cache\/datasets/);
    expect(messages[1]).toContain('journal.sqlite');
  });
});
