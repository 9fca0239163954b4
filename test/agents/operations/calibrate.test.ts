import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalRun, operations } from '../../../src/agents/index.js';
import { openJournal, readAll, type JournalEvent } from '../../../src/journal/index.js';
import { MeasuredCalibration, projectPaths, type CalibrateOptions } from '../../../src/schema/index.js';
import {
  copyOf,
  evolveOptions,
  listeningIo,
  removeFolder,
  temporaryFolder,
  tinyProject,
} from '../tiny-project.js';

// Some forty small trainings in worker processes, and then two runs.
const wholeRunMs = 300_000;

let folder: string;
let projectDir: string;
let measured: MeasuredCalibration;

const options = (over: Partial<CalibrateOptions> = {}): CalibrateOptions => ({
  projectDir,
  seeds: 6,
  minutes: undefined,
  workers: 2,
  seed: 5,
  wantedGain: 1e-6,
  ...over,
});

async function journalOf<T>(project: string, read: (events: readonly JournalEvent[]) => T): Promise<T> {
  const journal = await openJournal({ path: projectPaths(project).journal, mode: 'read' });
  try {
    return read(await readAll(journal));
  } finally {
    await journal.close();
  }
}

const count = (project: string, kind: string) =>
  journalOf(project, (events) => events.filter((event) => event.kind === kind).length);

async function canonical(project: string) {
  const journal = await openJournal({ path: projectPaths(project).journal, mode: 'read' });
  try {
    return await canonicalRun(journal);
  } finally {
    await journal.close();
  }
}

beforeAll(async () => {
  folder = temporaryFolder();
  projectDir = await tinyProject(folder);
  measured = await operations.calibrate(options(), listeningIo().io);
}, wholeRunMs);

afterAll(() => removeFolder(folder));

describe('calibrate', () => {
  it('tells the noise of every metric of the task, and of the gate', () => {
    expect(MeasuredCalibration.safeParse(measured).error).toBeUndefined();
    expect(measured.metrics.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(['auc', 'gauc', 'logloss', 'ne', 'ece']),
    );
    expect(measured.models).toMatchObject([
      { model: 'lr', role: 'baseline', runs: 11, lost: 0, failed: 0 },
      { model: 'dnn', role: 'deep', runs: 11, lost: 0, failed: 0 },
    ]);
    const [auc] = measured.metrics;
    expect(auc).toMatchObject({ metric: 'auc', primary: true, pooled: { degreesOfFreedom: 20 } });
    expect(auc.models[1].seedSd).toBeGreaterThan(0);
    // 250 users: they and not the seeds are what limits this project
    expect(auc.models[1].userSe).toBeGreaterThan(auc.models[1].seedSd);
    expect(auc.wanted).toMatchObject({ gain: 1e-6, seeds: null });
    expect(auc.falseAccepts).toMatchObject([
      { level: 'one-look', pairs: 200, disjointPairs: 2 },
      { level: 'first-look', pairs: 200, disjointPairs: 2 },
    ]);
    expect(measured.metrics.slice(1).every(({ wanted }) => wanted === null)).toBe(true);
  });

  it('keeps one event per metric and opens no test split; repeated it trains nothing', async () => {
    expect(await count(projectDir, 'noise-calibrated')).toBe(measured.metrics.length);
    expect(await count(projectDir, 'test-opened')).toBe(0);
    const trained = await count(projectDir, 'trial-result');
    const again = copyOf(projectDir, 'again');
    const second = await operations.calibrate(options({ projectDir: again }), listeningIo().io);
    expect(second.metrics).toEqual(measured.metrics);
    expect(await count(again, 'trial-result')).toBe(trained);
  }, 60_000);
});

describe('evolve after calibrate', () => {
  it('refuses a gain out of reach before anything is trained or begun', async () => {
    const refused = copyOf(projectDir, 'refused');
    const trained = await count(refused, 'trial-result');
    await expect(
      operations.evolve(evolveOptions(refused, { minimumGain: 1e-6 }), listeningIo().io),
    ).rejects.toMatchObject({
      code: 'GAIN_UNRESOLVABLE',
      details: {
        wantedGain: 1e-6,
        seedsNeeded: null,
        resolvableGain: measured.metrics[0].resolvable.find(({ seeds }) => seeds === 5)?.gain,
      },
    });
    expect(await count(refused, 'trial-result')).toBe(trained);
    expect(await count(refused, 'run-started')).toBe(0);
  }, 60_000);

  it(
    'takes the calibration up, goes on under --force, and comes out the same when it is killed and resumed',
    async () => {
      const forced = { minimumGain: 1e-6, force: true, trials: 2 };
      const killed = copyOf(projectDir, 'killed');
      const heard = listeningIo();
      const result = await operations.evolve(evolveOptions(projectDir, forced), heard.io);
      expect(result.minimumGain).toEqual({ value: 1e-6, source: 'user' });
      expect(heard.warnings.map(({ code }) => code)).toContain('GAIN_UNRESOLVABLE');
      const chosen = await journalOf(projectDir, (events) =>
        events.filter(({ kind }) => kind === 'calibration-chosen').map(({ payload }) => payload),
      );
      expect(chosen).toMatchObject([{ decision: { stored: { metric: 'auc' } } }]);
      expect(await count(projectDir, 'calibration-planned')).toBe(0);

      const controller = new AbortController();
      const stopped = listeningIo(controller.signal);
      const onProgress: typeof stopped.io.onProgress = (event) => {
        if (event.kind === 'trial-finished') controller.abort();
      };
      await expect(
        operations.evolve(evolveOptions(killed, forced), { ...stopped.io, onProgress }),
      ).rejects.toBeDefined();
      // Resumed without --force: that the run was forced is in its journal.
      await operations.evolve(evolveOptions(killed, { resume: true, trials: undefined }), listeningIo().io);
      expect(await canonical(killed)).toEqual(await canonical(projectDir));
    },
    wholeRunMs,
  );
});
