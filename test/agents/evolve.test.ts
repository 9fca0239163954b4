import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalRun, operations } from '../../src/agents/index.js';
import { openJournal, readAll } from '../../src/journal/index.js';
import { EvolveResult, projectPaths, TrainResult } from '../../src/schema/index.js';
import {
  copyOf,
  evolveOptions,
  listeningIo,
  removeFolder,
  temporaryFolder,
  tinyProject,
} from './tiny-project.js';

// A whole run is some sixty small trainings in worker processes.
const wholeRunMs = 240_000;

let folder: string;
let projectDir: string;

beforeAll(async () => {
  folder = temporaryFolder();
  projectDir = await tinyProject(folder);
}, wholeRunMs);

afterAll(() => removeFolder(folder));

async function canonical(project: string) {
  const journal = await openJournal({ path: projectPaths(project).journal, mode: 'read' });
  try {
    await journal.verify();
    return await canonicalRun(journal);
  } finally {
    await journal.close();
  }
}

async function kinds(project: string): Promise<string[]> {
  const journal = await openJournal({ path: projectPaths(project).journal, mode: 'read' });
  try {
    return (await readAll(journal)).map((event) => event.kind);
  } finally {
    await journal.close();
  }
}

describe('evolve', () => {
  it(
    'searches, gates, opens the test split once and reports; interrupted and resumed it ends in the same state',
    async () => {
      const interrupted = copyOf(projectDir, 'interrupted');
      const { io, events } = listeningIo();
      const result = await operations.evolve(evolveOptions(projectDir), io);
      expect(EvolveResult.safeParse(result).error).toBeUndefined();
      expect(result.refused.map(({ column }) => column)).toContain('engagement_score');
      expect(result.testOpenings).toEqual({ before: 0, thisRun: 1 });
      expect(result.floors.map(({ model }) => model)).toEqual(['popularity', 'rates']);
      expect(result.baseline.metrics.test?.['auc']?.n).toBe(3);
      expect(result.trials.proposed).toBe(3);
      expect(existsSync(result.report ?? '')).toBe(true);
      expect(events.some((event) => event.kind === 'gate-look')).toBe(result.gate.length > 0);

      // Stop at the fourth finished trial, then at the first gate or race phase, then let it end.
      for (const stopAt of ['trial-finished', 'phase']) {
        const controller = new AbortController();
        const heard = listeningIo(controller.signal);
        let seen = 0;
        const onProgress = (event: (typeof heard.events)[number]) => {
          const hit =
            event.kind === stopAt &&
            (stopAt === 'trial-finished' || (event.kind === 'phase' && /Race|Final/.test(event.name)));
          if (hit && ++seen === 2) controller.abort();
        };
        const resume = existsSync(projectPaths(interrupted).journal);
        await expect(
          operations.evolve(evolveOptions(interrupted, { resume, ...(resume && { trials: undefined }) }), {
            ...heard.io,
            onProgress,
          }),
        ).rejects.toBeDefined();
      }
      const resumed = await operations.evolve(
        evolveOptions(interrupted, { resume: true, trials: undefined }),
        listeningIo().io,
      );
      expect(resumed.resumed).toBe(true);
      expect(await canonical(interrupted)).toEqual(await canonical(projectDir));
      expect((await kinds(interrupted)).filter((kind) => kind === 'test-opened')).toHaveLength(1);
      const results = (await kinds(interrupted)).filter((kind) => kind === 'trial-result');
      const whole = (await kinds(projectDir)).filter((kind) => kind === 'trial-result');
      expect(results).toHaveLength(whole.length);
    },
    wholeRunMs,
  );

  it(
    'accepts nothing when labels are shuffled inside users, and leaves the test split closed',
    async () => {
      const nullProject = copyOf(projectDir, 'null');
      removeFolder(projectPaths(nullProject).journal);
      const result = await operations.evolve(
        evolveOptions(nullProject, { nullRun: true, seed: 9 }),
        listeningIo().io,
      );
      expect(result.outcome).toBe('nothing-better');
      expect(result.nullRun).toBe(true);
      expect(result.improvement).toBeNull();
      expect(result.baseline.metrics.test).toBeUndefined();
      expect(result.refit).toBeNull();
    },
    wholeRunMs,
  );

  it('refuses to resume where there is no run, and to start without a budget', async () => {
    const fresh = copyOf(projectDir, 'fresh');
    removeFolder(projectPaths(fresh).state);
    await expect(
      operations.evolve(evolveOptions(fresh, { resume: true }), listeningIo().io),
    ).rejects.toMatchObject({ code: 'USAGE' });
    await expect(
      operations.evolve(evolveOptions(fresh, { trials: undefined }), listeningIo().io),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the seal', () => {
  it(
    'is not needed by training, prediction or search: with the sealed folder gone, only the scorer fails',
    async () => {
      const attacked = copyOf(projectDir, 'attacked');
      const options = { projectDir: attacked, model: 'lr', seeds: 1, seed: 1, hyperParameters: {}, tune: 0 };
      const first = await operations.train({ ...options, test: false }, listeningIo().io);
      expect(TrainResult.safeParse(first).error).toBeUndefined();
      const datasets = join(projectPaths(attacked).cache, 'datasets');
      const [hash] = readdirSync(datasets);
      renameSync(join(datasets, hash, 'sealed'), join(folder, 'sealed-away'));
      const trained = await operations.train({ ...options, model: 'fm', test: false }, listeningIo().io);
      expect(trained.metrics.test).toBeUndefined();
      await expect(
        operations.train({ ...options, model: 'fm', test: true }, listeningIo().io),
      ).rejects.toBeDefined();
    },
    wholeRunMs,
  );
});
