import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreUserItems } from '../../../src/agents/evaluation/score-user-items.js';
import { readNextItemRows } from '../../../src/data/index.js';
import { FIRST_VALUE_ID, type NextItemCases, type NextItemDataset } from '../../../src/schema/index.js';
import type { LoadedNextItemModel } from '../../../src/training/index.js';
import { clickLines, tinyLog, walkLines, type TinyLog } from '../support/tiny-logs.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let walks: TinyLog;
let dataset: NextItemDataset;

beforeAll(async () => {
  walks = await tinyLog(folder, walkLines(), 'next-item', 'leave-one-out');
  if (walks.dataset.task !== 'next-item') throw new Error('expected next-item');
  dataset = walks.dataset;
});
afterAll(() => removeFolder(folder));

/** A model whose logit of an item tells the item and how long the history was that it was shown. */
function historyModel(logit = (id: number, history: number) => id + history / 100) {
  const seen: NextItemCases[] = [];
  const stub: Pick<LoadedNextItemModel, 'score'> = {
    score: async (log, cases, use) => {
      seen.push(cases);
      const logits = new Float32Array(dataset.itemCount);
      for (let c = 0; c < cases.count; c += 1) {
        const history = cases.historyEnds[c] - log.offsets[cases.users[c]];
        logits.forEach((_, id) => (logits[id] = id < FIRST_VALUE_ID ? -99 : logit(id, history)));
        use(logits, c);
      }
    },
  };
  return { seen, model: stub as LoadedNextItemModel };
}

async function scored(rows: readonly (readonly [user: string, item: string])[], model = historyModel()) {
  const file = join(folder, 'asked.csv');
  writeFileSync(file, ['user_id,item_id', ...rows.map((row) => row.join(','))].join('\n'));
  const heard = listeningIo();
  const { config } = walks.project;
  const result = await scoreUserItems(model.model, config, walks.prepared, file, heard.io);
  const ids = await readNextItemRows({ dir: walks.prepared.dir, file, item: 'item_id', user: 'user_id' });
  return { ...result, ids: ids.items, users: ids.users, warnings: heard.warnings, cases: model.seen[0] };
}

describe('scoreUserItems', () => {
  it('gives every row the logit of its item after all that its user did, in the order of the file', async () => {
    const asked = await scored([
      ['u3', 'i5'],
      ['u1', 'i2'],
      ['u3', 'i9'],
      ['u1', 'i5'],
    ]);
    expect([...asked.rows]).toEqual([0, 1, 2, 3]);
    asked.scores.forEach((score, row) => {
      const user = asked.users[row];
      const history = dataset.offsets[user + 1] - dataset.offsets[user];
      expect(history).toBe(7);
      expect(score).toBeCloseTo(asked.ids[row] + history / 100, 5);
    });
    expect(asked.warnings).toEqual([]);
    expect(asked.cases.count).toBe(2);
  });

  it('shows the model one case per user, sealed events left out', async () => {
    const { cases } = await scored(Array.from({ length: 30 }, (_, i) => [`u${i % 10}`, 'i5'] as const));
    expect(cases.count).toBe(10);
    expect(new Set(cases.users).size).toBe(10);
    expect(cases.targets).toBeUndefined();
    // Eight events each, of which the last is the sealed test event.
    cases.users.forEach((user, c) => expect(cases.historyEnds[c] - dataset.offsets[user]).toBe(7));
  });

  it('scores all strangers after an empty history, beside users that it knows', async () => {
    const asked = await scored([
      ['nobody', 'i5'],
      ['u0', 'i5'],
      ['stranger', 'i5'],
    ]);
    const [id] = asked.ids;
    expect(asked.scores[0]).toBe(id);
    expect(asked.scores[2]).toBe(id);
    expect(asked.scores[1]).toBeCloseTo(id + 0.07, 5);
    expect(asked.cases.count).toBe(2);
    expect(asked.warnings).toEqual([
      { code: 'UNKNOWN_USERS', message: expect.stringContaining('2 of 3 rows') },
    ]);
  });

  it('gives unknown items the lowest score that any item has for the user, never one of padding', async () => {
    const asked = await scored([
      ['u0', 'i5'],
      ['u0', 'unseen'],
    ]);
    expect(asked.scores[1]).toBeCloseTo(FIRST_VALUE_ID + 0.07, 5);
    expect(asked.warnings.map(({ code }) => code)).toEqual(['UNKNOWN_ITEMS']);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses a logit of %s, naming the row', async (bad) => {
    const broken = historyModel((id, history) => (id === 4 ? bad : id + history));
    const names = Array.from({ length: 20 }, (_, i) => ['u2', `i${i}`] as const);
    const { ids } = await scored(names);
    await expect(scored(names, broken)).rejects.toMatchObject({
      code: 'PREDICTIONS_INVALID',
      details: { row: ids.indexOf(4) },
    });
  });

  it('stops between two users when it is told to, and says so', async () => {
    await scored([
      ['u0', 'i5'],
      ['u1', 'i5'],
    ]);
    const controller = new AbortController();
    const { io } = listeningIo(controller.signal);
    const { model } = historyModel((id) => {
      controller.abort();
      return id;
    });
    const file = join(folder, 'asked.csv');
    await expect(scoreUserItems(model, walks.project.config, walks.prepared, file, io)).rejects.toMatchObject(
      { code: 'INTERRUPTED' },
    );
  });

  it('is for next-item data', async () => {
    const clicks = await tinyLog(folder, clickLines(), 'ctr', 'time');
    const { model } = historyModel();
    await expect(
      scoreUserItems(
        model,
        clicks.project.config,
        clicks.prepared,
        join(folder, 'asked.csv'),
        listeningIo().io,
      ),
    ).rejects.toThrow(RangeError);
  });
});
