import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreTest } from '../../../src/agents/evaluation/open-test.js';
import {
  alignedPath,
  scoreSealed,
  sealedTables,
  SealedRequest,
} from '../../../src/agents/evaluation/sealed-scores.js';
import { predictionPath, writeLists, writeValues } from '../../../src/agents/trial/prediction-files.js';
import { openSealed, type SealedLabels } from '../../../src/data/index.js';
import { auc, clusterVariance } from '../../../src/stats/index.js';
import { clickLines, tinyLog, walkLines, type TinyLog } from '../support/tiny-logs.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let clicks: TinyLog;
let walks: TinyLog;
let labels: SealedLabels;
let targets: SealedLabels;

beforeAll(async () => {
  clicks = await tinyLog(folder, clickLines(), 'ctr', 'time');
  walks = await tinyLog(folder, walkLines(), 'next-item', 'leave-one-out');
  labels = openSealed(clicks.prepared.dir);
  targets = openSealed(walks.prepared.dir);
});
afterAll(() => removeFolder(folder));

const ask = ({ place }: TinyLog, over: Partial<SealedRequest>) =>
  scoreSealed(
    SealedRequest.parse({
      datasetDir: place.datasetDir,
      predictionsDir: place.predictionsDir,
      keys: [],
      ...over,
    }),
  );
const values = (log: TinyLog, key: string, scores: Float32Array) => {
  writeValues(predictionPath(log.place.predictionsDir, key, 'test'), scores);
  return key;
};
const sealedLabels = () => labels.labels ?? new Float32Array();
const guess = () => Float32Array.from(sealedLabels(), (label, row) => label + Math.sin(row * 1.7));

const noRepeats = (cases: number) => ({
  ends: new Int32Array(cases),
  items: new Int32Array(),
  scores: new Float32Array(),
});

/** The first `k` items of a fixed order, the target of case c at place `places[c]` (0: unlisted). */
function lists(log: TinyLog, key: string, places: readonly number[], k: number) {
  const cases = targets.targets ?? new Int32Array();
  const items = new Int32Array(cases.length * k);
  cases.forEach((target, c) => {
    const others = Array.from({ length: 20 }, (_, i) => i + 2).filter((item) => item !== target);
    const listed = others.slice(0, k);
    if (places[c] > 0) listed.splice(places[c] - 1, 0, target);
    items.set(listed.slice(0, k), c * k);
  });
  const scores = Float32Array.from(items, (_, i) => k - (i % k));
  writeLists(predictionPath(log.place.predictionsDir, key, 'test'), {
    k,
    items,
    scores,
    tiesAtCut: new Int32Array(cases.length),
    repeats: noRepeats(cases.length),
  });
  return key;
}

describe('scoreSealed', () => {
  it('scores each key against the sealed labels, in the order asked', () => {
    const good = values(clicks, 'good', guess());
    const flipped = values(
      clicks,
      'flipped',
      guess().map((x) => -x),
    );
    const { rows, tables } = sealedTables(ask(clicks, { keys: [good, flipped, good] }));
    expect(rows).toBe(labels.rows);
    const byHand = auc(guess(), sealedLabels());
    expect(byHand).toBeGreaterThan(0.6);
    expect(tables.map((table) => table['auc'].value)).toEqual([
      byHand,
      expect.closeTo(1 - byHand, 12),
      byHand,
    ]);
    expect(clusterVariance(tables[0]['auc'].perCluster, tables[0]['auc'].clusters)).toBeGreaterThan(0);
    expect(tables[0]['auc'].clusters).toBe(new Set(labels.users).size);
  });

  it('gives influences per user and never one per row: the answer is smaller than the labels', () => {
    const answer = ask(clicks, { keys: [values(clicks, 'good', guess())] });
    for (const { at, psi } of Object.values(answer.tables[0])) {
      expect(psi.length).toBe(at.length);
      expect(at.length).toBeLessThanOrEqual(new Set(labels.users).size);
      expect(psi.every((influence) => influence !== 0)).toBe(true);
    }
    expect(labels.rows).toBeGreaterThan(new Set(labels.users).size);
  });

  it.each([
    ['NaN', Number.NaN],
    ['an infinity', Number.NEGATIVE_INFINITY],
  ])('refuses a prediction that is %s', (name, bad) => {
    const broken = guess();
    broken[3] = bad;
    const key = values(clicks, name, broken);
    expect(() => ask(clicks, { keys: [key] })).toThrowError(
      expect.objectContaining({ code: 'PREDICTIONS_INVALID' }),
    );
  });

  it('refuses predictions of too few or too many rows, and those that are missing', () => {
    for (const rows of [labels.rows - 1, labels.rows + 1]) {
      const key = values(clicks, `rows-${rows}`, new Float32Array(rows));
      expect(() => ask(clicks, { keys: [key] })).toThrowError(
        expect.objectContaining({ code: 'PREDICTIONS_INVALID' }),
      );
    }
    expect(() => ask(clicks, { keys: ['nowhere'] })).toThrowError(
      expect.objectContaining({ code: 'FILE_NOT_FOUND', retryable: true }),
    );
  });

  it('reads aligned scores of another system as what they are', () => {
    const path = alignedPath(clicks.place.predictionsDir, 'theirs');
    mkdirSync(dirname(path), { recursive: true });
    writeValues(
      path,
      guess().map((x) => 1 / (1 + Math.exp(-x))),
    );
    const score = (scoreKind: 'logit' | 'probability') =>
      sealedTables(ask(clicks, { alignedFile: path, scoreKind })).tables[0];
    const logits = sealedTables(ask(clicks, { keys: [values(clicks, 'good', guess())] })).tables[0];
    expect(score('probability')['logloss'].value).toBeCloseTo(logits['logloss'].value, 6);
    expect(score('logit')['logloss'].value).not.toBeCloseTo(logits['logloss'].value, 2);
  });

  it('takes ranks from lists: hand-made places give hand-made metrics', () => {
    // Ten cases: five first, two at place 3, three unlisted.
    const key = lists(walks, 'lists', [1, 1, 1, 1, 1, 3, 3, 0, 0, 0], 12);
    const [table] = sealedTables(ask(walks, { keys: [key] })).tables;
    expect(table['hr@5'].value).toBeCloseTo(0.7, 12);
    expect(table['ndcg@5'].value).toBeCloseTo((5 + 2 / Math.log2(4)) / 10, 6);
    expect(table['mrr@10'].value).toBeCloseTo((5 + 2 / 3) / 10, 6);
  });

  it('refuses lists that are repeated, not finite, or of another number of cases', () => {
    const path = (name: string) => predictionPath(walks.place.predictionsDir, name, 'test');
    const cases = targets.rows;
    const broken = (change: { items?: number; scores?: number; cases?: number }) => {
      const n = change.cases ?? cases;
      const items = Int32Array.from({ length: n * 3 }, (_, i) => 2 + (i % 3));
      const scores = Float32Array.from({ length: n * 3 }, (_, i) => 3 - (i % 3));
      if (change.items !== undefined) items[1] = change.items;
      if (change.scores !== undefined) scores[1] = change.scores;
      writeLists(path('broken'), {
        k: 3,
        items,
        scores,
        tiesAtCut: new Int32Array(n),
        repeats: noRepeats(n),
      });
      return () => ask(walks, { keys: ['broken'] });
    };
    expect(broken({})).not.toThrow();
    for (const change of [{ items: 2 }, { scores: Number.NaN }, { scores: 99 }, { cases: cases - 1 }])
      expect(broken(change)).toThrowError(expect.objectContaining({ code: 'PREDICTIONS_INVALID' }));
  });

  it('refuses lists of items for a task of rows', () => {
    const entriesFile = join(folder, 'entries.bin');
    writeFileSync(entriesFile, new Uint8Array(8));
    expect(() => ask(clicks, { entriesFile })).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('the scorer process', () => {
  const signal = new AbortController().signal;

  it('answers in the groups that were asked, an empty one among them', async () => {
    const good = values(clicks, 'good', guess());
    const zero = values(clicks, 'zero', new Float32Array(labels.rows));
    const groups = await scoreTest(clicks.place, [[zero], [], [good, zero]], signal);
    const byHand = auc(guess(), sealedLabels());
    expect(groups.map((boards) => boards.map((board) => board['auc'].value))).toEqual([
      [0.5],
      [],
      [byHand, 0.5],
    ]);
  });

  it('passes the fault on with its code', async () => {
    await expect(scoreTest(clicks.place, [['nowhere']], signal)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    const away = join(folder, 'sealed-away');
    renameSync(join(clicks.prepared.dir, 'sealed'), away);
    try {
      await expect(
        scoreTest(clicks.place, [[values(clicks, 'good', guess())]], signal),
      ).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    } finally {
      renameSync(away, join(clicks.prepared.dir, 'sealed'));
    }
  });

  it('is not started for who has already stopped', async () => {
    await expect(scoreTest(clicks.place, [], AbortSignal.abort())).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
