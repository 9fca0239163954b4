import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, OutputFile, readBytes } from '../../src/data/block-files.js';
import { columnOffsets, columnView, isLabel, type BlockColumn } from '../../src/data/block-layout.js';
import { Int32Builder } from '../../src/data/column-stream.js';
import { blockColumns, sealedColumns } from '../../src/data/write-blocks.js';
import { newFolder } from './fixtures.js';

const column = fc.record({
  part: fc.constantFrom('ids', 'numeric', 'begins', 'ends', 'user', 'label', 'extra-label'),
  field: fc.constantFrom('a', 'b'),
  type: fc.constantFrom('i32', 'f32'),
}) as fc.Arbitrary<BlockColumn>;
const layouts = fc
  .array(column, { maxLength: 6 })
  .map((rest): BlockColumn[] => [{ part: 'row-id', type: 'f64' }, ...rest]);

describe('the layout of a block', () => {
  it('gives every column its own bytes, aligned, with none left over (property)', () => {
    fc.assert(
      fc.property(layouts, fc.integer({ min: 0, max: 50 }), (columns, rows) => {
        const offsets = columnOffsets(columns, rows);
        expect(offsets).toHaveLength(columns.length + 1);
        const bytes = new ArrayBuffer(offsets[columns.length]);
        columns.forEach((_, index) => columnView(bytes, columns, rows, index).fill(index + 1));
        columns.forEach(({ type }, index) => {
          const width = type === 'f64' ? 8 : 4;
          expect(offsets[index] % width).toBe(0);
          expect(offsets[index + 1] - offsets[index]).toBe(width * rows);
          // had two columns shared a byte, a later fill would show
          expect([...columnView(bytes, columns, rows, index)]).toEqual(
            Array.from({ length: rows }, () => index + 1),
          );
        });
      }),
    );
  });

  it('has no label in test blocks, and nothing but labels and names of rows in the sealed file', () => {
    fc.assert(
      fc.property(layouts, (columns) => {
        expect(blockColumns(columns, 'train')).toEqual(columns);
        expect(blockColumns(columns, 'validation')).toEqual(columns);
        expect(blockColumns(columns, 'test').some(isLabel)).toBe(false);
        const sealed = sealedColumns(columns);
        expect(sealed.filter(isLabel)).toEqual(columns.filter(isLabel));
        for (const { part } of sealed) expect(['row-id', 'user', 'label', 'extra-label']).toContain(part);
        // between them they lose nothing
        for (const one of columns)
          expect(sealed.includes(one) || blockColumns(columns, 'test').includes(one)).toBe(true);
      }),
    );
  });
});

describe('files of numbers', () => {
  it('hold what was written at each place, in any order', () => {
    const path = join(newFolder(), 'deep/er/values.bin');
    const file = new OutputFile(path);
    file.write(Int32Array.of(3, 4), 8);
    file.write(Int32Array.of(1, 2), 0);
    file.write(Int32Array.of(9, 5, 6, 9).subarray(1, 3), 16);
    file.close();
    expect([...new Int32Array(readBytes(path))]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...new Int32Array(readBytes(path, 8, 8))]).toEqual([3, 4]);
  });

  it('are read into buffers of their own', () => {
    const path = join(newFolder(), 'values.bin');
    writeFileSync(path, bytesOf(Float64Array.of(1, 2, 3)));
    const [one, other] = [new Float64Array(readBytes(path)), new Float64Array(readBytes(path))];
    one[0] = 99;
    expect([...other]).toEqual([1, 2, 3]);
    expect([...new Float64Array(readBytes(path, 24, 0))]).toEqual([]);
  });

  it('are refused by name when a part is asked for that is not there', () => {
    const path = join(newFolder(), 'values.bin');
    writeFileSync(path, 'four');
    expect(readFileSync(path)).toHaveLength(4);
    for (const [begin, length] of [
      [0, 5],
      [4, 1],
      [100, 1],
    ]) {
      expect(() => readBytes(path, begin, length)).toThrow(
        expect.objectContaining({
          code: 'ARTEFACT_CORRUPT',
          details: { path, size: 4, wanted: begin + length },
        }),
      );
    }
    expect(readBytes(path, 0, 4).byteLength).toBe(4);
    expect(() => readBytes(`${path}.gone`)).toThrow(
      expect.objectContaining({ code: 'ARTEFACT_CORRUPT', details: { path: `${path}.gone` } }),
    );
  });
});

describe('Int32Builder', () => {
  it('keeps everything that was pushed, past every doubling', () => {
    for (const length of [0, 1, 4095, 4096, 4097, 20_000]) {
      const builder = new Int32Builder();
      for (let i = 0; i < length; i += 1) builder.push(i * 3 - 7);
      const values = builder.finish();
      expect(values).toHaveLength(length);
      expect(values.every((value, i) => value === i * 3 - 7)).toBe(true);
    }
  });

  it('gives a copy', () => {
    const builder = new Int32Builder();
    builder.push(1);
    const first = builder.finish();
    first[0] = 5;
    expect([...builder.finish()]).toEqual([1]);
  });
});
