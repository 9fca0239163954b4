import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkEnvironment,
  checkNode,
  clock,
  nativeProbes,
  type NativeProbe,
} from '../../src/platform/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-environment-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const probe = (name: string, run: () => Promise<string>): NativeProbe => ({
  name,
  remedy: `Install ${name} again.`,
  probe: run,
});

describe('checkNode', () => {
  it.each(['20.19.0', '20.20.1', '21.0.0', '22.0.0', '24.11.1', '100.0.0'])('accepts %s', (version) => {
    expect(checkNode(version)).toEqual({ name: 'node', ok: true, message: `Node ${version}`, remedy: null });
  });

  it.each(['20.18.3', '20.9.0', '18.20.0', '8.99.99', '0.10.0'])('refuses %s', (version) => {
    const check = checkNode(version);
    expect(check.ok).toBe(false);
    expect(check.message).toContain(version);
    expect(check.remedy).toContain('20.19');
  });
});

describe('checkEnvironment', () => {
  it('turns every way to fail into a check with its remedy, and goes on', async () => {
    const checks = await checkEnvironment(folder, [
      probe('rejects', () => Promise.reject(new Error('first line\nsecond line\n    at stack'))),
      probe('throws-text', () => {
        const thrown: unknown = 'only text';
        throw thrown;
      }),
      probe('works', () => Promise.resolve('loads and computes')),
    ]);
    const named = new Map(checks.map((check) => [check.name, check]));
    expect(named.get('rejects')).toMatchObject({ ok: false, remedy: 'Install rejects again.' });
    expect(named.get('rejects')?.message).toContain('first line');
    expect(named.get('rejects')?.message).not.toContain('second line');
    expect(named.get('rejects')?.message).toContain(process.arch);
    expect(named.get('throws-text')).toMatchObject({
      ok: false,
      message: expect.stringContaining('only text'),
    });
    expect(named.get('works')).toEqual({
      name: 'works',
      ok: true,
      message: 'loads and computes',
      remedy: null,
    });
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'settings',
      'memory',
      'rejects',
      'throws-text',
      'works',
      'project folder',
      'temp folder',
    ]);
  });

  it('has a remedy for exactly the checks that fail', async () => {
    const checks = await checkEnvironment(join(folder, 'not', 'there'), [
      probe('fails', () => Promise.reject(new Error('x'))),
    ]);
    for (const { ok, remedy } of checks) expect(remedy === null).toBe(ok);
    const project = checks.find(({ name }) => name === 'project folder');
    expect(project?.ok).toBe(false);
    expect(project?.message).toContain(join('not', 'there'));
    expect(project?.remedy).toContain('--project');
  });

  it('sees a folder that can be written', async () => {
    const checks = await checkEnvironment(folder, []);
    const project = checks.find(({ name }) => name === 'project folder');
    expect(project?.message).toContain(`${folder} is writable`);
  });
});

describe('the native probes', () => {
  it.each(nativeProbes.map((native) => [native.name, native] as const))(
    '%s does real work here',
    async (_, native) => expect(await native.probe()).toMatch(/loads/),
  );
});

describe('clock', () => {
  it('has a wall that agrees with the machine and a measure that never goes back', () => {
    const before = Date.now();
    const now = clock.nowMs();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    let last = clock.monotonicMs();
    for (let i = 0; i < 1000; i += 1) {
      const next = clock.monotonicMs();
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
  });
});
