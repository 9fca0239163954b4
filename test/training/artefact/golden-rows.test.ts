import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CtrSource, EncodedField } from '../../../src/schema/index.js';
import {
  GOLDEN_ROWS,
  goldenFiles,
  goldenSource,
  readGolden,
} from '../../../src/training/artefact/golden-rows.js';
import { parseNpy } from '../../../src/training/artefact/npy.js';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { sourceOf, tinyCtrDataset, tinyFields, tinySizes } from '../support/tiny-data.js';

const selection = selectFields({ fields: tinyFields, vocabularySizes: tinySizes }, undefined);

interface PlainRow {
  readonly user: number;
  readonly item: number;
  readonly genres: readonly number[];
  readonly history: readonly number[];
  readonly age: number;
}

/** The rows of a source, one record each; histories as a model sees them, cut to the newest six. */
function rowsOf(source: CtrSource): PlainRow[] {
  return Array.from({ length: source.blockCount }, (_, b) => source.block(b)).flatMap((block) =>
    Array.from({ length: block.rows }, (_, row) => {
      const list = (name: string): number[] => {
        const { values, begins, ends } = block.ragged.get(name)!;
        return [...values.subarray(begins[row], ends[row])];
      };
      return {
        user: block.ids.get('user')![row],
        item: block.ids.get('item')![row],
        genres: list('genres'),
        history: list('history').slice(-6),
        age: block.numeric.get('age')![row],
      };
    }),
  );
}

const ids = (max: number) => fc.integer({ min: 1, max });
const plainRows = fc.array(
  fc.record({
    user: fc.nat(39),
    item: fc.nat(29),
    genres: fc.array(ids(11), { maxLength: 5 }),
    history: fc.array(ids(29), { maxLength: 9 }),
    age: fc.float({ noNaN: true }),
  }),
  { maxLength: 12 },
);

/** A source with these rows, in blocks of the sizes given. */
function sourceFrom(rows: readonly PlainRow[], cut: number): CtrSource {
  const blockOf = (part: readonly PlainRow[]) => {
    const ragged = (read: (row: PlainRow) => readonly number[]) => {
      const lists = part.map(read);
      const ends = lists.map((_, i) => lists.slice(0, i + 1).flat().length);
      return {
        values: Int32Array.from(lists.flat()),
        begins: Int32Array.from(ends, (end, i) => end - lists[i].length),
        ends: Int32Array.from(ends),
      };
    };
    return {
      rows: part.length,
      ids: new Map([
        ['user', Int32Array.from(part, (row) => row.user)],
        ['item', Int32Array.from(part, (row) => row.item)],
      ]),
      ragged: new Map([
        ['genres', ragged((row) => row.genres)],
        ['history', ragged((row) => row.history)],
      ]),
      numeric: new Map([['age', Float32Array.from(part, (row) => row.age)]]),
      labels: undefined,
      extraLabels: new Map(),
      users: new Int32Array(part.length),
      rowIds: new Float64Array(part.length),
    };
  };
  return sourceOf('validation', [blockOf(rows.slice(0, cut)), blockOf(rows.slice(cut))]);
}

/** Golden rows written to files and read back. */
function throughFiles(golden: CtrSource): CtrSource {
  const files = new Map(goldenFiles(golden, selection, new Float32Array(golden.rows)));
  return readGolden(selection, golden.rows, (file) => parseNpy(Buffer.concat(files.get(file)!), file));
}

describe('golden rows', () => {
  it('are the first hundred of the split, over the ends of blocks', () => {
    const { validation } = tinyCtrDataset({ rows: 10, validationRows: 150, blockRows: 40 });
    const golden = goldenSource(validation, selection);
    expect(GOLDEN_ROWS).toBe(100);
    expect(rowsOf(golden)).toEqual(rowsOf(validation).slice(0, 100));
    expect(rowsOf(goldenSource(validation, selection, 7))).toEqual(rowsOf(validation).slice(0, 7));
  });

  it('are all of a small split', () => {
    const { validation } = tinyCtrDataset({ rows: 10, validationRows: 30 });
    expect(rowsOf(goldenSource(validation, selection))).toEqual(rowsOf(validation));
  });

  it('survive their files: empty lists, long histories, missing users', () => {
    fc.assert(
      fc.property(plainRows, fc.nat(12), (rows, cut) => {
        const source = sourceFrom(rows, Math.min(cut, rows.length));
        const golden = goldenSource(source, selection);
        expect(rowsOf(golden)).toEqual(rowsOf(source));
        expect(rowsOf(throughFiles(golden))).toEqual(rowsOf(source));
      }),
    );
  });

  it('hold of a long history the newest events alone, so that its file is as wide as the window', () => {
    const long = [9, 8, 7, 6, 5, 4, 3, 2];
    const row = { user: 1, item: 2, genres: [3, 4], history: long, age: 0 };
    const golden = goldenSource(sourceFrom([row, { ...row, history: [5] }], 1), selection);
    const files = new Map(goldenFiles(golden, selection, new Float32Array(2)));
    const { data, shape } = parseNpy(Buffer.concat(files.get('golden/sequence-0.npy')!), 'sequence');
    expect(shape).toEqual([2, 6]);
    expect([...data]).toEqual([7, 6, 5, 4, 3, 2, 5, 0, 0, 0, 0, 0]);
  });

  it('hold what the model reads and nothing more', () => {
    const { validation } = tinyCtrDataset({ rows: 10, validationRows: 5 });
    const some = selectFields({ fields: tinyFields, vocabularySizes: tinySizes }, ['item', 'age']);
    const golden = goldenSource(validation, some);
    expect([...golden.block(0).ids.keys(), ...golden.block(0).ragged.keys()]).toEqual(['item']);
    expect(goldenFiles(golden, some, new Float32Array(5)).map(([name]) => name)).toEqual([
      'golden/field-0.npy',
      'golden/numeric-0.npy',
      'golden/expected.npy',
    ]);
  });

  it('name their files by position, so that no name of a column can lead anywhere', () => {
    const hostile: readonly EncodedField[] = [
      { kind: 'categorical', name: '../../etc/passwd', side: 'user', vocabulary: 'user' },
      { kind: 'numeric', name: 'a\0b', side: 'user' },
    ];
    const chosen = selectFields({ fields: hostile, vocabularySizes: tinySizes }, undefined);
    const { validation } = tinyCtrDataset({ rows: 10, validationRows: 5 });
    const block = validation.block(0);
    const renamed = {
      ...block,
      ids: new Map([['../../etc/passwd', block.ids.get('user')!]]),
      numeric: new Map([['a\0b', block.numeric.get('age')!]]),
    };
    const golden = goldenSource(sourceOf('validation', [renamed]), chosen);
    const names = goldenFiles(golden, chosen, new Float32Array(5)).map(([name]) => name);
    expect(names).toEqual(['golden/field-0.npy', 'golden/numeric-0.npy', 'golden/expected.npy']);
  });

  it('need every column that the model reads', () => {
    const { validation } = tinyCtrDataset({ rows: 10, validationRows: 5 });
    const block = validation.block(0);
    const without = sourceOf('validation', [{ ...block, ragged: new Map() }]);
    expect(() => goldenSource(without, selection)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: { column: 'genres' } }),
    );
  });
});
