import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TrialRunner } from '../../../src/agents/loop/trial-runner.js';
import { predictionPath, writeValues } from '../../../src/agents/trial/prediction-files.js';
import { trialRequest } from '../../../src/agents/trial/trial-request.js';
import type { TrialOutcome, TrialRequest } from '../../../src/schema/index.js';
import { lostFault, ownFault } from '../support/scripted-run.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const predictionsDir = temporaryFolder();
afterAll(() => removeFolder(predictionsDir));

const request = (seed: number, over: Partial<Pick<TrialRequest, 'predictTest' | 'artefactDir'>> = {}) =>
  trialRequest(
    { contractHash: 'abc', datasetDir: '/d', predictionsDir, checkpointsDir: '/c', threads: 1 },
    { model: 'lr', assignment: {}, seed, validationShare: 'search', ...over },
  );
const scored: TrialOutcome = {
  kind: 'scored',
  validation: { auc: 0.7 },
  predictionsHash: 'h',
  bestEpoch: 1,
  cost: { seconds: 3, epochs: 1, samples: 50, parameters: 3, flopsPerSample: 4 },
  observables: {},
};
const files = ({ key }: TrialRequest) =>
  (['validation', 'test'] as const).map((split) => predictionPath(predictionsDir, key, split));

/** A runner over an executor that answers in turn and writes the predictions that it was asked for. */
function runnerOf(answers: readonly TrialOutcome[], signal = new AbortController().signal) {
  const ran: TrialRequest[] = [];
  const limits: (number | undefined)[] = [];
  const remembered = new Map<string, TrialOutcome>();
  const runner = new TrialRunner({
    executor: {
      concurrency: 1,
      run: async (asked, { timeoutMs } = {}) => {
        limits.push(timeoutMs);
        const answer = answers[Math.min(ran.length, answers.length - 1)];
        ran.push(asked);
        await Promise.resolve();
        if (answer.kind === 'scored')
          for (const path of files(asked).slice(0, asked.predictTest ? 2 : 1))
            writeValues(path, Float32Array.of(1));
        return answer;
      },
      close: async () => {},
    },
    memory: {
      recall: (key) => remembered.get(key),
      remember: async ({ key }, outcome) => void remembered.set(key, outcome),
    },
    signal,
    timeoutMs: 1500,
  });
  return { runner, ran, limits, remembered };
}

describe('TrialRunner', () => {
  it('tries again what the infrastructure lost, and takes the score that came of it', async () => {
    const { runner, ran } = runnerOf([lostFault, lostFault, scored]);
    await expect(runner.run(request(1))).resolves.toEqual(scored);
    expect(ran).toHaveLength(3);
    expect(runner.spentSeconds).toBe(3);
  });

  it('gives a lasting infrastructure fault back as a fault, never as a score, and leaves it to the memory whether it stands', async () => {
    const { runner, ran, remembered } = runnerOf([lostFault, lostFault, lostFault, scored]);
    await expect(runner.run(request(2))).resolves.toEqual(lostFault);
    expect(runner.spentSeconds).toBe(0);
    const attempts = ran.length;
    await expect(runner.run(request(2))).resolves.toEqual(lostFault);
    expect(ran).toHaveLength(attempts);
    remembered.clear();
    await expect(runner.run(request(2))).resolves.toEqual(scored);
    expect(ran).toHaveLength(attempts + 1);
  });

  it.each(['DISK_FULL', 'PATH_NOT_WRITABLE', 'NATIVE_MODULE'] as const)(
    'stops the run by name at %s, which every other trial would meet too, and decides nothing by it',
    async (code) => {
      const machine: TrialOutcome = {
        kind: 'fault',
        code,
        message: 'while writing x',
        remedy: 'Free some space.',
        infrastructure: true,
      };
      const { runner, remembered } = runnerOf([machine, machine, machine, scored]);
      await expect(runner.run(request(9))).rejects.toMatchObject({
        code,
        retryable: true,
        message: expect.stringContaining('while writing x'),
        remedy: 'Free some space.',
      });
      expect(remembered.size).toBe(0);
      await expect(runner.run(request(9))).resolves.toEqual(scored);
    },
  );

  it('does not let a fault take the place of a score whose predictions are made again', async () => {
    const { runner, remembered } = runnerOf([scored, lostFault, lostFault, lostFault, scored]);
    await runner.run(request(10));
    rmSync(files(request(10))[0]);
    await expect(runner.run(request(10))).rejects.toMatchObject({ code: 'WORKER_LOST', retryable: true });
    expect(remembered.get(request(10).key)).toEqual(scored);
    await expect(runner.run(request(10))).resolves.toEqual(scored);
  });

  it('hands the time limit on, and does not try again what ran into it', async () => {
    const late: TrialOutcome = {
      kind: 'fault',
      code: 'TRIAL_TIMEOUT',
      message: 'late',
      infrastructure: true,
    };
    const { runner, limits } = runnerOf([late, scored]);
    await expect(runner.run(request(8))).resolves.toEqual(late);
    expect(limits).toEqual([1500]);
  });

  it('does not repeat what failed by itself, now or later', async () => {
    const { runner, ran, remembered } = runnerOf([ownFault, scored]);
    await expect(runner.run(request(3))).resolves.toEqual(ownFault);
    await expect(runner.run(request(3))).resolves.toEqual(ownFault);
    expect(ran).toHaveLength(1);
    expect([...remembered.values()]).toEqual([ownFault]);
  });

  it('trains once for all who ask at the same time, and once for each different trial', async () => {
    const { runner, ran } = runnerOf([scored]);
    await Promise.all([runner.run(request(4)), runner.run(request(4)), runner.run(request(5))]);
    expect(ran.map(({ seed }) => seed)).toEqual([4, 5]);
  });

  it('does not repeat what is known, unless its predictions are gone', async () => {
    const { runner, ran } = runnerOf([scored]);
    const asked = request(6, { predictTest: true });
    await runner.run(asked);
    await runner.run(asked);
    expect(ran).toHaveLength(1);
    rmSync(files(asked)[1]);
    await runner.run(asked);
    expect(ran).toHaveLength(2);
    rmSync(dirname(files(asked)[0]), { recursive: true });
    await runner.run(asked);
    expect(ran).toHaveLength(3);
  });

  it('makes an artefact again of which a file was deleted, or all of it', async () => {
    const artefactDir = join(predictionsDir, 'artefact');
    const { runner, ran } = runnerOf([scored]);
    const asked = request(11, { artefactDir });
    const make = () => {
      mkdirSync(join(artefactDir, 'tables'), { recursive: true });
      writeFileSync(join(artefactDir, 'tables', 'a.npy'), 'x');
      writeFileSync(join(artefactDir, 'manifest.json'), JSON.stringify({ 'tables/a.npy': 'hash' }));
    };
    await runner.run(asked);
    make();
    await runner.run(asked);
    expect(ran).toHaveLength(1);
    const losses = [join(artefactDir, 'tables', 'a.npy'), join(artefactDir, 'manifest.json'), artefactDir];
    for (const [i, lost] of losses.entries()) {
      rmSync(lost, { recursive: true });
      await runner.run(asked);
      expect(ran).toHaveLength(2 + i);
      make();
    }
    await runner.run(asked);
    expect(ran).toHaveLength(4);
  });

  it('starts nothing after it was stopped', async () => {
    const controller = new AbortController();
    const { runner, ran, remembered } = runnerOf([scored], controller.signal);
    controller.abort();
    await expect(runner.run(request(7))).rejects.toBeDefined();
    expect([ran, remembered.size]).toEqual([[], 0]);
  });
});
