import { afterEach, describe, expect, it } from 'vitest';
import { HeldProcess } from '../../src/execution/index.js';
import { eventually, isAlive } from './process-probe.js';
import { fixture } from './trial-request.js';

const held: HeldProcess[] = [];
const open = (): HeldProcess => {
  const process = new HeldProcess({ entry: fixture('one-shot.mjs') });
  held.push(process);
  return process;
};
afterEach(() => Promise.all(held.splice(0).map((process) => process.close())));

const pidOf = async (process: HeldProcess): Promise<number> =>
  ((await process.ask({ n: 1 })) as { pid: number }).pid;

describe('HeldProcess', () => {
  it('answers several requests from one process, which lives until it is closed', async () => {
    const process = open();
    const pid = await pidOf(process);
    expect(await pidOf(process)).toBe(pid);
    expect(await pidOf(open())).not.toBe(pid);
    await process.close();
    await eventually(() => !isAlive(pid));
    await expect(process.ask({})).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('lives on after a request that failed, and says what it failed with', async () => {
    const process = open();
    const pid = await pidOf(process);
    await expect(process.ask({ fail: 'typed' })).rejects.toMatchObject({
      code: 'TEST_SEALED',
      remedy: 'Open it.',
    });
    expect(await pidOf(process)).toBe(pid);
  });

  it('ends with a request that runs too long, and asks nothing for one who is gone', async () => {
    const process = open();
    await expect(process.ask({ fail: 'hang' }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TRIAL_TIMEOUT',
      retryable: true,
    });
    await expect(process.ask({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
