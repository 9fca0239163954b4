import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/agents/index.js';
import { encodedProject, openProject } from '../../src/agents/project/open-project.js';
import { openDataset, openSealed, readNextItemRows, readTable, writeTable } from '../../src/data/index.js';
import {
  EvaluateResult,
  FIRST_VALUE_ID,
  UNKNOWN_ID,
  type NextItemDataset,
  type TrainResult,
} from '../../src/schema/index.js';
import { loadArtefact } from '../../src/training/index.js';
import { listeningIo, removeFolder, temporaryFolder } from './tiny-project.js';

const minutes = 180_000;
const users = 40;
const items = 60;
const eventsPerUser = 9;

let folder: string;
let projectDir: string;
let trained: TrainResult;
let dataset: NextItemDataset;
let datasetDir: string;
/** raw item name of every id */
let rawItems: string[];
/** user of every row of the log */
const userOfRow: string[] = [];

const itemName = (i: number): string => `video ${i}, "x"`;

/** Each user walks a circle of items with a step of his own; nobody has an item twice. */
function logText(): string {
  const lines = ['user,item,time'];
  for (let turn = 0; turn < eventsPerUser; turn += 1) {
    for (let user = 0; user < users; user += 1) {
      const item = (user * 5 + turn * (1 + (user % 3))) % items;
      lines.push(`u${user},"${itemName(item).replaceAll('"', '""')}",${1_600_000_000 + turn * 3600 + user}`);
      userOfRow.push(`u${user}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

beforeAll(async () => {
  folder = temporaryFolder();
  projectDir = join(folder, 'project');
  const log = join(folder, 'log.csv');
  writeFileSync(log, logText());
  const { io } = listeningIo();
  await operations.init(
    {
      projectDir,
      files: [log],
      task: 'next-item',
      split: 'leave-one-out',
      positive: undefined,
      label: undefined,
      useDatasetJson: false,
    },
    io,
  );
  trained = await trainOne('gru4rec');
  const prepared = await encodedProject(openProject(projectDir), io);
  const opened = openDataset(prepared.dir);
  if (opened.task !== 'next-item') throw new Error('expected next-item');
  dataset = opened;
  datasetDir = prepared.dir;
  const names = Array.from({ length: items }, (_, i) => itemName(i));
  const catalogue = join(folder, 'catalogue.parquet');
  await writeTable(catalogue, [{ name: 'item', values: names }]);
  const ids = (await readNextItemRows({ dir: datasetDir, file: catalogue, item: 'item' })).items;
  rawItems = Array.from({ length: dataset.itemCount }, (_, id) => names[ids.indexOf(id)]);
}, minutes);

afterAll(() => removeFolder(folder));

const trainOne = (model: string): Promise<TrainResult> =>
  operations.train(
    { projectDir, model, seeds: 1, seed: 2, hyperParameters: {}, tune: 0, test: true },
    listeningIo().io,
  );

/** (row, item, score) of the best items of every case. */
async function written(
  name: string,
  rows: readonly number[],
  names: readonly string[],
  scores: readonly number[],
) {
  const path = join(folder, name);
  await writeTable(path, [
    { name: 'row', values: Float64Array.from(rows) },
    { name: 'item', values: names },
    { name: 'score', values: Float64Array.from(scores) },
  ]);
  return path;
}

const evaluate = (predictions: string, split: 'validation' | 'test', heard = listeningIo()) =>
  operations.evaluate({ projectDir, predictions, split }, heard.io);

describe('a next-item project', () => {
  it('knows which row of the log each validation case is, and keeps those of test sealed', () => {
    const { rowIds, users: caseUsers, targets } = dataset.validation;
    expect(rowIds?.length).toBe(users);
    rowIds?.forEach((row, c) => {
      const user = Number(userOfRow[row].slice(1));
      expect(caseUsers[c]).toBe(user);
      const turn = eventsPerUser - 2;
      const item = (user * 5 + turn * (1 + (user % 3))) % items;
      const id = targets?.[c] ?? 0;
      if (id !== UNKNOWN_ID) expect(rawItems[id]).toBe(itemName(item));
    });
    expect(dataset.test.rowIds).toBeUndefined();
  });

  it.each(['gru4rec', 'neighbourhood', 'skip-markov', 'popularity'])(
    '%s predicts with the known history: lists made of its scores repeat the test metrics of training',
    async (model) => {
      const own = model === trained.model ? trained : await trainOne(model);
      const pairs = Array.from({ length: users * items }, (_, i) => [Math.floor(i / items), i % items]);
      const input = join(folder, 'pairs.parquet');
      await writeTable(input, [
        { name: 'item', values: pairs.map(([, item]) => itemName(item)) },
        { name: 'user', values: pairs.map(([user]) => `u${user}`) },
      ]);
      const out = join(folder, `scores-${model}.parquet`);
      const artefact = own.artefact ?? 'none';
      const result = await operations.predict({ projectDir, input, out, artefact }, listeningIo().io);
      expect(result).toMatchObject({ artefact, model, rows: users * items });
      const scores = [...((await readTable(out, ['score'])).get('score') ?? [])];
      const { rowIds } = openSealed(datasetDir);
      const rowOf = new Map([...rowIds].map((row) => [userOfRow[row], row]));
      const path = await written(
        `test-${model}.csv`,
        pairs.map(([user]) => rowOf.get(`u${user}`) ?? -1),
        pairs.map(([, item]) => itemName(item)),
        scores,
      );
      const told = listeningIo();
      const evaluated = await evaluate(path, 'test', told);
      expect(EvaluateResult.safeParse(evaluated).error).toBeUndefined();
      expect(evaluated.rows).toBe(users);
      expect(told.warnings.map(({ code }) => code)).toContain('HISTORY_MASKED');
      expect(told.warnings.map(({ code }) => code)).not.toContain('LISTS_SHORT');
      const means = (table: TrainResult['metrics']) =>
        Object.fromEntries(Object.entries(table.test ?? {}).map(([name, { mean }]) => [name, mean]));
      const expected = means(own.metrics);
      expect(Object.keys(means(evaluated.metrics))).toEqual(Object.keys(expected));
      for (const [name, mean] of Object.entries(means(evaluated.metrics)))
        expect(mean).toBeCloseTo(expected[name], 6);
      expect(evaluated.testOpenings).toBe(own.testOpenings + 1);
      expect((await evaluate(path, 'test')).testOpenings).toBe(evaluated.testOpenings);
    },
    minutes,
  );

  it(
    'scores strangers without a history and unknown items lowest, and says so',
    async () => {
      const input = join(folder, 'strangers.csv');
      const quoted = (i: number): string => `"${itemName(i).replaceAll('"', '""')}"`;
      writeFileSync(
        input,
        `item,user\n${quoted(1)},nobody\nnothing,u1\n${quoted(1)},u1\n${quoted(2)},someone\nnothing,nobody\n`,
      );
      const out = join(folder, 'strangers-scores.csv');
      const heard = listeningIo();
      const artefact = trained.artefact ?? 'none';
      await operations.predict({ projectDir, input, out, artefact }, heard.io);
      expect(heard.warnings.map(({ code, message }) => [code, message.split(' ')[0]])).toEqual(
        expect.arrayContaining([
          ['UNKNOWN_USERS', '3'],
          ['UNKNOWN_ITEMS', '2'],
        ]),
      );
      const [first, unknown, known, , strangest] = (await readTable(out, ['score'])).get('score') ?? [];
      expect(unknown).toBeLessThanOrEqual(known);
      expect(strangest).toBeLessThanOrEqual(first);
    },
    minutes,
  );

  it(
    'scores lists of validation cases; short lists lose the metrics that they do not determine',
    async () => {
      const model = await loadArtefact(trained.artefactPath ?? '');
      if (model.task !== 'next-item') throw new Error('expected next-item');
      const k = 24;
      const lists = await model.rankCases(dataset, dataset.validation, k);
      await model.close();
      const rowIds = dataset.validation.rowIds ?? new Float64Array();
      const write = (name: string, length: number) => {
        const kept = Array.from(
          { length: users * length },
          (_, i) => Math.floor(i / length) * k + (i % length),
        );
        return written(
          name,
          kept.map((i) => rowIds[Math.floor(i / k)]),
          kept.map((i) => rawItems[lists.items[i]]),
          kept.map((i) => lists.scores[i]),
        );
      };
      const heard = listeningIo();
      const result = await evaluate(await write('validation.parquet', k), 'validation', heard);
      expect(heard.warnings.map(({ code }) => code)).toContain('LISTS_SHORT');
      const own = trained.metrics.validation ?? {};
      const found = result.metrics.validation ?? {};
      expect(Object.keys(found)).toEqual(['hr@5', 'hr@10', 'ndcg@5', 'ndcg@10', 'mrr@10']);
      for (const [name, { mean }] of Object.entries(found)) expect(mean).toBeCloseTo(own[name].mean, 6);
      await expect(evaluate(await write('short.parquet', 4), 'validation')).rejects.toMatchObject({
        code: 'PREDICTIONS_INVALID',
      });
    },
    minutes,
  );

  it.each(['validation', 'test'] as const)(
    'refuses lists that miss a case of %s, and ids of another form',
    async (split) => {
      const row = dataset.validation.rowIds?.[0] ?? 0;
      const names = rawItems.slice(FIRST_VALUE_ID);
      const rows = names.map(() => row);
      const one = await written(
        `${split}-one.csv`,
        rows,
        names,
        names.map((_, i) => -i),
      );
      await expect(evaluate(one, split)).rejects.toMatchObject({ code: 'PREDICTIONS_INVALID' });
      const other = await written(`${split}-other.csv`, [row], ['17'], [1]);
      await expect(evaluate(other, split)).rejects.toMatchObject({ code: 'PREDICTIONS_INVALID' });
    },
    minutes,
  );
});
