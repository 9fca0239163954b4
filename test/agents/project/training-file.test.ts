import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  readTrainingFile,
  resourcesOf,
  trainingFilePath,
  usualWorkers,
} from '../../../src/agents/project/training-file.js';
import { config as machine } from '../../../src/platform/index.js';
import { projectPaths } from '../../../src/schema/index.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
const paths = projectPaths(folder);
afterEach(() => rmSync(trainingFilePath(paths), { force: true }));
afterAll(() => removeFolder(folder));

const write = (content: unknown): void => writeFileSync(trainingFilePath(paths), JSON.stringify(content));
const shareOf = (workers: number) => ({
  workers,
  threads: Math.max(1, Math.floor(machine.threads / workers)),
  prefetch: 1,
});

describe('training.json', () => {
  it('need not be there: one training on all threads, more share them', () => {
    expect(readTrainingFile(paths)).toEqual({ schemaVersion: 1, batchSizes: {} });
    expect(usualWorkers(paths)).toBe(1);
    expect([1, 2, 100].map((workers) => resourcesOf(paths, workers))).toEqual([1, 2, 100].map(shareOf));
  });

  it('decides for one training and for as many at once as it is about, and for no other number', () => {
    write({
      schemaVersion: 1,
      alone: { threads: 3, prefetch: 0 },
      together: { workers: 4, threads: 2, prefetch: 1 },
    });
    expect(resourcesOf(paths, 1)).toEqual({ workers: 1, threads: 3, prefetch: 0 });
    expect(resourcesOf(paths, 4)).toEqual({ workers: 4, threads: 2, prefetch: 1 });
    expect(resourcesOf(paths, 2)).toEqual(shareOf(2));
  });

  it('says how many at once, but not for fewer trainings than that', () => {
    write({ schemaVersion: 1, together: { workers: 2, threads: 1, prefetch: 1 } });
    expect([1, 2, 5, undefined].map((count) => usualWorkers(paths, count))).toEqual([1, 2, 2, 2]);
    write({ schemaVersion: 1, alone: { threads: 1, prefetch: 1 } });
    expect(usualWorkers(paths)).toBe(1);
  });

  it('lets one training have what was found for it, also where one at once was found best', () => {
    write({
      schemaVersion: 1,
      alone: { threads: 1, prefetch: 1 },
      together: { workers: 1, threads: 1, prefetch: 0 },
    });
    expect(resourcesOf(paths, 1)).toEqual({ workers: 1, threads: 1, prefetch: 1 });
  });

  it.each([
    [{ schemaVersion: 1, alone: { threads: 0, prefetch: 1 } }, 'alone.threads'],
    [{ schemaVersion: 1, alone: { threads: 1, prefetch: 2 } }, 'alone.prefetch'],
    [{ schemaVersion: 1, batchSizes: { dcnv2: 0.5 } }, 'batchSizes.dcnv2'],
    [{ schemaVersion: 2 }, 'schemaVersion'],
    [{ schemaVersion: 1, alnoe: {} }, 'alnoe'],
  ])('is refused with the member that is wrong: %j', (content, member) => {
    write(content);
    expect(() => resourcesOf(paths, 1)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(member) }),
    );
  });
});
