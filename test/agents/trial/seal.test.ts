import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictionPath, readLists, readValues } from '../../../src/agents/trial/prediction-files.js';
import { runTrial } from '../../../src/agents/trial/run-trial.js';
import { trialRequest, type TrialWish } from '../../../src/agents/trial/trial-request.js';
import { openSealed } from '../../../src/data/index.js';
import { clickLines, tinyLog, walkLines, type TinyLog } from '../support/tiny-logs.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

// Counting models are trained in this process, so that what a trial can reach is what this process can reach.
const folder = temporaryFolder();
const io = { onProgress: () => {}, signal: new AbortController().signal };
let clicks: TinyLog;
let walks: TinyLog;
beforeAll(async () => {
  clicks = await tinyLog(folder, clickLines(), 'ctr', 'time');
  walks = await tinyLog(folder, walkLines(), 'next-item', 'leave-one-out');
});
afterAll(() => removeFolder(folder));

const requestOn = ({ place }: TinyLog, wish: Partial<TrialWish>) =>
  trialRequest(place, { model: 'popularity', assignment: {}, seed: 1, validationShare: 'all', ...wish });

/** Rates of every field. */
const counted = { model: 'rates', assignment: { fields: 'all' } };

describe('a trial', () => {
  it('does all its work, test predictions among it, where the sealed folder is not', async () => {
    for (const log of [clicks, walks]) {
      const sealed = join(log.prepared.dir, 'sealed');
      const rows = openSealed(log.prepared.dir).rows;
      renameSync(sealed, join(folder, 'away'));
      try {
        const request = requestOn(log, { predictTest: true });
        const outcome = await runTrial(request, io);
        expect(outcome.kind).toBe('scored');
        const path = predictionPath(log.place.predictionsDir, request.key, 'test');
        if (log === clicks) expect(readValues(path, rows).every(Number.isFinite)).toBe(true);
        else expect(readLists(path).tiesAtCut).toHaveLength(rows);
      } finally {
        renameSync(join(folder, 'away'), sealed);
      }
    }
  });

  it('that asks to be fitted on the test rows is refused, and writes nothing', async () => {
    for (const log of [clicks, walks]) {
      const request = requestOn(log, { fit: { on: 'all', epochs: 1 }, predictTest: true });
      await expect(runTrial(request, io)).rejects.toMatchObject({ code: 'TEST_SEALED' });
      expect(existsSync(join(log.place.predictionsDir, request.key))).toBe(false);
    }
  });

  it.skipIf(!existsSync('/dev/full'))(
    'on a full disk is DISK_FULL, leaves no half of its predictions, and can be repeated',
    async () => {
      for (const split of ['validation', 'test'] as const) {
        const request = requestOn(clicks, { seed: split === 'test' ? 31 : 32, predictTest: true });
        const path = predictionPath(clicks.place.predictionsDir, request.key, split);
        mkdirSync(dirname(path), { recursive: true });
        symlinkSync('/dev/full', `${path}.${process.pid}.part`);
        await expect(runTrial(request, io)).rejects.toMatchObject({ code: 'DISK_FULL', details: { path } });
        expect(existsSync(path)).toBe(false);
        expect((await runTrial(request, io)).kind).toBe('scored');
        expect(existsSync(path)).toBe(true);
      }
    },
  );

  it('writes test predictions only when it is asked', async () => {
    const request = requestOn(clicks, { seed: 2 });
    await runTrial(request, io);
    expect(existsSync(predictionPath(clicks.place.predictionsDir, request.key, 'validation'))).toBe(true);
    expect(existsSync(predictionPath(clicks.place.predictionsDir, request.key, 'test'))).toBe(false);
  });

  it('is scored on the users of its share alone', async () => {
    const values = await Promise.all(
      (['search', 'gate', 'all'] as const).map(async (validationShare) => {
        const outcome = await runTrial(requestOn(clicks, { ...counted, validationShare }), io);
        return outcome.kind === 'scored' ? outcome.validation['auc'] : Number.NaN;
      }),
    );
    expect(new Set(values).size).toBe(3);
    expect(values.every((value) => value > 0 && value < 1)).toBe(true);
  });

  it('comes out the same twice, to the bit of its predictions', async () => {
    const once = await runTrial(requestOn(clicks, counted), io);
    const bytes = readFileSync(
      predictionPath(clicks.place.predictionsDir, requestOn(clicks, counted).key, 'validation'),
    );
    const again = await runTrial(requestOn(clicks, counted), io);
    if (once.kind === 'fault' || again.kind === 'fault') throw new Error('expected scores');
    expect(again.predictionsHash).toBe(once.predictionsHash);
    expect(again.validation).toEqual(once.validation);
    expect(bytes.length).toBe(4 * clicks.prepared.contract.rows.validation);
  });
});
