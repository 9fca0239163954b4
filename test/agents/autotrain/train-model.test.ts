import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { openJournal, readAll, type JournalEvent } from '../../../src/journal/index.js';
import {
  projectPaths,
  TrainResult,
  type TrainOptions,
  type TrialOutcome,
} from '../../../src/schema/index.js';
import { clickLines, tinyLog, type TinyLog } from '../support/tiny-logs.js';
import { copyOf, listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let log: TinyLog;
beforeAll(async () => {
  log = await tinyLog(folder, clickLines(), 'ctr', 'time');
});
afterAll(() => removeFolder(folder));

const plain = { model: 'lr', seeds: 1, seed: 5, hyperParameters: {}, tune: 0, test: false };
const train = (projectDir: string, over: Partial<TrainOptions> = {}, heard = listeningIo()) =>
  operations.train({ projectDir, ...plain, ...over }, heard.io);

async function journalOf(projectDir: string): Promise<JournalEvent[]> {
  const journal = await openJournal({ path: projectPaths(projectDir).journal, mode: 'read' });
  try {
    return await readAll(journal);
  } finally {
    await journal.close();
  }
}
const kinds = async (projectDir: string) => (await journalOf(projectDir)).map(({ kind }) => kind);
interface Result {
  readonly key: string;
  readonly model: string;
  readonly seed: number;
  readonly outcome: Extract<TrialOutcome, { kind: 'scored' }>;
}
const resultsOf = async (projectDir: string) =>
  (await journalOf(projectDir)).flatMap(({ kind, payload }) =>
    kind === 'trial-result' ? [payload as Result] : [],
  );

describe('training a model', () => {
  it('runs the seeds, scores them beside the floors and opens the test split once', async () => {
    const projectDir = copyOf(log.projectDir, 'seeds');
    const result = await train(projectDir, { seeds: 2, test: true });
    expect(TrainResult.safeParse(result).error).toBeUndefined();
    expect(result.seeds).toEqual([5, 6]);
    expect(result.metrics.validation?.['auc'].n).toBe(2);
    expect(result.metrics.test?.['auc'].n).toBe(2);
    expect(result.floors.map(({ model, metrics }) => [model, metrics.test?.['auc'].n])).toEqual([
      ['popularity', 1],
      ['rates', 1],
    ]);
    for (const [i, { against, metric, split, difference, ci }] of result.comparisons.entries()) {
      expect([against, metric, split]).toEqual([result.floors[i].model, 'auc', 'test']);
      const floor = result.floors[i].metrics.test?.['auc'].mean ?? Number.NaN;
      expect(difference).toBeCloseTo((result.metrics.test?.['auc'].mean ?? 0) - floor, 12);
      expect(ci[0]).toBeLessThan(difference);
      expect(ci[1]).toBeGreaterThan(difference);
    }
    expect(existsSync(result.artefactPath ?? '')).toBe(true);
    expect(result.testOpenings).toBe(1);

    const told = await journalOf(projectDir);
    const opened = told.filter(({ kind }) => kind === 'test-opened');
    const trained = (await resultsOf(projectDir)).map(({ key }) => key);
    expect(opened.map(({ payload }) => payload)).toEqual([
      { runId: 'train', decision: { contractHash: log.place.contractHash, keys: trained } },
    ]);
    expect(told.at(-1)?.kind).toBe('test-opened');

    // Once more: nothing is trained, nothing new is seen of the test split, everything is the same.
    const again = await train(projectDir, { seeds: 2, test: true });
    expect(again).toEqual(result);
    expect(await kinds(projectDir)).toEqual(told.map(({ kind }) => kind));

    const own = (await resultsOf(projectDir))
      .filter(({ model }) => model === 'lr')
      .map(({ outcome }) => outcome.cost);
    expect(result.cost).toEqual({
      trainings: 2,
      seconds: own[0].seconds + own[1].seconds,
      samples: own[0].samples + own[1].samples,
    });
  });

  it('refuses what the model does not take, before anything is trained', async () => {
    const projectDir = copyOf(log.projectDir, 'refused');
    const { state } = projectPaths(projectDir);
    rmSync(state, { recursive: true });
    await expect(train(projectDir, { hyperParameters: { depth: 3 } })).rejects.toMatchObject({
      code: 'UNKNOWN_HYPERPARAMETER',
    });
    await expect(train(projectDir, { model: 'nothing' })).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
    // Not even the log was encoded.
    expect(existsSync(state)).toBe(false);
  });

  it('ends with the fault of a seed, naming model and seed', async () => {
    const projectDir = copyOf(log.projectDir, 'fault');
    // Where predictions belong lies a file.
    const predictions = join(projectPaths(projectDir).cache, 'predictions');
    rmSync(predictions, { recursive: true, force: true });
    mkdirSync(projectPaths(projectDir).cache, { recursive: true });
    writeFileSync(predictions, '');
    await expect(train(projectDir, { test: true })).rejects.toMatchObject({
      code: 'PATH_NOT_WRITABLE',
      message: expect.stringContaining('lr, seed 5'),
      details: { model: 'lr', seed: 5 },
    });
    expect(await kinds(projectDir)).not.toContain('test-opened');
  });

  it('refuses switches that leave nothing to read, or are of no field, before anything is trained', async () => {
    const projectDir = copyOf(log.projectDir, 'switches');
    const fields = log.dataset.task === 'next-item' ? [] : log.dataset.fields;
    const off = Object.fromEntries(fields.map(({ name }) => [`use.${name}`, false]));
    await expect(train(projectDir, { model: 'rates', hyperParameters: off })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      remedy: 'Leave at least one use.<field> at true.',
    });
    await expect(train(projectDir, { hyperParameters: { 'use.plcae': false } })).rejects.toMatchObject({
      code: 'UNKNOWN_HYPERPARAMETER',
      remedy: expect.stringContaining('Did you mean use.place?'),
    });
    expect(await kinds(projectDir)).not.toContain('trial-result');
  });
});

describe('tuning', () => {
  let projectDir: string;
  let tuned: TrainResult;
  const heard = listeningIo();
  const said = { damping: 0.31 };
  beforeAll(async () => {
    projectDir = copyOf(log.projectDir, 'tuned');
    tuned = await train(projectDir, { model: 'rates', tune: 3, hyperParameters: said }, heard);
  });
  const valuesOf = async (model: string) =>
    (await resultsOf(projectDir)).flatMap((result) =>
      result.model === model ? [result.outcome.validation['auc']] : [],
    );

  it('keeps the best on validation, with what the person said', async () => {
    expect(tuned.tuned?.trials).toBe(4);
    expect(tuned.hyperParameters).toEqual(tuned.tuned?.chosen);
    expect(tuned.hyperParameters).toMatchObject(said);
    // A floor of click tasks: nothing of it is kept to predict with.
    expect([tuned.artefact, tuned.artefactPath]).toEqual([null, null]);
    expect(existsSync(projectPaths(projectDir).artefacts)).toBe(false);
    const values = await valuesOf('rates');
    expect(new Set(values).size).toBeGreaterThan(1);
    expect(tuned.metrics.validation?.['auc'].mean).toBeCloseTo(Math.max(...values), 12);
    const steps = heard.events.flatMap((event) =>
      event.kind === 'phase' && event.name === 'Tune rates' ? [[event.done, event.total]] : [],
    );
    expect(steps).toEqual([0, 1, 2, 3, 4].map((done) => [done, 4]));
  });

  it('makes the floor that stands beside other models, on validation where the test split stays closed', async () => {
    const beside = await train(projectDir);
    const floor = beside.floors.find(({ model }) => model === 'rates');
    expect(floor?.assignment).toEqual(tuned.hyperParameters);
    const mean = floor?.metrics.validation?.['auc'].mean ?? Number.NaN;
    expect(mean).toBeCloseTo(Math.max(...(await valuesOf('rates'))), 12);
    const against = beside.comparisons.find((comparison) => comparison.against === 'rates');
    expect(against?.split).toBe('validation');
    expect(against?.difference).toBeCloseTo((beside.metrics.validation?.['auc'].mean ?? 0) - mean, 12);
    for (const { metrics } of [beside, ...beside.floors]) expect(metrics.test).toBeUndefined();
    expect(beside.testOpenings).toBe(0);
    expect(await kinds(projectDir)).not.toContain('test-opened');
  });
});
