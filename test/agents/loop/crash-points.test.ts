import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hashKeys } from '../../../src/platform/index.js';
import type { TrialOutcome, TrialRequest } from '../../../src/schema/index.js';
import { crashingRun, type Crash, type CrashingScript } from '../support/crashing-run.js';
import { lostFault, type Script } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const world = simulatedWorld(6, 80);

// The scorer process and the refit worker are replaced; when they are called, and what is journalled, is not.
const opened = vi.hoisted(() => ({ groups: [] as string[][] }));
vi.mock('../../../src/agents/evaluation/open-test.js', () => ({
  scoreTest: async (_place: unknown, groups: readonly (readonly string[])[]) => {
    opened.groups.push(groups.flat());
    return groups.map((keys) =>
      keys.map((key) => {
        const perCluster = Float64Array.from({ length: 80 }, (_, i) => (hashKeys(key, i) % 100) / 1e5);
        return { auc: { value: 0.6 + (hashKeys(key) % 100) / 1e4, clusters: 80, perCluster } };
      }),
    );
  },
}));
vi.mock('../../../src/agents/loop/refit.js', () => ({
  refit: async ({ log }: { log: { record: (kind: string, payload: object) => Promise<object> } }) => {
    await log.record('refit-finished', { artefact: 'a', fittedOn: 'train+validation', epochs: 2 });
  },
}));

const quality = ({ model, assignment }: TrialRequest) =>
  model === 'lr' ? 0 : 1 + (hashKeys(model, Object.keys(assignment).length) % 100) / 25;
/** Some candidates fail by themselves; the baseline and the floors do not. */
const fault: Script['fault'] = ({ key, model }) =>
  !['lr', 'dnn', 'popularity', 'rates'].includes(model) && hashKeys(key) % 12 === 1 ? 'own' : undefined;
const grants = [
  { trials: 5, minutes: null },
  { trials: 3, minutes: null },
];
let folders: string[] = [];
const folder = () => {
  folders.push(temporaryFolder());
  return folders[folders.length - 1];
};
afterAll(() => {
  for (const made of folders) removeFolder(made);
  folders = [];
});

const diskFull: TrialOutcome = { kind: 'fault', code: 'DISK_FULL', message: 'full', infrastructure: true };
const script: CrashingScript = { quality, fault };
let whole: Awaited<ReturnType<typeof crashingRun>>;
beforeAll(async () => {
  whole = await crashingRun({ world, script, folder: folder(), grants, crashes: [] });
});

/** Any moment of a life: most fall early in it, so that lives of all lengths come up. */
const crash: fc.Arbitrary<Crash> = fc.oneof(
  fc.record({
    at: fc.constant('append' as const),
    count: fc.integer({ min: 1, max: 90 }),
    durable: fc.boolean(),
  }),
  fc.record({ at: fc.constant('training' as const), count: fc.integer({ min: 1, max: 60 }) }),
);
const crashes = fc.array(crash, { minLength: 1, maxLength: 6 });

describe('a run that is killed', () => {
  it('goes through every phase when it is not (control)', () => {
    const kinds = new Set(whole.events.map((event) => event.kind));
    for (const kind of [
      'trial-result',
      'trial-committed',
      'leaders-raced',
      'gate-looked',
      'incumbent-changed',
    ])
      expect(kinds).toContain(kind);
    for (const kind of ['test-opened', 'run-concluded', 'refit-finished', 'grant-spent'])
      expect(kinds).toContain(kind);
    expect(whole.lives).toBe(2);
  });

  it('property: at random appends and trainings, in any order of its workers, ends in the same state', async () => {
    let lives = 0;
    await fc.assert(
      fc.asyncProperty(crashes, fc.integer(), async (planned, order) => {
        const turns = ({ key }: TrialRequest) => hashKeys(order, key) % 30;
        const run = await crashingRun({
          world,
          script: { ...script, turns },
          folder: folder(),
          grants,
          crashes: planned,
        });
        expect(run.canonical.hash).toBe(whole.canonical.hash);
        lives += run.lives;
      }),
      { numRuns: 60 },
    );
    expect(lives).toBeGreaterThan(180);
  });

  it('property: trials lost on the way, a full disk and a deleted cache change nothing either', async () => {
    await fc.assert(
      fc.asyncProperty(crashes, fc.integer(), async (planned, chance) => {
        // One attempt in four is lost, never three in a row: the runner tries again. For some trials there is no room on
        // the disk at any of the first three attempts, which ends a life of the engine.
        const mishap = ({ key }: TrialRequest, attempt: number) => {
          if (hashKeys(chance, key) % 25 === 0) return attempt < 3 ? diskFull : undefined;
          return attempt % 3 < 2 && hashKeys(chance, key, attempt) % 4 === 0 ? lostFault : undefined;
        };
        const run = await crashingRun({
          world,
          script: { ...script, mishap },
          folder: folder(),
          grants,
          crashes: planned,
          cacheIsDeleted: (life) => hashKeys(chance, life) % 3 === 0,
        });
        expect(run.canonical.hash).toBe(whole.canonical.hash);
      }),
      { numRuns: 25 },
    );
  });

  it('property: what the machine took for good once stays as it was decided, and the run is resumed to its end', async () => {
    const late: TrialOutcome = {
      kind: 'fault',
      code: 'TRIAL_TIMEOUT',
      message: 'late',
      infrastructure: true,
    };
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(crashes, fc.integer(), async (planned, chance) => {
        // A third of the candidates' trainings would run into their limit at the first time, and at no later one.
        const mishap = ({ key, model }: TrialRequest, attempt: number) =>
          attempt === 0 && !['lr', 'popularity', 'rates'].includes(model) && hashKeys(chance, key) % 3 === 0
            ? late
            : undefined;
        const run = await crashingRun({
          world,
          script: { ...script, mishap },
          folder: folder(),
          grants,
          crashes: planned,
        });
        const committed = run.events.filter(({ kind }) => kind === 'trial-committed');
        const faults = committed
          .map(({ payload }) => (payload as { decision: { faultCode: string; value: unknown } }).decision)
          .filter(({ faultCode }) => faultCode === 'TRIAL_TIMEOUT');
        for (const { value } of faults) expect(value).toBeNull();
        lost += faults.length;
        expect(run.events.filter(({ kind }) => kind === 'grant-spent')).toHaveLength(2);
      }),
      { numRuns: 25 },
    );
    expect(lost).toBeGreaterThan(25);
  });

  it('has recorded every opening of the test split before it happens, and opens nothing twice', async () => {
    const at = whole.events.findIndex(({ kind }) => kind === 'test-opened');
    const keysOf = (events: typeof whole.events) =>
      events
        .filter(({ kind }) => kind === 'test-opened')
        .map(({ payload }) => (payload as { decision: { keys: string[] } }).decision.keys);
    for (const durable of [false, true]) {
      opened.groups = [];
      const run = await crashingRun({
        world,
        script,
        folder: folder(),
        grants,
        crashes: [{ at: 'append', count: at + 1, durable }],
      });
      expect(run.lives).toBe(3);
      expect(opened.groups).toEqual(keysOf(run.events));
      expect(keysOf(run.events)).toEqual(keysOf(whole.events));
    }
  });
});
