import { describe, expect, it, vi } from 'vitest';
import { refit } from '../../../src/agents/loop/refit.js';
import { scriptedRun } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

describe('the refit of a winner that only counts', () => {
  it('fits nothing, names no artefact, and says so', async () => {
    const run = await scriptedRun({ world: simulatedWorld(2, 60), script: { quality: () => 0.5 } });
    const heard: string[] = [];
    const context = {
      ...run.context,
      io: { ...run.context.io, warn: ({ code }: { code: string }) => void heard.push(code) },
    };
    await refit(context, { model: 'rates', assignment: {} }, 1, '/artefacts', run.memory.memory, 1000);
    expect(heard).toEqual(['NO_ARTEFACT']);
    expect(run.requests).toEqual([]);
    expect(await run.decided('refit-finished')).toEqual([
      { artefact: null, fittedOn: context.settings.refit, epochs: 1 },
    ]);
  });
});

const started = vi.hoisted(() => ({ outcome: { kind: 'fault' } as unknown, limits: [] as unknown[] }));
vi.mock('../../../src/execution/index.js', async (original) => ({
  ...(await original<typeof import('../../../src/execution/index.js')>()),
  createProcessExecutor: ({ memoryLimitMb }: { memoryLimitMb?: number }) => {
    started.limits.push(memoryLimitMb);
    return { concurrency: 1, run: async () => started.outcome, close: async () => {} };
  },
}));

describe('the refit of a trained winner', () => {
  const fault = (code: string) => ({ kind: 'fault', code, message: 'of the refit', infrastructure: true });
  const begin = async () => {
    const run = await scriptedRun({ world: simulatedWorld(2, 60), script: { quality: () => 0.5 } });
    const winner = { model: 'dnn', assignment: {} };
    return { run, ending: refit(run.context, winner, 1, '/artefacts', run.memory.memory, 1234) };
  };

  it('has a memory limit of its own; over it, the run ends without an artefact and says why', async () => {
    started.outcome = fault('OUT_OF_MEMORY');
    const { run, ending } = await begin();
    await ending;
    expect(started.limits.at(-1)).toBe(1234);
    expect(run.warnings).toMatchObject([{ code: 'OUT_OF_MEMORY' }]);
    expect(await run.decided('refit-finished')).toEqual([{ artefact: null, code: 'OUT_OF_MEMORY' }]);
  });

  it('stops the run on a full disk, with nothing decided, so that resuming makes the artefact', async () => {
    started.outcome = fault('DISK_FULL');
    const { run, ending } = await begin();
    await expect(ending).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true });
    expect(await run.decided('refit-finished')).toEqual([]);
  });
});
