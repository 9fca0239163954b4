import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { openSealed } from '../../../src/data/index.js';
import { openJournal, readAll } from '../../../src/journal/index.js';
import { auc } from '../../../src/stats/index.js';
import { clickLines, tinyLog, type TinyLog } from '../support/tiny-logs.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let log: TinyLog;
let rows: readonly number[];
let labels: Float32Array;
beforeAll(async () => {
  log = await tinyLog(folder, clickLines(), 'ctr', 'time');
  const sealed = openSealed(log.prepared.dir);
  rows = [...sealed.rowIds];
  labels = sealed.labels ?? new Float32Array();
});
afterAll(() => removeFolder(folder));

type Line = readonly [row: number | string, score: number | string];
function evaluated(lines: readonly Line[], split: 'test' | 'validation' = 'test') {
  const predictions = join(folder, 'predictions.csv');
  writeFileSync(predictions, ['row,score', ...lines.map((line) => line.join(','))].join('\n'));
  return operations.evaluate({ projectDir: log.projectDir, predictions, split }, listeningIo().io);
}
const plain = (): Line[] => rows.map((row, i) => [row, Math.sin(i)]);

async function openings(): Promise<number> {
  const journal = await openJournal({ path: log.project.paths.journal });
  try {
    return (await readAll(journal, { kinds: ['test-opened'] })).length;
  } finally {
    await journal.close();
  }
}

describe('predictions of the test split', () => {
  const [first, second] = [0, 1];
  it.each<[string, (lines: Line[]) => Line[]]>([
    ['without a row', (lines) => lines.slice(1)],
    ['with a row twice', (lines) => [...lines, lines[second]]],
    ['with a row in the place of another', (lines) => [lines[second], ...lines.slice(1)]],
    ['with a row of train', (lines) => [[0, 0.5], ...lines.slice(1)]],
    ['with a row that is no whole number', (lines) => [[`${lines[first][0]}.5`, 0.5], ...lines.slice(1)]],
    ['without a score', (lines) => [[lines[first][0], ''], ...lines.slice(1)]],
    ['with a score that is no number', (lines) => [[lines[first][0], 'nan'], ...lines.slice(1)]],
    ['with an endless score', (lines) => [[lines[first][0], 'inf'], ...lines.slice(1)]],
    ['with a score beyond single precision', (lines) => [[lines[first][0], 1e39], ...lines.slice(1)]],
    ['of no row at all', () => []],
  ])('%s are refused before a label is touched', async (_, change) => {
    const before = await openings();
    await expect(evaluated(change(plain()))).rejects.toMatchObject({ code: 'PREDICTIONS_INVALID' });
    expect(await openings()).toBe(before);
  });

  it('that are whole are scored, and the opening is in the journal', async () => {
    const before = await openings();
    const result = await evaluated(plain().toReversed());
    const scores = Float32Array.from(rows, (__, i) => Math.sin(i));
    expect(result.metrics.test?.['auc'].mean).toBe(auc(scores, labels));
    expect(result.rows).toBe(rows.length);
    expect(await openings()).toBe(before + 1);
    expect(result.testOpenings).toBe(before + 1);
  });

  it('are not those of validation', async () => {
    const before = await openings();
    await expect(evaluated(plain(), 'validation')).rejects.toMatchObject({ code: 'PREDICTIONS_INVALID' });
    expect(await openings()).toBe(before);
  });
});
