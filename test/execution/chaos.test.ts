import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createProcessExecutor } from '../../src/execution/index.js';
import { Rng } from '../../src/platform/index.js';
import type { TrialOutcome } from '../../src/schema/index.js';
import { eventually, isAlive } from './process-probe.js';
import { fixture, trialRequest } from './trial-request.js';

/** Live workers of this process, by their parent id. */
async function workersOf(parent: number): Promise<number[]> {
  const { readdirSync, readFileSync } = await import('node:fs');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return (
          stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(parent) &&
          command.includes('worker.mjs')
        );
      } catch {
        return false;
      }
    });
}

describe.runIf(process.platform === 'linux')('workers killed at random moments', () => {
  it('property: exactly one outcome per request, and every score is the right one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), async (seed) => {
        const rng = new Rng([seed, 'chaos']);
        const executor = createProcessExecutor({
          entry: fixture('worker.mjs'),
          workers: 2,
          heartbeatMs: 50,
          retries: 50,
        });
        const answers = new Map<number, TrialOutcome[]>();
        const trials = Array.from({ length: 10 }, (_, i) => i);
        const runs = trials.map(async (trial) => {
          const request = trialRequest('slow', { seed: trial, assignment: { ms: 20 + rng.integer(60) } });
          const outcome = await executor.run(request);
          answers.set(trial, [...(answers.get(trial) ?? []), outcome]);
        });
        let kills = 0;
        const pidsSeen = new Set<number>();
        while (answers.size < trials.length && kills < 8) {
          await new Promise((resolve) => setTimeout(resolve, rng.integer(250)));
          const workers = await workersOf(process.pid);
          for (const pid of workers) pidsSeen.add(pid);
          if (workers.length === 0) continue;
          process.kill(rng.pick(workers), 'SIGKILL');
          kills += 1;
        }
        await Promise.all(runs);
        await executor.close();
        for (const trial of trials) {
          expect(answers.get(trial)).toHaveLength(1);
          expect(answers.get(trial)?.[0]).toMatchObject({ kind: 'scored', validation: { auc: trial / 100 } });
        }
        await eventually(() => ![...pidsSeen].some(isAlive));
      }),
      { numRuns: 4 },
    );
  });

  it('closing in the middle settles every request and leaves no worker', async () => {
    for (const delay of [0, 60, 200]) {
      const executor = createProcessExecutor({ entry: fixture('worker.mjs'), workers: 2, heartbeatMs: 50 });
      const runs = Array.from({ length: 8 }, (_, seed) =>
        executor.run(trialRequest('slow', { seed, assignment: { ms: 30 } })),
      );
      const settled = Promise.allSettled(runs);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await executor.close();
      for (const result of await settled) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'INTERRUPTED' });
        else expect(result.value).toMatchObject({ kind: 'scored' });
      }
      expect(await workersOf(process.pid)).toEqual([]);
    }
  });
});
