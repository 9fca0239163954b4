import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '../../../src/schema/index.js';
import { loadArtefact, type LoadedCtrModel } from '../../../src/training/index.js';
import { DamagedArtefact } from '../support/artefact-damage.js';
import { clickData, savedClickModel, savedNextItemModel } from '../support/tiny-artefacts.js';

const folder = mkdtempSync(join(tmpdir(), 'precision-'));

beforeAll(async () => {
  // Wide enough that its first layer is worth rewriting.
  const fitted = [await savedClickModel(folder, 32, 64), await savedNextItemModel(folder)];
  for (const model of fitted) await model.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

async function predictions(precision: Precision): Promise<Float32Array> {
  const loaded = (await loadArtefact(join(folder, 'click'), { threads: 1, precision })) as LoadedCtrModel;
  try {
    return await loaded.predict(clickData.validation);
  } finally {
    await loaded.close();
  }
}

describe('an artefact in int8', () => {
  it('scores close to float32, and not the same', async () => {
    const exact = await predictions('float32');
    const rounded = await predictions('int8');
    const mean = (values: Float32Array): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const centre = mean(exact);
    const error = mean(exact.map((score, i) => (score - rounded[i]) ** 2));
    expect(error).toBeGreaterThan(0);
    // Narrow embeddings beside numbers of another size share one step, so it is not as close as on a tower's later layers.
    expect(error / mean(exact.map((score) => (score - centre) ** 2))).toBeLessThan(0.03);
  });

  it('is refused when its golden scores are not those of the model', async () => {
    const copy = new DamagedArtefact(join(folder, 'click'), join(folder, 'wrong'));
    copy.forgeArray('golden/expected.npy', (data, shape) => [
      Float32Array.from(data as Float32Array).fill(7, -1),
      [...shape],
    ]);
    await expect(loadArtefact(copy.dir, { threads: 1, precision: 'int8' })).rejects.toMatchObject({
      code: 'ARTEFACT_CORRUPT',
      message: expect.stringMatching(/golden score \d+ is .*, expected 7/),
    });
  });

  it('is not offered for next items', async () => {
    await expect(loadArtefact(join(folder, 'next'), { threads: 1, precision: 'int8' })).rejects.toMatchObject(
      { code: 'USAGE', remedy: expect.stringContaining('precision') },
    );
  });
});
