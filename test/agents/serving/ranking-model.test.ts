import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRankingModel, type RankingModel } from '../../../src/agents/serving/ranking-model.js';
import { clickData, savedClickModel, savedNextItemModel } from '../../training/support/tiny-artefacts.js';

const folder = mkdtempSync(join(tmpdir(), 'ranking-model-'));
const block = clickData.validation.block(0);
let cut: RankingModel;
let whole: RankingModel;

beforeAll(async () => {
  await (await savedClickModel(folder)).close();
  cut = await loadRankingModel(join(folder, 'click'), { threads: 1 });
  whole = await loadRankingModel(join(folder, 'click'), { threads: 1, whole: true });
});

afterAll(async () => {
  await cut.close();
  await whole.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('loadRankingModel', () => {
  it('scores alike whether the graph is cut at the request or every candidate is a whole row', async () => {
    expect(whole.requestFields).toEqual(cut.requestFields);
    expect(whole.candidateFields).toEqual(cut.candidateFields);
    const rows = Int32Array.of(5, 0, 5, 77, 140, 3);
    const pages: Float32Array[] = [];
    // The request is the first row of the block; the others are candidates alone.
    for (const model of [cut, whole]) pages.push(await model.score(block, block, rows));
    pages[1].forEach((score, i) => expect(score).toBeCloseTo(pages[0][i], 5));
    expect(pages[0][0]).toBeCloseTo(pages[0][2], 6);
    expect(new Set(pages[0].map((score) => Math.round(score * 1e5))).size).toBe(5);
    for (const model of [cut, whole]) {
      expect((await model.score(block, block, new Int32Array(0))).length).toBe(0);
      expect(model.computeMs()).toBeGreaterThan(0);
    }
  });

  it('gives the table of a vocabulary, and none of one that it does not have', () => {
    const field = cut.candidateFields.find(({ kind }) => kind === 'categorical');
    const vocabulary = field?.kind === 'categorical' ? field.vocabulary : '';
    const table = cut.embedding(vocabulary);
    expect(table?.dim).toBe(8);
    expect(table?.weights.length).toBe(8 * (clickData.vocabularySizes.get(vocabulary) ?? 0));
    expect(whole.embedding(vocabulary)).toEqual(table);
    expect(cut.embedding('no such vocabulary')).toBeUndefined();
  });

  it('refuses a model that ranks by history alone, saying what to serve instead', async () => {
    await (await savedNextItemModel(folder)).close();
    await expect(loadRankingModel(join(folder, 'next'), { threads: 1 })).rejects.toMatchObject({
      code: 'USAGE',
      remedy: expect.stringMatching(/ctr or rating/) as string,
    });
    await expect(loadRankingModel(join(folder, 'nothing'), { threads: 1 })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});
