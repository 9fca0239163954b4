import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessExecutorOptions } from '../../src/execution/index.js';
import type { TrialExecutor } from '../../src/schema/index.js';
import { eventually, isAlive } from './process-probe.js';
import { fixture, trialRequest } from './trial-request.js';

let folder: string;
let executor: TrialExecutor;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-execution-'));
});
afterEach(async () => {
  await executor.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<ProcessExecutorOptions> = {}): Promise<TrialExecutor> {
  const { createProcessExecutor } = await import('../../src/execution/index.js');
  executor = createProcessExecutor({ entry: fixture('worker.mjs'), workers: 1, heartbeatMs: 50, ...options });
  return executor;
}

/** Pids that a fixture wrote, once they are there. */
async function readPids(file: string): Promise<number[]> {
  await eventually(() => existsSync(file) && readFileSync(file, 'utf8').endsWith(']'));
  return JSON.parse(readFileSync(file, 'utf8')) as number[];
}

/** Keeps this process, which stands for the engine, from looking at anything. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

async function workerPid(run = executor): Promise<number> {
  const outcome = await run.run(trialRequest('score'));
  if (outcome.kind !== 'scored') throw new Error(outcome.message);
  return outcome.observables['pid'];
}

describe('process executor: process trees', () => {
  it.runIf(process.platform === 'linux')(
    'kills worker, child and stray grandchild on a timeout',
    async () => {
      await open();
      const file = join(folder, 'pids');
      const outcome = await executor.run(trialRequest('family-then-hang', { assignment: { file } }), {
        timeoutMs: 3000,
      });
      expect(outcome).toMatchObject({ kind: 'fault', code: 'TRIAL_TIMEOUT', infrastructure: true });
      expect(outcome).toMatchObject({ message: expect.stringContaining('3000 ms') });
      const pids = await readPids(file);
      expect(pids).toHaveLength(3);
      await eventually(() => !pids.some(isAlive));
    },
  );

  it.runIf(process.platform === 'linux')(
    'kills a child that ignores SIGTERM, and a daemon that its parent left behind in a group of its own',
    async () => {
      await open();
      const file = join(folder, 'pids');
      const run = executor.run(trialRequest('daemons-then-hang', { assignment: { file } }), {
        timeoutMs: 4000,
      });
      const pids = await readPids(file);
      expect(pids.every(isAlive)).toBe(true);
      expect(await run).toMatchObject({ kind: 'fault', code: 'TRIAL_TIMEOUT', infrastructure: true });
      await eventually(() => !pids.some(isAlive));
    },
  );

  it('takes no score that came after the limit, though the engine was too busy to look', async () => {
    await open({ retries: 0 });
    const late = executor.run(trialRequest('slow-from-now', { assignment: { ms: 400 } }), {
      timeoutMs: 200,
      onProgress: () => block(1500),
    });
    expect(await late).toMatchObject({ kind: 'fault', code: 'TRIAL_TIMEOUT' });
    expect(await executor.run(trialRequest('score'))).toMatchObject({ kind: 'scored' });
  });

  it('takes the score of a trial that kept its limit, though the engine looked later', async () => {
    await open({ retries: 0 });
    const inTime = executor.run(trialRequest('slow-from-now', { assignment: { ms: 1 } }), {
      timeoutMs: 1000,
      onProgress: () => block(2500),
    });
    expect(await inTime).toMatchObject({ kind: 'scored', validation: { auc: 0.9 } });
  });

  it('stops a worker whose event loop is busy for ever', async () => {
    await open();
    const outcome = await executor.run(trialRequest('busy'), { timeoutMs: 300 });
    expect(outcome).toMatchObject({ kind: 'fault', code: 'TRIAL_TIMEOUT' });
    expect(await executor.run(trialRequest('score'))).toMatchObject({ kind: 'scored' });
  });

  it('takes what a worker had started when the worker alone is killed', async () => {
    await open({ retries: 0 });
    const file = join(folder, 'pids');
    const run = executor.run(trialRequest('family-then-busy', { assignment: { file } }));
    const [worker, child] = await readPids(file);
    process.kill(worker, 'SIGKILL');
    expect(await run).toMatchObject({ kind: 'fault', code: 'WORKER_LOST', infrastructure: true });
    await eventually(() => !isAlive(child));
  });

  it('leaves no process after close, idle or busy', async () => {
    await open({ workers: 2 });
    const idle = await workerPid();
    const file = join(folder, 'pids');
    const run = executor
      .run(trialRequest('family-then-busy', { assignment: { file } }))
      .catch(() => undefined);
    const [worker, child] = await readPids(file);
    expect(isAlive(worker)).toBe(true);
    await executor.close();
    await run;
    await eventually(() => ![idle, worker, child].some(isAlive));
  });
});

describe('process executor: lost workers', () => {
  it('starts a trial again when its worker is killed, and the outcome is clean', async () => {
    await open();
    const outcome = await executor.run(
      trialRequest('die-once', { seed: 42, assignment: { file: join(folder, 'f') } }),
    );
    expect(outcome).toMatchObject({ kind: 'scored', validation: { auc: 0.42 } });
  });

  it('gives WORKER_LOST, with how it died, when every attempt dies', async () => {
    await open({ retries: 1 });
    expect(await executor.run(trialRequest('die'))).toMatchObject({
      kind: 'fault',
      code: 'WORKER_LOST',
      infrastructure: true,
      message: expect.stringContaining('SIGKILL'),
    });
    expect(await executor.run(trialRequest('exit'))).toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringContaining('exit code 3'),
    });
    expect(await executor.run(trialRequest('score'))).toMatchObject({ kind: 'scored' });
  });

  it('replaces a worker that was killed while it waited', async () => {
    await open({ retries: 0 });
    const first = await workerPid();
    process.kill(first, 'SIGKILL');
    await eventually(() => !existsSync(`/proc/${first}`));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await workerPid()).not.toBe(first);
  });

  it('keeps a healthy worker from one trial to the next (control)', async () => {
    await open();
    expect(await workerPid()).toBe(await workerPid());
  });

  it('gives up a stopped worker by its missing heartbeats', async () => {
    await open({ retries: 0, hungAfterMs: 400 });
    expect(await executor.run(trialRequest('stop-itself'))).toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringContaining('no sign of life'),
    });
  });

  it('says what an entry that cannot load wrote last', async () => {
    await open({ entry: fixture('broken-worker.mjs'), retries: 0 });
    expect(await executor.run(trialRequest('score'))).toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringMatching(/exit code 1.*cannot load the native module/),
    });
  });

  it('gives up a worker that never becomes ready, and one whose entry is missing', async () => {
    await open({ entry: fixture('never-ready.mjs'), retries: 0, startupTimeoutMs: 300 });
    expect(await executor.run(trialRequest('score'))).toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringContaining('not ready within 300 ms'),
    });
    await executor.close();
    await open({ entry: fixture('no-such-file.mjs'), retries: 0 });
    expect(await executor.run(trialRequest('score'))).toMatchObject({
      code: 'NATIVE_MODULE',
      remedy: 'Run npm ci again, then automodel doctor.',
    });
  });
});

describe('process executor: limits and isolation', () => {
  it('ends a trial over its memory limit and names the limit', async () => {
    await open({ memoryLimitMb: 250, heartbeatMs: 20 });
    expect(await executor.run(trialRequest('native-memory', { assignment: { addMb: 1000 } }))).toMatchObject({
      kind: 'fault',
      code: 'OUT_OF_MEMORY',
      infrastructure: true,
      message: expect.stringContaining('250 MiB'),
    });
  });

  it('lets a trial below the limit finish (control)', async () => {
    await open({ memoryLimitMb: 1000, heartbeatMs: 20 });
    const outcome = await executor.run(trialRequest('native-memory', { assignment: { addMb: 50 } }));
    expect(outcome).toMatchObject({ kind: 'scored' });
  });

  it('calls a full JavaScript heap OUT_OF_MEMORY too', async () => {
    await open({ memoryLimitMb: 100, heartbeatMs: 60_000 });
    expect(await executor.run(trialRequest('heap-memory'))).toMatchObject({
      kind: 'fault',
      code: 'OUT_OF_MEMORY',
    });
  });

  it('calls memory that the system refuses OUT_OF_MEMORY too, and not a fault of the engine', async () => {
    await open();
    expect(await executor.run(trialRequest('no-buffer'))).toMatchObject({
      kind: 'fault',
      code: 'OUT_OF_MEMORY',
      infrastructure: true,
    });
  });

  it.runIf(process.platform === 'linux')(
    'offers its workers to the kernel first when memory runs out, and says what a SIGKILL may mean',
    async () => {
      await open({ retries: 0 });
      const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
      const outcome = await executor.run(trialRequest('oom-score'));
      expect(outcome).toMatchObject({ kind: 'scored' });
      if (outcome.kind === 'scored') expect(outcome.validation['auc']).toBeGreaterThan(own);
      expect(await executor.run(trialRequest('die'))).toMatchObject({
        code: 'WORKER_LOST',
        remedy: expect.stringContaining('--trial-memory'),
      });
    },
  );

  it('does not charge a trial with the memory that earlier trials left behind', async () => {
    const hungry = trialRequest('native-memory', { assignment: { addMb: 200 } });
    await open({ memoryLimitMb: 400, heartbeatMs: 20, retries: 1 });
    for (let i = 0; i < 3; i += 1) expect(await executor.run(hungry)).toMatchObject({ kind: 'scored' });
    await executor.close();
    await open({ memoryLimitMb: 400, heartbeatMs: 20, retries: 0 }); // control: the second does go over the limit
    expect(await executor.run(hungry)).toMatchObject({ kind: 'scored' });
    expect(await executor.run(hungry)).toMatchObject({ code: 'OUT_OF_MEMORY' });
  });

  it('shows a worker no provider key, no database address and no NODE_OPTIONS', async () => {
    const secrets = {
      OPENAI_API_KEY: 'sk-fake-key-for-the-test',
      ANTHROPIC_API_KEY: 'fake',
      AUTOMODEL_POSTGRES_URL: 'postgres://user:password@host/db',
      AUTOMODEL_API_KEY: 'fake',
      NODE_OPTIONS: '--no-warnings',
      AWS_SECRET_ACCESS_KEY: 'fake',
    };
    for (const [name, value] of Object.entries({ ...secrets, TZ: 'UTC' })) vi.stubEnv(name, value);
    vi.resetModules(); // config reads the environment once, when it is loaded
    const file = join(folder, 'environment');
    await open({ threadsPerWorker: 3 });
    await executor.run(trialRequest('environment', { assignment: { file } }));
    vi.unstubAllEnvs();
    vi.resetModules();
    const text = readFileSync(file, 'utf8');
    const { env, execArgv } = JSON.parse(text) as { env: Record<string, string>; execArgv: string[] };
    for (const [name, value] of Object.entries(secrets)) {
      expect(env).not.toHaveProperty(name);
      if (value !== 'fake') expect(text).not.toContain(value);
    }
    expect(env).toMatchObject({ TZ: 'UTC', AUTOMODEL_THREADS: '3' });
    expect(Object.keys(env).length).toBeLessThan(20);
    // Of the flags of this process none is handed on; this one has stacks name lines of the sources.
    expect(execArgv).toEqual(['--enable-source-maps']);
  });

  it('keeps what a worker prints away from stdout', async () => {
    const written = vi.spyOn(process.stdout, 'write');
    await open();
    expect(await executor.run(trialRequest('prints'))).toMatchObject({ kind: 'scored' });
    expect(written.mock.calls.flat().join('')).not.toContain('must not reach');
    written.mockRestore();
  });
});
