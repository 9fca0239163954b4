import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeInProcess } from '../../src/execution/doctor.js';
import { runDoctor } from '../../src/execution/index.js';
import { fixture } from './trial-request.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('runDoctor', () => {
  it('has every native module do real work in a process of its own', async () => {
    const { checks } = await runDoctor({ directory: folder });
    for (const name of ['onnxruntime-node', '@duckdb/node-api', 'libsql']) {
      expect(checks.find((check) => check.name === name)).toMatchObject({
        ok: true,
        detail: expect.stringMatching(/loads/),
      });
    }
    expect(checks.find((check) => check.name === 'node')).toMatchObject({ ok: true, remedy: undefined });
    expect(checks.every((check) => check.ok)).toBe(true);
  });

  it('turns a module that crashes its process, or does not load, into a failed check with its remedy', async () => {
    const probes = [
      {
        name: 'crashes',
        remedy: 'Another image.',
        probe: () => probeInProcess(fixture('crashing-probe.mjs'), 'x'),
      },
      {
        name: 'does-not-load',
        remedy: 'npm ci',
        probe: () => probeInProcess(fixture('broken-worker.mjs'), 'x'),
      },
    ];
    const { checks } = await runDoctor({ directory: folder, probes });
    expect(checks.find((check) => check.name === 'crashes')).toMatchObject({
      ok: false,
      remedy: 'Another image.',
      detail: expect.stringContaining('SIGSEGV'),
    });
    expect(checks.find((check) => check.name === 'does-not-load')).toMatchObject({
      ok: false,
      remedy: 'npm ci',
      detail: expect.stringContaining('cannot load the native module'),
    });
  });

  it('names a folder that is not there', async () => {
    const { checks } = await runDoctor({ directory: join(folder, 'none'), probes: [] });
    const check = checks.find((candidate) => candidate.name === 'project folder');
    expect(check).toMatchObject({
      ok: false,
      detail: expect.stringContaining('none'),
      remedy: expect.any(String),
    });
  });
});
