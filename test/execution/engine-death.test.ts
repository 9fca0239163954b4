import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, isAlive } from './process-probe.js';
import { fixture } from './trial-request.js';

let folder: string;
let engine: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-engine-'));
});
afterEach(() => {
  engine?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the stand-in engine and waits until both its workers and their children run. */
async function startEngine(mode: string): Promise<{ engine: ChildProcess; pids: number[] }> {
  const files = [join(folder, 'hang'), join(folder, 'busy')];
  engine = fork(fixture('engine.mjs'), [mode, ...files], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  await eventually(() => files.every((file) => existsSync(file) && readFileSync(file, 'utf8').endsWith(']')));
  const pids = files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as number[]);
  return { engine, pids };
}

describe.runIf(process.platform === 'linux')('when the engine dies', () => {
  it('kill -9 leaves no worker and none of their children, even of a busy worker', async () => {
    const { engine, pids } = await startEngine('wait');
    expect(pids.every(isAlive)).toBe(true);
    engine.kill('SIGKILL');
    await eventually(() => !pids.some(isAlive));
  });

  it('process.exit without closing the executor leaves none either', async () => {
    const { engine, pids } = await startEngine('exit');
    engine.send('go');
    await eventually(() => !pids.some(isAlive));
  });

  it('an uncaught error leaves none either', async () => {
    const { engine, pids } = await startEngine('throw');
    engine.send('go');
    await eventually(() => !pids.some(isAlive));
  });
});
