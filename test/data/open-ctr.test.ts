import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/data/index.js';
import type { CtrDataset, CtrSource } from '../../src/schema/index.js';
import { listAt } from './fixtures.js';
import { handCtr, handRow } from './hand-dataset.js';

function open(dir: string): CtrDataset {
  const data = openDataset(dir);
  if (data.task === 'next-item') throw new Error('expected ctr');
  return data;
}

function rowsOf(source: CtrSource): { row: number; seen: Record<string, unknown> }[] {
  const rows: { row: number; seen: Record<string, unknown> }[] = [];
  for (let b = 0; b < source.blockCount; b += 1) {
    const block = source.block(b);
    expect(block.rows).toBe(source.blockStarts[b + 1] - source.blockStarts[b]);
    for (let i = 0; i < block.rows; i += 1) {
      rows.push({
        row: block.rowIds[i],
        seen: {
          user: block.users[i],
          label: block.labels?.[i],
          like: block.extraLabels.get('like')?.[i],
          item: block.ids.get('item')?.[i],
          price: block.numeric.get('price')?.[i],
          tags: listAt(block.ragged.get('tags'), i),
          history: listAt(block.ragged.get('history'), i),
        },
      });
    }
  }
  return rows;
}

describe('a dataset written byte by byte', () => {
  it('is read as it was written, whatever the block a row lies in', () => {
    const data = open(handCtr().dir);
    expect([data.train.blockCount, data.validation.blockCount, data.test.blockCount]).toEqual([3, 1, 2]);
    expect(data.train.blockStarts).toEqual([0, 2, 4, 5]);
    for (const source of [data.train, data.validation]) {
      for (const { row, seen } of rowsOf(source)) expect(seen).toEqual(handRow(row));
    }
    expect(rowsOf(data.train).map(({ row }) => row)).toEqual([0, 1, 2, 3, 4]);
  });

  it('shows no label of the test split', () => {
    const rows = rowsOf(open(handCtr().dir).test);
    expect(rows.map(({ row }) => row)).toEqual([6, 7, 8]);
    for (const { row, seen } of rows) {
      const { label: _label, like: _like, ...open } = handRow(row);
      expect(seen).toEqual({ ...open, label: undefined, like: undefined });
    }
  });

  it('gives blocks in any order, and the same again', () => {
    const { train } = open(handCtr().dir);
    const forth = [0, 1, 2].map((b) => [...train.block(b).rowIds]);
    const back = [2, 1, 0].map((b) => [...train.block(b).rowIds]).toReversed();
    expect(back).toEqual(forth);
    expect(train.block(1)).toBe(train.block(1));
    const tags = (b: number): number[] => listAt(train.block(b).ragged.get('tags'), 0);
    expect([tags(1), tags(2), tags(1)]).toEqual([handRow(2).tags, handRow(4).tags, handRow(2).tags]);
  });

  it('has no other blocks', () => {
    const { train } = open(handCtr().dir);
    for (const index of [-1, 3, 0.5 + 3, Number.NaN]) expect(() => train.block(index)).toThrow(RangeError);
  });

  it('knows fields, vocabularies, users and contract', () => {
    const { dir, record } = handCtr();
    const data = open(dir);
    expect(data.fields).toEqual(record.fields);
    expect(data.vocabularySizes).toEqual(
      new Map([
        ['item', 6],
        ['tags', 100],
      ]),
    );
    expect(data.userCount).toBe(2);
    expect(data.contract).toEqual(record.contract);
  });
});

describe('a dataset that is damaged', () => {
  const corrupt = (name: string): unknown =>
    expect.objectContaining({ code: 'ARTEFACT_CORRUPT', message: expect.stringContaining(name) });

  it.each([
    ['a block that is cut', 'train/1.bin', (data: CtrDataset) => data.train.block(1)],
    ['a test block that is cut', 'test/0.bin', (data: CtrDataset) => data.test.block(0)],
    ['lists of rows', 'lists/0.bin', (data: CtrDataset) => data.validation.block(0)],
    ['lists that rows share', 'lists/1.bin', (data: CtrDataset) => data.train.block(0)],
  ])('is refused by the name of its file: %s', (_, name, read) => {
    for (const lost of [1, 4, 8]) {
      const { dir } = handCtr();
      const path = join(dir, name);
      // lists of rows lose enough for the validation row to be touched
      truncateSync(path, readFileSync(path).length - lost - (name === 'lists/0.bin' ? 12 : 0));
      expect(() => read(open(dir))).toThrow(corrupt(name));
    }
    const { dir } = handCtr();
    rmSync(join(dir, name));
    expect(() => read(open(dir))).toThrow(corrupt(name));
  });

  it('still gives the blocks that are whole', () => {
    const { dir } = handCtr();
    truncateSync(join(dir, 'train/1.bin'), 3);
    const { train } = open(dir);
    expect([...train.block(0).rowIds]).toEqual([0, 1]);
    expect(() => train.block(1)).toThrow(corrupt('train/1.bin'));
    expect([...train.block(2).rowIds]).toEqual([4]);
  });

  it('is refused when its record is cut, of another version, or of another kind', () => {
    const whole = handCtr();
    const path = join(whole.dir, 'encoded.json');
    const text = readFileSync(path, 'utf8');
    const changed = (change: object): string => JSON.stringify({ ...whole.record, ...change });
    for (const content of [
      text.slice(0, -20),
      '',
      'null',
      '[]',
      changed({ schemaVersion: 2 }),
      changed({ kind: 'graph' }),
      changed({ blockRows: 0 }),
      changed({ rows: { train: 5, validation: 1 } }),
      changed({ columns: [{ part: 'secret', type: 'i32' }] }),
    ]) {
      writeFileSync(path, content);
      expect(() => open(whole.dir), content.slice(0, 60)).toThrow(corrupt('encoded.json'));
    }
    writeFileSync(path, text);
    expect(open(whole.dir).userCount).toBe(2);
    rmSync(path);
    expect(() => open(whole.dir)).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
  });

  it('is read to the end that its record names, not further', () => {
    const { dir } = handCtr();
    appendFileSync(join(dir, 'train/0.bin'), 'a tail that belongs to nothing');
    expect([...open(dir).train.block(0).rowIds]).toEqual([0, 1]);
  });
});
