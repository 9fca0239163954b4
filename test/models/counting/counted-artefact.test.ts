import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/models/index.js';
import { nextItemCountingModels, saveCounted } from '../../../src/models/counting/index.js';
import type { HyperParameters } from '../../../src/graph/index.js';
import { Rng } from '../../../src/platform/index.js';
import type { NextItemDataset } from '../../../src/schema/index.js';
import { sample } from '../../../src/space/index.js';
import { parseNpy } from '../../../src/training/artefact/npy.js';
import { leaveOneOut } from './tiny-datasets.js';

const folder = mkdtempSync(join(tmpdir(), 'counted-'));
afterAll(() => rmSync(folder, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(folder, String((folders += 1)));

type Counting = (typeof nextItemCountingModels)[number];

async function saved(model: Counting, dataset: NextItemDataset, hp: HyperParameters) {
  const fitted = model.fit(dataset, hp, { seed: 1 });
  const dir = newFolder();
  await saveCounted(dir, model.name, fitted, dataset, hp, { metrics: {}, lineage: {} });
  return { dir, fitted, loaded: await nextItem(dir) };
}

async function nextItem(dir: string) {
  const loaded = await loadModel(dir);
  if (loaded.task !== 'next-item') throw new Error('expected next-item');
  return loaded;
}

/** Twelve users who walk twenty items in circles of several steps. */
const walks = (): NextItemDataset =>
  leaveOneOut(
    Array.from({ length: 12 }, (_, user) =>
      Array.from({ length: 9 }, (_, turn) => 2 + ((user * 5 + turn * (1 + (user % 3))) % 20)),
    ),
    22,
  );

const sequences = fc.array(fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 3, maxLength: 10 }), {
  minLength: 1,
  maxLength: 10,
});

describe.each(nextItemCountingModels.map((model) => [model.name, model] as const))(
  'an artefact of %s',
  (name, model) => {
    it('answers bit for bit as the fitted model, whatever its hyper-parameters', async () => {
      await fc.assert(
        fc.asyncProperty(sequences, fc.nat(), async (users, seed) => {
          const dataset = leaveOneOut(users, 16);
          const { fitted, loaded } = await saved(model, dataset, sample(model.space, new Rng(['hp', seed])));
          expect(loaded.record).toMatchObject({ task: 'next-item', model: name, itemCount: 16 });
          expect(await loaded.rankCases(dataset, dataset.test, 5)).toEqual(fitted.rankCases(dataset.test, 5));
          expect(await loaded.rankTargets(dataset, dataset.validation)).toEqual(
            fitted.rankTargets(dataset.validation),
          );
          const expected = new Float32Array(16);
          await loaded.score(dataset, dataset.test, (row, c) => {
            fitted.scoreAll(dataset.test, c, expected);
            expect(Array.from(row)).toEqual(Array.from(expected));
          });
        }),
        { numRuns: 15 },
      );
    });

    it('scores every item, those of the history too, and agrees with the masked scores elsewhere', async () => {
      const dataset = walks();
      const { loaded, fitted } = await saved(model, dataset, sample(model.space, new Rng(['hp', 3])));
      const masked = new Float32Array(dataset.itemCount);
      await loaded.score(dataset, dataset.test, (row, c) => {
        expect(row.every((score) => Number.isFinite(score))).toBe(true);
        fitted.scoreCase(dataset.test, c, masked);
        masked.forEach((score, item) => {
          if (score !== -Infinity) expect(row[item]).toBe(score);
        });
      });
    });

    it('serves histories that it was not fitted on', async () => {
      const dataset = walks();
      const { loaded, fitted } = await saved(model, dataset, sample(model.space, new Rng(['hp', 4])));
      const log = { events: Int32Array.of(2, 3, 4), offsets: Int32Array.of(0, 3) };
      const one = { count: 1, users: Int32Array.of(0), historyEnds: Int32Array.of(3), targets: undefined };
      const { items } = await loaded.rankCases(log, one, 3);
      expect(new Set(items).size).toBe(3);
      expect([2, 3, 4].some((item) => items.includes(item))).toBe(false);
      // The log of one call is not remembered for the next.
      const other = { events: Int32Array.of(9, 3, 4), offsets: Int32Array.of(0, 3) };
      expect((await loaded.rankCases(other, one, 3)).items).not.toContain(9);
      expect(await loaded.rankCases(dataset, dataset.test, 4)).toEqual(fitted.rankCases(dataset.test, 4));
    });
  },
);

describe('a damaged counted artefact', () => {
  const dataset = walks();
  const model = nextItemCountingModels.find(({ name }) => name === 'skip-markov') as Counting;
  const hp = sample(model.space, new Rng(['hp', 1]));

  /** Replaces a file and its digest, as somebody would who wants it to be loaded. */
  function forge(dir: string, file: string, change: (bytes: Buffer) => Buffer | string): void {
    const content = Buffer.from(change(readFileSync(join(dir, file))));
    writeFileSync(join(dir, file), content);
    const path = join(dir, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
    manifest[file] = createHash('sha256').update(content).digest('hex');
    writeFileSync(path, JSON.stringify(manifest));
  }
  const record = (change: (record: Record<string, unknown>) => unknown) => (bytes: Buffer) =>
    JSON.stringify(change(JSON.parse(bytes.toString('utf8')) as Record<string, unknown>));

  it.each<[string, string, (bytes: Buffer) => Buffer | string, RegExp]>([
    [
      'other values in a table',
      'tables/votes-0/values.npy',
      (bytes) => {
        // the values lie at the end of the file, behind a header of whole 64 bytes
        for (let at = bytes.length - 4; at >= 128; at -= 4) bytes.writeFloatLE(7, at);
        return bytes;
      },
      /golden score/,
    ],
    [
      'a column outside of the items',
      'tables/votes-0/columns.npy',
      (bytes) => {
        bytes.writeInt32LE(99, bytes.length - 4);
        return bytes;
      },
      /no table over/,
    ],
    ['a shorter shared vector', 'tables/shared.npy', (bytes) => bytes.subarray(0, -4), /shared\.npy/],
    ['other votes', 'model.json', record((r) => ({ ...r, sharedWeight: 3 })), /golden score/],
    ['more items', 'model.json', record((r) => ({ ...r, itemCount: 999 })), /does not hold 999/],
    ['a future format', 'model.json', record((r) => ({ ...r, formatVersion: 2 })), /format version 2/],
  ])('%s is refused', async (_, file, change, reason) => {
    const { dir } = await saved(model, dataset, hp);
    forge(dir, file, change);
    await expect(loadModel(dir)).rejects.toMatchObject({
      code: 'ARTEFACT_CORRUPT',
      message: expect.stringMatching(reason),
    });
  });

  it('is refused where a file does not match the manifest', async () => {
    const { dir } = await saved(model, dataset, hp);
    writeFileSync(join(dir, 'tables/shared.npy'), 'nothing');
    await expect(loadModel(dir)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    await expect(loadModel(newFolder())).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('keeps tables that any language reads: sparse rows whose sums are the back-off', async () => {
    const { dir } = await saved(model, dataset, hp);
    const read = (file: string) => parseNpy(readFileSync(join(dir, 'tables/votes-0', file)), file).data;
    const [begins, values, backOff] = ['begins.npy', 'values.npy', 'back-off.npy'].map(read);
    for (let item = 0; item < dataset.itemCount; item += 1) {
      const row = Array.from(values.subarray(begins[item], begins[item + 1]));
      const sum = row.reduce((a, b) => a + b, 0);
      expect(sum + backOff[item]).toBeCloseTo(1, 5);
    }
  });
});
