import { cpSync, mkdtempSync, readFileSync, statSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CtrBlock, CtrSource, Ragged } from '../../../src/schema/index.js';
import {
  loadArtefact,
  loadRequestScorer,
  type FittedModel,
  type LoadedCtrModel,
  type LoadedRequestScorer,
} from '../../../src/training/index.js';
import { clickData, savedClickModel, savedNextItemModel } from '../support/tiny-artefacts.js';

const folder = mkdtempSync(join(tmpdir(), 'request-scorer-'));
let fitted: FittedModel;
let whole: LoadedCtrModel;
let scorer: LoadedRequestScorer;
const block = clickData.validation.block(0);

beforeAll(async () => {
  fitted = await savedClickModel(folder);
  const loaded = await loadArtefact(join(folder, 'click'), { threads: 1 });
  if (loaded.task === 'next-item') throw new Error('wrong task');
  whole = loaded;
  scorer = await loadRequestScorer(join(folder, 'click'), { threads: 1 });
});

afterAll(async () => {
  await fitted.close();
  await whole.close();
  await scorer.close();
  rmSync(folder, { recursive: true, force: true });
});

const pick = <T extends Int32Array | Float32Array>(values: T, rows: readonly number[]): T =>
  (values.constructor as unknown as { from(list: ArrayLike<number>): T }).from(
    rows.map((row) => values[row]),
  );
const pickList = ({ values, begins, ends }: Ragged, rows: readonly number[]): Ragged => ({
  values,
  begins: pick(begins, rows),
  ends: pick(ends, rows),
});

/** Columns of some rows: names of `fields` alone. */
function cut(names: readonly string[], rows: readonly number[]): CtrBlock {
  const chosen = <T>(columns: ReadonlyMap<string, T>, of: (column: T) => T): Map<string, T> =>
    new Map([...columns].flatMap(([name, column]) => (names.includes(name) ? [[name, of(column)]] : [])));
  return {
    rows: rows.length,
    ids: chosen(block.ids, (ids) => pick(ids, rows)),
    ragged: chosen(block.ragged, (list) => pickList(list, rows)),
    numeric: chosen(block.numeric, (values) => pick(values, rows)),
    labels: undefined,
    extraLabels: new Map(),
    users: new Int32Array(rows.length),
    rowIds: Float64Array.from(rows),
  };
}

/** Rows as the whole model takes them: the request's columns of one row beside the candidates' of the others. */
function asRows(request: number, candidates: readonly number[]): CtrSource {
  const of = (fields: LoadedRequestScorer['requestFields']) => fields.map(({ name }) => name);
  const left = cut(
    of(scorer.requestFields),
    candidates.map(() => request),
  );
  const right = cut(of(scorer.candidateFields), candidates);
  const joined: CtrBlock = {
    ...right,
    ids: new Map([...left.ids, ...right.ids]),
    ragged: new Map([...left.ragged, ...right.ragged]),
    numeric: new Map([...left.numeric, ...right.numeric]),
  };
  const { rows } = joined;
  return { name: 'test', rows, blockCount: 1, blockStarts: [0, rows], block: () => joined };
}

const requestOf = (row: number): CtrBlock =>
  cut(
    scorer.requestFields.map(({ name }) => name),
    [row],
  );
const candidatesOf = (rows: readonly number[]): CtrBlock =>
  cut(
    scorer.candidateFields.map(({ name }) => name),
    rows,
  );

describe('loadRequestScorer', () => {
  it('reads users, context and behaviour once, and items for each candidate', () => {
    expect(scorer.requestFields.map(({ name }) => name)).toEqual(['user', 'history', 'age']);
    expect(scorer.candidateFields.map(({ name }) => name)).toEqual(['item', 'genres']);
  });

  it('scores the candidates of a request as the model scores rows', async () => {
    const candidates = Array.from({ length: block.rows }, (_, i) => i);
    for (const request of [0, 7, 40, 99]) {
      const expected = await whole.predict(asRows(request, candidates));
      const scores = await scorer.score(requestOf(request), candidatesOf(candidates));
      expect(scores.length).toBe(candidates.length);
      scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i], 5));
      expect(new Set(scores).size).toBeGreaterThan(10);
    }
  });

  it('scores more candidates than one run takes, none, and one', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => (i * 7) % block.rows);
    const expected = await whole.predict(asRows(3, many));
    const scores = await scorer.score(requestOf(3), candidatesOf(many));
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i], 5));
    expect(await scorer.score(requestOf(3), candidatesOf([]))).toEqual(new Float32Array(0));
    expect((await scorer.score(requestOf(3), candidatesOf([many[5]])))[0]).toBeCloseTo(expected[5], 5);
  });

  it('keeps requests that overlap apart', async () => {
    const candidates = Array.from({ length: 60 }, (_, i) => i);
    const requests = [1, 2, 3, 4, 5, 6];
    const together = await Promise.all(
      requests.map((row) => scorer.score(requestOf(row), candidatesOf(candidates))),
    );
    for (const [i, row] of requests.entries())
      expect(together[i]).toEqual(await scorer.score(requestOf(row), candidatesOf(candidates)));
    expect(together[0]).not.toEqual(together[1]);
  });

  it('scores requests side by side with several instances, as one does', async () => {
    const several = await loadRequestScorer(join(folder, 'click'), { threads: 1, instances: 3 });
    try {
      const graphs = several.bytes - scorer.bytes;
      const files = ['request.onnx', 'candidates.onnx'].map(
        (file) => statSync(join(folder, 'click', file)).size,
      );
      // Two instances more: what one needs to be opened again is kept once, however many there are.
      expect(graphs).toBe(2 * (files[0] + files[1]));
      const candidates = Array.from({ length: 60 }, (_, i) => i);
      const requests = Array.from({ length: 24 }, (_, i) => i);
      const begun = several.computeMs();
      const together = await Promise.all(
        requests.map((row) => several.score(requestOf(row), candidatesOf(candidates))),
      );
      for (const [i, row] of requests.entries())
        expect(together[i]).toEqual(await scorer.score(requestOf(row), candidatesOf(candidates)));
      expect(several.computeMs()).toBeGreaterThan(begun);
      // A request that fails takes no instance with it.
      const strange = { ...requestOf(2), ids: new Map([['user', Int32Array.of(4000)]]) };
      const answers = await Promise.allSettled(
        [strange, requestOf(2), strange, requestOf(2)].map((one) =>
          several.score(one, candidatesOf(candidates)),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    } finally {
      await several.close();
    }
    await expect(several.score(requestOf(1), candidatesOf([1]))).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('scores whole rows side by side too', async () => {
    const several = await loadArtefact(join(folder, 'click'), { threads: 1, instances: 2 });
    if (several.task === 'next-item') throw new Error('wrong task');
    try {
      const rows = Array.from({ length: 40 }, (_, i) => i);
      const together = await Promise.all([1, 2, 3, 4].map((row) => several.predict(asRows(row, rows))));
      for (const [i, row] of [1, 2, 3, 4].entries())
        expect(together[i]).toEqual(await whole.predict(asRows(row, rows)));
      expect(several.bytes).toBeGreaterThan(whole.bytes);
    } finally {
      await several.close();
    }
  });

  it('names an id that no table has, and scores the next request all the same', async () => {
    const strange = { ...requestOf(2), ids: new Map([['user', Int32Array.of(4000)]]) };
    await expect(scorer.score(strange, candidatesOf([1]))).rejects.toMatchObject({ code: 'ID_OUT_OF_RANGE' });
    const odd = { ...candidatesOf([1, 2]), ids: new Map([['item', Int32Array.of(1, 999)]]) };
    await expect(scorer.score(requestOf(2), odd)).rejects.toMatchObject({ code: 'ID_OUT_OF_RANGE' });
    await expect(scorer.score(requestOf(2), requestOf(2))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect((await scorer.score(requestOf(2), candidatesOf([1]))).length).toBe(1);
  });

  it('refuses a damaged graph, golden rows that score otherwise, and models without a request', async () => {
    const copy = join(folder, 'damaged');
    cpSync(join(folder, 'click'), copy, { recursive: true });
    const path = join(copy, 'candidates.onnx');
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    await expect(loadRequestScorer(copy)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    await (await savedNextItemModel(folder)).close();
    await expect(loadRequestScorer(join(folder, 'next'))).rejects.toMatchObject({ code: 'USAGE' });
  });
});
