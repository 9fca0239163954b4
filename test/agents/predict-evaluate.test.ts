import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/agents/index.js';
import {
  encodedProject,
  openProject,
  saveProjectConfig,
  trialPlace,
} from '../../src/agents/project/open-project.js';
import { predictionPath, readValues } from '../../src/agents/trial/prediction-files.js';
import { trialRequest } from '../../src/agents/trial/trial-request.js';
import { openDataset, readTable, writeTable } from '../../src/data/index.js';
import { EvaluateResult, PredictResult, type CtrDataset, type TrainResult } from '../../src/schema/index.js';
import { copyOf, listeningIo, removeFolder, temporaryFolder, tinyProject } from './tiny-project.js';

const minutes = 180_000;

let folder: string;
let projectDir: string;
let trained: TrainResult;
let dataset: CtrDataset;
/** raw test predictions of the trial whose artefact was kept */
let testLogits: Float32Array;
let testRows: Float64Array;

beforeAll(async () => {
  folder = temporaryFolder();
  projectDir = await tinyProject(folder);
  trained = await operations.train(
    { projectDir, model: 'din', seeds: 1, seed: 4, hyperParameters: {}, tune: 0, test: true },
    listeningIo().io,
  );
  const project = openProject(projectDir);
  const prepared = await encodedProject(project, listeningIo().io);
  const opened = openDataset(prepared.dir);
  if (opened.task === 'next-item') throw new Error('expected ctr');
  dataset = opened;
  const place = trialPlace(project, prepared, 1);
  const { key } = trialRequest(place, {
    model: 'din',
    assignment: trained.hyperParameters,
    seed: 4,
    validationShare: 'all',
    predictTest: true,
  });
  testLogits = readValues(predictionPath(place.predictionsDir, key, 'test'), dataset.test.rows);
  testRows = rowIds('test');
}, minutes);

afterAll(() => removeFolder(folder));

function rowIds(split: 'validation' | 'test'): Float64Array {
  const source = dataset[split];
  const ids: number[] = [];
  for (let i = 0; i < source.blockCount; i += 1) ids.push(...source.block(i).rowIds);
  return Float64Array.from(ids);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function evaluate(predictions: string, split: 'validation' | 'test', heard = listeningIo()) {
  return operations.evaluate({ projectDir, predictions, split }, heard.io);
}

async function written(name: string, rows: Float64Array, scores: Float64Array): Promise<string> {
  const path = join(folder, name);
  await writeTable(path, [
    { name: 'row', values: rows },
    { name: 'score', values: scores },
  ]);
  return path;
}

describe('predict', () => {
  it(
    'warns when there is nothing to score',
    async () => {
      const names = Object.keys(openProject(projectDir).config.columns)
        .filter((key) => key.startsWith('events.'))
        .map((key) => key.slice('events.'.length));
      const input = join(folder, 'nothing.csv');
      writeFileSync(input, `${names.join(',')}\n`);
      const heard = listeningIo();
      const out = join(folder, 'no-scores.csv');
      const result = await operations.predict({ projectDir, input, out, artefact: undefined }, heard.io);
      expect(result.rows).toBe(0);
      expect(heard.warnings.map(({ code }) => code)).toContain('NO_ROWS');
    },
    minutes,
  );

  it(
    'gives the scores that the trial gave the same rows, from the whole log',
    async () => {
      const out = join(folder, 'scores.parquet');
      const input = join(folder, 'log', 'events.parquet');
      const result = await operations.predict(
        { projectDir, input, out, artefact: undefined },
        listeningIo().io,
      );
      expect(PredictResult.safeParse(result).error).toBeUndefined();
      expect(result).toMatchObject({ model: 'din', artefact: trained.artefact, out });
      const table = await readTable(out, ['row', 'score']);
      const scores = table.get('score') ?? new Float64Array();
      expect(table.get('row')?.every((row, i) => row === i)).toBe(true);
      let largest = 0;
      testRows.forEach((row, i) => {
        largest = Math.max(largest, Math.abs(scores[row] - sigmoid(testLogits[i])));
      });
      expect(largest).toBeLessThan(1e-5);
    },
    minutes,
  );

  it(
    'writes what evaluate reads: the rows of the split are scored, the others left out and counted',
    async () => {
      const composed = copyOf(projectDir, 'composed');
      const out = join(folder, 'all-scores.parquet');
      const input = join(folder, 'log', 'events.parquet');
      const predicted = { projectDir: composed, input, out, artefact: undefined };
      await operations.predict(predicted, listeningIo().io);
      const heard = listeningIo();
      const evaluated = { projectDir: composed, predictions: out, split: 'test' as const };
      const { rows, metrics } = await operations.evaluate(evaluated, heard.io);
      expect(rows).toBe(testRows.length);
      expect(metrics.test?.['auc'].mean).toBeCloseTo(trained.metrics.test?.['auc'].mean ?? 0, 4);
      expect(heard.warnings.map(({ code }) => code)).toContain('ROWS_IGNORED');
    },
    minutes,
  );

  it(
    'gives them in the order of another file, without label and signals',
    async () => {
      const outcomes = ['label', 'signal', 'leak'];
      const names = Object.entries(openProject(projectDir).config.columns)
        .filter(([key, { role }]) => key.startsWith('events.') && !outcomes.includes(role))
        .map(([key]) => key.slice('events.'.length));
      expect(names).not.toContain('click');
      expect(names).not.toContain('engagement_score');
      const events = await readTable(join(folder, 'log', 'events.parquet'), names);
      const chosen = testRows.toReversed().slice(0, 300);
      const input = join(folder, 'later.csv');
      const lines = [...chosen].map((row) => names.map((name) => events.get(name)?.[row]).join(','));
      writeFileSync(input, `${[names.join(','), ...lines].join('\n')}\n`);
      const out = join(folder, 'later-scores.csv');
      await operations.predict(
        { projectDir, input, out, artefact: trained.artefact?.slice(0, 8) },
        listeningIo().io,
      );
      const scores = (await readTable(out, ['score'])).get('score') ?? [];
      const wanted = testLogits.toReversed().slice(0, 300).map(sigmoid);
      wanted.forEach((score, i) => expect(Math.abs(scores[i] - score)).toBeLessThan(1e-5));
    },
    minutes,
  );

  it(
    'refuses an artefact of other inputs under the same contract',
    async () => {
      const changed = copyOf(projectDir, 'other-inputs');
      const { config, paths } = openProject(changed);
      const [key] = Object.entries(config.columns).find(([, { role }]) => role === 'item_feature') ?? [''];
      const columns = { ...config.columns, [key]: { ...config.columns[key], role: 'meta' as const } };
      saveProjectConfig(paths, { ...config, columns });
      const input = join(folder, 'log', 'events.parquet');
      await expect(
        operations.predict(
          { projectDir: changed, input, out: join(folder, 'y.csv'), artefact: undefined },
          listeningIo().io,
        ),
      ).rejects.toMatchObject({ code: 'CONTRACT_MISMATCH' });
    },
    minutes,
  );

  it('names an artefact that is not there', async () => {
    const input = join(folder, 'log', 'events.parquet');
    await expect(
      operations.predict({ projectDir, input, out: join(folder, 'x.csv'), artefact: 'zz' }, listeningIo().io),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('evaluate', () => {
  it(
    'repeats the test metrics of training, whatever the order of the rows',
    async () => {
      const order = testRows.map((_, i) => (i * 7919) % testRows.length);
      expect(new Set(order).size).toBe(testRows.length);
      const rows = order.map((i) => testRows[i]);
      const shuffled = await written(
        'test.parquet',
        rows,
        Float64Array.from(order, (i) => testLogits[i]),
      );
      const heard = listeningIo();
      const result = await evaluate(shuffled, 'test', heard);
      expect(EvaluateResult.safeParse(result).error).toBeUndefined();
      expect(heard.warnings.some(({ message }) => message.includes('logits'))).toBe(true);
      for (const [metric, { mean }] of Object.entries(trained.metrics.test ?? {}))
        expect(result.metrics.test?.[metric]?.mean).toBeCloseTo(mean, 10);
      expect(result.testOpenings).toBe(trained.testOpenings + 1);
      const again = await evaluate(shuffled, 'test');
      expect(again.testOpenings).toBe(result.testOpenings);

      const probabilities = await written(
        'probabilities.csv',
        testRows,
        Float64Array.from(testLogits, sigmoid),
      );
      const asProbabilities = listeningIo();
      const same = await evaluate(probabilities, 'test', asProbabilities);
      expect(asProbabilities.warnings.some(({ message }) => message.includes('probabilities'))).toBe(true);
      expect(same.metrics.test?.['logloss'].mean).toBeCloseTo(result.metrics.test?.['logloss'].mean ?? 0, 5);
      expect(same.metrics.test?.['auc'].mean).toBeCloseTo(result.metrics.test?.['auc'].mean ?? 0, 5);
    },
    minutes,
  );

  it('scores validation rows without opening the test split', async () => {
    const ids = rowIds('validation');
    const noise = ids.map((row) => ((row * 2654435761) % 1000) / 1000);
    const before = (await evaluate(await written('v.parquet', ids, noise), 'validation')).testOpenings;
    const result = await evaluate(
      await written(
        'v2.csv',
        ids,
        noise.map((x) => 1 - x),
      ),
      'validation',
    );
    expect(result.testOpenings).toBe(before);
    expect(result.rows).toBe(ids.length);
    expect(result.metrics.validation?.['auc'].mean).toBeGreaterThan(0.4);
    expect(result.metrics.validation?.['auc'].mean).toBeLessThan(0.6);
  });

  it.each([
    ['missing', (rows: number[]) => rows.slice(1), undefined],
    ['repeated', (rows: number[]) => [...rows.slice(1), rows[1]], undefined],
    ['of another split', (rows: number[]) => [...rows.slice(1), 0], undefined],
    ['without a finite score', (rows: number[]) => rows, Number.NaN],
  ])('refuses a row that is %s', async (name, change, bad) => {
    const rows = Float64Array.from(change([...rowIds('validation')]));
    const scores = rows.map((_, i) => (i === 3 && bad !== undefined ? bad : 0.5));
    const path = await written(`${name.replaceAll(' ', '-')}.parquet`, rows, scores);
    await expect(evaluate(path, 'validation')).rejects.toMatchObject({ code: 'PREDICTIONS_INVALID' });
  });

  it('names a missing column', async () => {
    const path = join(folder, 'wrong.csv');
    writeFileSync(path, 'row,value\n0,1\n');
    await expect(evaluate(path, 'validation')).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' });
  });
});
