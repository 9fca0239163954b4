import { describe, expect, it } from 'vitest';
import { TrialRunner, type TrialMemory } from '../../../src/agents/loop/trial-runner.js';
import { trialRequest } from '../../../src/agents/trial/trial-request.js';
import type { TrialExecutor, TrialOutcome, TrialRunOptions } from '../../../src/schema/index.js';

const place = { contractHash: 'c', datasetDir: '/d', predictionsDir: '/p', checkpointsDir: '/c', threads: 1 };
const request = trialRequest(place, { model: 'lr', assignment: {}, seed: 1, validationShare: 'search' });

function fault(
  code: 'TRIAL_TIMEOUT' | 'WORKER_LOST' | 'LOSS_NOT_FINITE',
  infrastructure = true,
): TrialOutcome {
  return { kind: 'fault', code, message: code, infrastructure };
}

const scored: TrialOutcome = {
  kind: 'scored',
  validation: { auc: 0.7 },
  predictionsHash: 'h',
  bestEpoch: 1,
  cost: { seconds: 2, epochs: 1, samples: 10, parameters: 3, flopsPerSample: 4 },
  observables: {},
};

/** An executor that gives the outcomes in turn, with what it was asked and what the memory was told. */
function runnerOf(outcomes: readonly TrialOutcome[], timeoutMs?: number) {
  const asked: TrialRunOptions[] = [];
  const told: TrialOutcome[] = [];
  const executor: TrialExecutor = {
    concurrency: 1,
    run: async (_request, options = {}) => {
      asked.push(options);
      return outcomes[Math.min(asked.length, outcomes.length) - 1];
    },
    close: async () => {},
  };
  const memory: TrialMemory = {
    recall: () => undefined,
    remember: async (_request, outcome) => void told.push(outcome),
  };
  const runner = new TrialRunner({ executor, memory, signal: new AbortController().signal, timeoutMs });
  return { runner, asked, told };
}

describe('a trial that ends in a fault', () => {
  it('of the machine is tried again, and the later score counts', async () => {
    const { runner, asked, told } = runnerOf([fault('WORKER_LOST'), scored]);
    expect(await runner.run(request)).toBe(scored);
    expect([asked.length, told]).toEqual([2, [scored]]);
    expect(runner.spentSeconds).toBe(2);
  });

  it('of the machine three times is a fault', async () => {
    const { runner, asked } = runnerOf([fault('WORKER_LOST')]);
    expect(await runner.run(request)).toMatchObject({ code: 'WORKER_LOST' });
    expect(asked).toHaveLength(3);
    expect(runner.spentSeconds).toBe(0);
  });

  it('of its own is not tried again', async () => {
    const { runner, asked } = runnerOf([fault('LOSS_NOT_FINITE', false)]);
    expect(await runner.run(request)).toMatchObject({ code: 'LOSS_NOT_FINITE' });
    expect(asked).toHaveLength(1);
  });

  it('of its time limit is not tried again, since it would run into it again', async () => {
    const { runner, asked } = runnerOf([fault('TRIAL_TIMEOUT'), scored], 1500);
    expect(await runner.run(request)).toMatchObject({ code: 'TRIAL_TIMEOUT', infrastructure: true });
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([1500]);
  });
});

describe('two wishes for the same trial', () => {
  it('share one run while it lasts', async () => {
    const { runner, asked } = runnerOf([scored]);
    const [first, second] = await Promise.all([runner.run(request), runner.run(request)]);
    expect([first, second, asked.length]).toEqual([scored, scored, 1]);
  });
});
