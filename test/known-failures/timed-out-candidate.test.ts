/**
 * A timed-out candidate scored above zero. OpenEvolve gave `{"error": 0.0, "timeout": True}` for a timeout and took the mean
 * of all numbers as fitness; True counts as 1 in Python, so running into the limit was worth 0.5 (its pull request 446).
 * Zero is no remedy either: log loss and RMSE are better when smaller.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcessExecutor } from '../../src/execution/index.js';
import { hashKeys } from '../../src/platform/index.js';
import { TrialOutcome, type TrialRequest } from '../../src/schema/index.js';
import { crashingRun } from '../agents/support/crashing-run.js';
import { simulatedWorld } from '../agents/support/simulated-world.js';
import { removeFolder, temporaryFolder } from '../agents/tiny-project.js';
import { fixture, trialRequest } from '../execution/trial-request.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

const late: TrialOutcome = { kind: 'fault', code: 'TRIAL_TIMEOUT', message: 'late', infrastructure: true };
const tuned = ['lr', 'dnn', 'popularity', 'rates'];
/** The best of all candidates, did they not run into their limit. */
const isLate = ({ model, key }: TrialRequest) => !tuned.includes(model) && hashKeys(key) % 2 === 0;

interface Committed {
  readonly decision: {
    readonly trial: number;
    readonly value: number | null;
    readonly faultCode: string | null;
  };
}

describe('a candidate that ran into its time limit', () => {
  let run: Awaited<ReturnType<typeof crashingRun>>;
  const of = <T>(kind: string) =>
    run.events.filter((event) => event.kind === kind).map(({ payload }) => payload as T);
  beforeAll(async () => {
    run = await crashingRun({
      world: simulatedWorld(6, 80),
      script: {
        quality: (request) => (isLate(request) ? 9 : tuned.includes(request.model) ? 0.2 : 1.5),
        mishap: (request) => (isLate(request) ? late : undefined),
      },
      folder,
      grants: [{ trials: 12, minutes: null }],
      settings: { nullSeed: 1 },
      crashes: [],
    });
  });

  it('has no score of any kind: neither zero nor more, only the name of the fault', () => {
    const faults = of<Committed>('trial-committed').filter(({ decision }) => decision.faultCode !== null);
    expect(faults.length).toBeGreaterThan(1);
    for (const { decision } of faults)
      expect(decision).toMatchObject({ value: null, faultCode: 'TRIAL_TIMEOUT' });
  });

  it('leads nothing, races nothing and passes no gate, while those that ended in time do (control)', () => {
    const scored = new Set(
      of<Committed>('trial-committed')
        .filter(({ decision }) => decision.value !== null)
        .map(({ decision }) => decision.trial),
    );
    const [raced] = of<{ decision: { leaders: { trial: number }[] } }>('leaders-raced');
    expect(raced.decision.leaders.length).toBeGreaterThan(0);
    for (const { trial } of raced.decision.leaders) expect(scored).toContain(trial);
    for (const { decision } of of<{ decision: { trial: number } }>('incumbent-changed'))
      expect(scored).toContain(decision.trial);
  });

  it('cannot be written down as a score: an outcome is a score or a fault, never both', () => {
    const both = TrialOutcome.parse({ ...late, validation: { auc: 0.9, timeout: true } });
    expect(both).toEqual(late);
    const flag = {
      kind: 'scored',
      validation: { auc: 0.7, timeout: true },
      predictionsHash: 'h',
      bestEpoch: 1,
    };
    const cost = { seconds: 1, epochs: 1, samples: 1, parameters: 1, flopsPerSample: 1 };
    expect(TrialOutcome.safeParse({ ...flag, cost }).success).toBe(false);
  });

  it('is stopped by the real executor as a fault that names the limit', async () => {
    const executor = createProcessExecutor({ entry: fixture('worker.mjs'), workers: 1, heartbeatMs: 50 });
    try {
      const outcome = await executor.run(trialRequest('busy'), { timeoutMs: 200 });
      expect(outcome).toEqual({
        kind: 'fault',
        code: 'TRIAL_TIMEOUT',
        message: 'Stopped after its limit of 200 ms',
        infrastructure: true,
      });
    } finally {
      await executor.close();
    }
  });
});
