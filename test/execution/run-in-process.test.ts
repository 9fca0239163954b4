import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from '../../src/execution/index.js';
import { isAutoModelError } from '../../src/platform/index.js';
import { eventually, isAlive } from './process-probe.js';
import { fixture } from './trial-request.js';

const entry = fixture('one-shot.mjs');
const limit = { timeoutMs: 30_000 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-run-in-process-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('runInProcess', () => {
  it('answers from another process, which is gone afterwards', async () => {
    const seen: number[] = [];
    const request = { file: '/sealed', list: [1, 2], nested: { a: null } };
    const answer = await runInProcess(entry, request, {
      ...limit,
      onProgress: ({ done }) => seen.push(done),
    });
    const { echo, pid } = answer as { echo: unknown; pid: number };
    expect(echo).toEqual(request);
    expect(pid).not.toBe(process.pid);
    expect(seen).toEqual([0.5]);
    await eventually(() => !isAlive(pid));
  });

  it('throws what the handler threw: code, message, remedy and details', async () => {
    const failure = await runInProcess(entry, { fail: 'typed' }, limit).catch((error: unknown) => error);
    expect(isAutoModelError(failure)).toBe(true);
    expect(failure).toMatchObject({
      code: 'TEST_SEALED',
      message: 'the test split is closed',
      remedy: 'Open it.',
      details: { opened: 2 },
      retryable: false,
    });
  });

  it('brings an error home even when its details cannot travel, and an untyped one as INTERNAL', async () => {
    await expect(runInProcess(entry, { fail: 'details' }, limit)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(runInProcess(entry, { fail: 'plain' }, limit)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'boom',
    });
  });

  it('ends on its time limit, on cancellation and on an entry that dies', async () => {
    await expect(runInProcess(entry, { fail: 'hang' }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TRIAL_TIMEOUT',
      retryable: true,
    });
    const controller = new AbortController();
    const run = runInProcess(
      entry,
      { fail: 'hang' },
      { ...limit, signal: controller.signal, onProgress: () => controller.abort() },
    );
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(runInProcess(entry, {}, { ...limit, signal: controller.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    await expect(runInProcess(fixture('broken-native.mjs'), {}, limit)).rejects.toMatchObject({
      code: 'NATIVE_MODULE',
      message: expect.stringContaining('libonnxruntime.so'),
      remedy: 'Run automodel doctor.',
      details: { systemCode: 'ERR_DLOPEN_FAILED' },
    });
    await expect(runInProcess(fixture('broken-worker.mjs'), {}, limit)).rejects.toMatchObject({
      code: 'WORKER_LOST',
    });
  });

  it('starts another worker for one that is lost, as often as it may, and for nothing else', async () => {
    const lives = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const answered = await runInProcess(
      fixture('mortal.mjs'),
      { file: join(folder, 'twice'), deaths: 2 },
      { ...limit, attempts: 3 },
    );
    expect(answered).toBe('alive');
    expect(lives('twice')).toBe('xxx');
    await expect(
      runInProcess(
        fixture('mortal.mjs'),
        { file: join(folder, 'ever'), deaths: 3 },
        { ...limit, attempts: 2 },
      ),
    ).rejects.toMatchObject({ code: 'WORKER_LOST' });
    expect(lives('ever')).toBe('xx');
    await expect(
      runInProcess(fixture('mortal.mjs'), { file: join(folder, 'once'), deaths: 1 }, limit),
    ).rejects.toMatchObject({ code: 'WORKER_LOST' });
    expect(lives('once')).toBe('x');
    await expect(
      runInProcess(
        fixture('mortal.mjs'),
        { file: join(folder, 'fault'), deaths: 0, fault: true },
        { ...limit, attempts: 3 },
      ),
    ).rejects.toMatchObject({ code: 'USAGE' });
    expect(lives('fault')).toBe('x');
  });

  it('refuses to serve when it is started by hand', async () => {
    const { serveRequests } = await import('../../src/execution/index.js');
    const send = process.send;
    process.send = undefined;
    try {
      expect(() => serveRequests(async () => 1)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    } finally {
      process.send = send;
    }
  });
});
