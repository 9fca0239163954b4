import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fitScope } from '../../src/agents/trial/fit-scope.js';
import { mergedSource } from '../../src/agents/trial/merged-source.js';
import { shuffleWithin, withNullLabels } from '../../src/agents/trial/null-labels.js';
import {
  predictionPath,
  readLists,
  readValues,
  writeLists,
  writeValues,
} from '../../src/agents/trial/prediction-files.js';
import { trialRequest } from '../../src/agents/trial/trial-request.js';
import { selectedRows, shareMask } from '../../src/agents/trial/validation-share.js';
import type {
  CtrBlock,
  CtrDataset,
  CtrSource,
  DatasetContract,
  NextItemDataset,
} from '../../src/schema/index.js';

const contract: DatasetContract = {
  hash: 'abc',
  task: 'ctr',
  split: 'time',
  regime: 'frozen',
  label: 'label',
  candidateSet: 'impressions',
  duplicates: 'kept',
  rows: { train: 4, validation: 3, test: 2 },
  clusterBy: 'user',
};

function source(name: CtrSource['name'], labels: readonly number[] | undefined, rows: number): CtrSource {
  const block: CtrBlock = {
    rows,
    ids: new Map(),
    ragged: new Map(),
    numeric: new Map(),
    labels: labels === undefined ? undefined : Float32Array.from(labels),
    extraLabels: new Map(),
    users: Int32Array.from({ length: rows }, (_, i) => i % 2),
    rowIds: Float64Array.from({ length: rows }, (_, i) => i),
  };
  return { name, rows, blockCount: 1, blockStarts: [0, rows], block: () => block };
}

const ctr: CtrDataset = {
  task: 'ctr',
  contract,
  fields: [],
  vocabularySizes: new Map(),
  userCount: 2,
  train: source('train', [0, 1, 1, 0], 4),
  validation: source('validation', [1, 0, 1], 3),
  test: source('test', undefined, 2),
};

const nextItem: NextItemDataset = {
  task: 'next-item',
  contract: { ...contract, task: 'next-item' },
  itemCount: 8,
  userCount: 2,
  events: Int32Array.of(2, 3, 4, 5, 6),
  offsets: Int32Array.of(0, 3, 5),
  trainEnds: Int32Array.of(2, 4),
  validation: {
    count: 2,
    users: Int32Array.of(0, 1),
    historyEnds: Int32Array.of(2, 4),
    targets: Int32Array.of(4, 6),
  },
  test: { count: 2, users: Int32Array.of(0, 1), historyEnds: Int32Array.of(3, 5), targets: undefined },
};

const place = {
  contractHash: 'abc',
  datasetDir: '/d',
  predictionsDir: '/p',
  checkpointsDir: '/c',
  threads: 1,
};
const wish = { model: 'lr', assignment: {}, seed: 1, validationShare: 'all' as const };
const labelsOf = (from: CtrSource) =>
  Array.from({ length: from.blockCount }, (_, i) => [...(from.block(i).labels ?? [])]).flat();

describe('fitScope', () => {
  it('leaves a search trial its training rows', () => {
    expect(fitScope(ctr, trialRequest(place, wish))).toBe(ctr);
  });

  it('adds the validation rows for the refit', () => {
    const widened = fitScope(
      ctr,
      trialRequest(place, { ...wish, fit: { on: 'train+validation', epochs: 1 } }),
    );
    expect(labelsOf((widened as CtrDataset).train)).toEqual([0, 1, 1, 0, 1, 0, 1]);
    const users = fitScope(
      nextItem,
      trialRequest(place, { ...wish, fit: { on: 'train+validation', epochs: 1 } }),
    );
    expect([...(users as NextItemDataset).trainEnds]).toEqual([3, 5]);
  });

  it('refuses the test rows where nobody may open them', () => {
    const request = trialRequest(place, { ...wish, fit: { on: 'all', epochs: 1 } });
    expect(() => fitScope(ctr, request)).toThrowError(expect.objectContaining({ code: 'TEST_SEALED' }));
  });

  it('adds the test rows after the claim, each user its own', () => {
    const request = trialRequest(place, { ...wish, fit: { on: 'all', epochs: 1 } });
    const rows = fitScope(ctr, request, () => Float32Array.of(1, 1)) as CtrDataset;
    expect(labelsOf(rows.train)).toEqual([0, 1, 1, 0, 1, 0, 1, 1, 1]);
    const events = fitScope(nextItem, request, () => Int32Array.of(7, 2)) as NextItemDataset;
    expect([...events.events]).toEqual([2, 3, 4, 7, 5, 6, 2]);
    expect([...events.offsets]).toEqual([0, 4, 7]);
    expect([...events.trainEnds]).toEqual([4, 7]);
  });
});

describe('mergedSource', () => {
  it('counts rows and blocks of both', () => {
    const merged = mergedSource(ctr.train, ctr.validation);
    expect(merged.rows).toBe(7);
    expect(merged.blockStarts).toEqual([0, 4, 7]);
  });
});

describe('null labels', () => {
  it('keep every group its own labels, and move them', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ group: fc.integer({ min: 0, max: 4 }), value: fc.integer({ min: 0, max: 1 }) }),
          { maxLength: 60 },
        ),
        fc.integer(),
        (rows, key) => {
          const values = Float32Array.from(rows, (row) => row.value);
          const groups = Int32Array.from(rows, (row) => row.group);
          const shuffled = shuffleWithin(values, groups, key);
          for (let group = 0; group <= 4; group += 1) {
            const of = (array: Float32Array) => [...array].filter((_, i) => groups[i] === group).sort();
            expect(of(shuffled)).toEqual(of(values));
          }
        },
      ),
    );
    const many = Float32Array.from({ length: 200 }, (_, i) => i % 2);
    expect([...shuffleWithin(many, new Int32Array(200), 7)]).not.toEqual([...many]);
  });

  it('are the same for every process of a run and leave the test split alone', () => {
    const once = withNullLabels(ctr, 5) as CtrDataset;
    const twice = withNullLabels(ctr, 5) as CtrDataset;
    expect(labelsOf(once.train)).toEqual(labelsOf(twice.train));
    expect(once.test).toBe(ctr.test);
    const shuffled = withNullLabels(nextItem, 5) as NextItemDataset;
    expect([...shuffled.events].sort()).toEqual([...nextItem.events].sort());
  });
});

describe('validation shares', () => {
  it('divide the users: no user is on both sides, all users are on one', () => {
    const users = Int32Array.from({ length: 400 }, (_, i) => i % 200);
    const search = shareMask(users, 'search', 'abc');
    const gate = shareMask(users, 'gate', 'abc');
    for (let i = 0; i < users.length; i += 1) expect(search[i] + gate[i]).toBe(1);
    for (let i = 200; i < 400; i += 1) expect(gate[i]).toBe(gate[i - 200]);
    expect(selectedRows(gate).length).toBeGreaterThan(140);
    expect(selectedRows(gate).length).toBeLessThan(260);
    expect(selectedRows(shareMask(users, 'all', 'abc')).length).toBe(400);
  });

  it('depend on the contract', () => {
    const users = Int32Array.from({ length: 100 }, (_, i) => i);
    expect([...shareMask(users, 'gate', 'abc')]).not.toEqual([...shareMask(users, 'gate', 'abd')]);
  });
});

describe('trial requests', () => {
  it('have the same key wherever the project lies, and another for another seed', () => {
    const here = trialRequest(place, wish);
    expect(trialRequest({ ...place, datasetDir: '/elsewhere/d', threads: 8 }, wish).key).toBe(here.key);
    expect(trialRequest({ ...place, datasetDir: '/d2' }, wish).key).not.toBe(here.key);
    expect(trialRequest(place, { ...wish, seed: 2 }).key).not.toBe(here.key);
    expect(trialRequest(place, { ...wish, predictTest: true }).key).not.toBe(here.key);
  });
});

describe('prediction files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'automodel-predictions-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('give back what was written', () => {
    const path = predictionPath(dir, 'key', 'validation');
    writeValues(path, Float32Array.of(1, -2, Number.POSITIVE_INFINITY));
    expect([...readValues(path, 3)]).toEqual([1, -2, Number.POSITIVE_INFINITY]);
    const lists = {
      k: 2,
      items: Int32Array.of(3, 4, 5, 6),
      scores: Float32Array.of(2, 1, 4, 3),
      tiesAtCut: Int32Array.of(0, 9),
      repeats: { ends: Int32Array.of(0, 1), items: Int32Array.of(8), scores: Float32Array.of(5) },
    };
    const listed = predictionPath(dir, 'key', 'test');
    writeLists(listed, lists);
    expect(readLists(listed)).toEqual(lists);
  });

  it('are refused when they have the wrong length or are missing', () => {
    const path = predictionPath(dir, 'short', 'validation');
    writeValues(path, Float32Array.of(1, 2));
    expect(() => readValues(path, 3)).toThrowError(expect.objectContaining({ code: 'PREDICTIONS_INVALID' }));
    writeFileSync(predictionPath(dir, 'short', 'validation') + 'x', '');
    expect(() => readValues(predictionPath(dir, 'none', 'test'), 3)).toThrowError(
      expect.objectContaining({ code: 'FILE_NOT_FOUND' }),
    );
  });
});
