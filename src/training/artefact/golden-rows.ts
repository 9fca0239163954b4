import { AutoModelError } from '../../platform/index.js';
import { sequentialSlices } from '../batches/epoch-order.js';
import { required } from '../batches/fill-cells.js';
import type { CtrBlock, CtrSource, Ragged } from '../../schema/index.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import { npyParts, type NpyContent } from './npy.js';

export const GOLDEN_ROWS = 100;

/** Encoded rows as plain arrays: ids [n], lists [n, longest] with zeros behind, numbers [n]. */
export type GoldenColumns = ReadonlyMap<string, NpyContent>;

/** The first rows of a split as one block, cut to what the model reads. */
export function goldenSource(source: CtrSource, selection: FieldSelection, rows = GOLDEN_ROWS): CtrSource {
  const count = Math.min(rows, source.rows);
  const slices = sequentialSlices(source.blockStarts, 0, count);
  const columns = new Map<string, NpyContent>();
  const pick = (read: (block: CtrBlock, row: number) => number[]): number[][] =>
    slices.flatMap(({ block, rows: picked }) => Array.from(picked, (row) => read(source.block(block), row)));
  for (const { name, kind } of selection.embedded) {
    const lists = pick((block, row) =>
      kind === 'categorical'
        ? [required(block.ids.get(name), name)[row]]
        : listOf(required(block.ragged.get(name), name), row),
    );
    columns.set(
      name,
      kind === 'categorical' ? { data: Int32Array.from(lists.flat()), shape: [count] } : padded(lists),
    );
  }
  for (const { name, maxLength } of selection.sequences) {
    columns.set(
      name,
      padded(pick((block, row) => listOf(required(block.ragged.get(name), name), row).slice(-maxLength))),
    );
  }
  for (const { name } of selection.numeric) {
    const values = pick((block, row) => [required(block.numeric.get(name), name)[row]]).flat();
    columns.set(name, { data: Float32Array.from(values), shape: [count] });
  }
  return sourceOf(columns, selection, count);
}

/** The columns of a golden source, as files. */
export function goldenFiles(
  source: CtrSource,
  selection: FieldSelection,
  expected: Float32Array,
): [string, Uint8Array[]][] {
  const block = source.block(0);
  const files: [string, Uint8Array[]][] = [];
  const add = (kind: string, position: number, { data, shape }: NpyContent): void => {
    files.push([`golden/${kind}-${position}.npy`, npyParts(data, shape)]);
  };
  selection.embedded.forEach(({ name, kind }, f) => {
    if (kind === 'categorical')
      add('field', f, { data: required(block.ids.get(name), name), shape: [source.rows] });
    else add('field', f, padded(lists(required(block.ragged.get(name), name), source.rows)));
  });
  selection.sequences.forEach(({ name }, s) => {
    add('sequence', s, padded(lists(required(block.ragged.get(name), name), source.rows)));
  });
  selection.numeric.forEach(({ name }, n) => {
    add('numeric', n, { data: required(block.numeric.get(name), name), shape: [source.rows] });
  });
  files.push(['golden/expected.npy', npyParts(expected, [expected.length])]);
  return files;
}

/**
 * Reads back what `goldenFiles` wrote.
 * @throws ARTEFACT_CORRUPT for a column of another type or shape
 */
export function readGolden(
  selection: FieldSelection,
  rows: number,
  read: (file: string) => NpyContent,
): CtrSource {
  const columns = new Map<string, NpyContent>();
  const take = (name: string, file: string, type: 'ids' | 'lists' | 'numbers'): void => {
    const content = read(file);
    const { data, shape } = content;
    const typed = data instanceof (type === 'numbers' ? Float32Array : Int32Array);
    if (!typed || shape.length !== (type === 'lists' ? 2 : 1) || shape[0] !== rows) {
      throw new AutoModelError('ARTEFACT_CORRUPT', `${file} does not hold ${type} of ${rows} golden rows`, {
        details: { file, shape },
      });
    }
    columns.set(name, content);
  };
  selection.embedded.forEach(({ name, kind }, f) =>
    take(name, `golden/field-${f}.npy`, kind === 'categorical' ? 'ids' : 'lists'),
  );
  selection.sequences.forEach(({ name }, s) => take(name, `golden/sequence-${s}.npy`, 'lists'));
  selection.numeric.forEach(({ name }, n) => take(name, `golden/numeric-${n}.npy`, 'numbers'));
  return sourceOf(columns, selection, rows);
}

function sourceOf(columns: GoldenColumns, selection: FieldSelection, rows: number): CtrSource {
  const ids = new Map<string, Int32Array>();
  const ragged = new Map<string, Ragged>();
  const numeric = new Map<string, Float32Array>();
  for (const { name, kind } of selection.embedded) {
    const column = required(columns.get(name), name);
    if (kind === 'categorical') ids.set(name, column.data as Int32Array);
    else ragged.set(name, raggedOf(column));
  }
  for (const { name } of selection.sequences) ragged.set(name, raggedOf(required(columns.get(name), name)));
  for (const { name } of selection.numeric)
    numeric.set(name, required(columns.get(name), name).data as Float32Array);
  const block: CtrBlock = {
    rows,
    ids,
    ragged,
    numeric,
    labels: undefined,
    extraLabels: new Map(),
    users: new Int32Array(rows),
    rowIds: Float64Array.from({ length: rows }, (_, row) => row),
  };
  return { name: 'validation', rows, blockCount: 1, blockStarts: [0, rows], block: () => block };
}

function listOf({ values, begins, ends }: Ragged, row: number): number[] {
  return [...values.subarray(begins[row], ends[row])];
}

function lists(ragged: Ragged, rows: number): number[][] {
  return Array.from({ length: rows }, (_, row) => listOf(ragged, row));
}

/** Lists as a matrix; a list ends at its first zero, which no list contains. */
function padded(rows: readonly (readonly number[])[]): NpyContent {
  const width = Math.max(1, ...rows.map((row) => row.length));
  const data = new Int32Array(rows.length * width);
  rows.forEach((row, i) => data.set(row, i * width));
  return { data, shape: [rows.length, width] };
}

function raggedOf({ data, shape: [rows, width] }: NpyContent): Ragged {
  const values = data as Int32Array;
  const begins = Int32Array.from({ length: rows }, (_, row) => row * width);
  const ends = begins.map((begin) => {
    let end = begin + width;
    while (end > begin && values[end - 1] === 0) end -= 1;
    return end;
  });
  return { values, begins, ends };
}
