import type { CtrBlock, CtrDataset, CtrSource, EncodedField, NumericField } from '../../schema/index.js';
import { AutoModelError } from '../../platform/index.js';

/** A field whose values can be counted; sequences are histories, not values. */
export type CountableField = Exclude<EncodedField, { kind: 'sequence' }>;

/** Whether effects add up as log odds (labels in {0, 1}) or as plain differences (ratings). */
export type Link = 'logit' | 'identity';

/** How counts become effects. */
export interface Smoothing {
  /** pseudo-rows of the overall rate in each value */
  readonly strength: number;
  /** factor on every effect */
  readonly damping: number;
  readonly link: Link;
}

export const linkOf = ({ task }: Pick<CtrDataset, 'task'>): Link =>
  task === 'rating' ? 'identity' : 'logit';

/** Rows [from, to) of a source, by global row index. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Sums per value of one field; numeric fields are cut into bins at training quantiles first. */
export interface RateTable {
  readonly field: CountableField;
  readonly edges: Float32Array | undefined;
  /** Σ labels and number of rows per value; a row with m members of a bag gives each of them 1/m of itself */
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** Bins of a numeric field; equal values never straddle two bins. */
const numericBins = 24;
/** Values that the quantiles are taken from. */
const quantileSample = 50_000;

export function labelsOf(block: CtrBlock, source: CtrSource): Float32Array {
  if (block.labels === undefined) {
    throw new AutoModelError(
      'TEST_SEALED',
      `The labels of split ${source.name} are sealed; a floor fits on train only`,
      {
        details: { split: source.name },
      },
    );
  }
  return block.labels;
}

export const allRows = ({ rows }: CtrSource): RowRange => ({ from: 0, to: rows });

/** Counts every field over a range of rows in one pass over the blocks. */
export function countRates(
  source: CtrSource,
  fields: readonly CountableField[],
  vocabularySizes: ReadonlyMap<string, number>,
  range: RowRange,
): readonly RateTable[] {
  const tables = fields.map((field): RateTable => {
    const edges = field.kind === 'numeric' ? quantileEdges(source, field, range) : undefined;
    const size =
      field.kind === 'numeric' ? (edges?.length ?? 0) + 1 : (vocabularySizes.get(field.vocabulary) ?? 0);
    return { field, edges, sums: new Float64Array(size), counts: new Float64Array(size) };
  });
  forEachBlock(source, range, (block, begin, end) => {
    const labels = labelsOf(block, source);
    for (const table of tables) {
      forEachValue(table, block, begin, end, (row, value, share) => {
        table.sums[value] += share * labels[row];
        table.counts[value] += share;
      });
    }
  });
  return tables;
}

/** Mean label over a range of rows; 0 when it is empty. */
export function meanLabel(source: CtrSource, range: RowRange): number {
  let sum = 0;
  forEachBlock(source, range, (block, begin, end) => {
    const labels = labelsOf(block, source);
    for (let row = begin; row < end; row += 1) sum += labels[row];
  });
  return range.to > range.from ? sum / (range.to - range.from) : 0;
}

/**
 * Effect of each value: damping x [link((Σ labels + strength x prior) / (rows + strength)) - link(prior)], so that a value
 * that was never seen has none.
 */
export function effectsOf(table: RateTable, prior: number, smoothing: Smoothing): Float64Array {
  const { strength, damping, link } = smoothing;
  const zero = linked(prior, link);
  return table.counts.map((count, value) => {
    const rate = (table.sums[value] + strength * prior) / (count + strength);
    return damping * (linked(rate, link) - zero);
  });
}

/** Adds a field's effects to out[row - range.from] for every row of the range. */
export function addEffects(
  source: CtrSource,
  table: RateTable,
  effects: Float64Array,
  range: RowRange,
  out: Float32Array,
): void {
  forEachBlock(source, range, (block, begin, end, start) => {
    const shift = start - range.from;
    forEachValue(table, block, begin, end, (row, value, share) => {
      out[row + shift] += share * effects[value];
    });
  });
}

/** Log odds, kept finite for rates of exactly 0 or 1; ratings as they are. */
export function linked(rate: number, link: Link): number {
  if (link === 'identity') return rate;
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, rate));
  return Math.log(inside / (1 - inside));
}

/** Calls back with each overlapping block, its local rows [begin, end) and the global index of its first row. */
export function forEachBlock(
  source: CtrSource,
  range: RowRange,
  visit: (block: CtrBlock, begin: number, end: number, start: number) => void,
): void {
  for (let b = 0; b < source.blockCount; b += 1) {
    const start = source.blockStarts[b];
    const begin = Math.max(0, range.from - start);
    const end = Math.min(source.blockStarts[b + 1], range.to) - start;
    if (end > begin) visit(source.block(b), begin, end, start);
  }
}

function forEachValue(
  table: RateTable,
  block: CtrBlock,
  begin: number,
  end: number,
  visit: (row: number, value: number, share: number) => void,
): void {
  const { field } = table;
  if (field.kind === 'categorical') {
    const ids = required(block.ids.get(field.name), field.name);
    for (let row = begin; row < end; row += 1) visit(row, ids[row], 1);
  } else if (field.kind === 'multi') {
    const lists = required(block.ragged.get(field.name), field.name);
    for (let row = begin; row < end; row += 1) {
      const size = lists.ends[row] - lists.begins[row];
      for (let at = lists.begins[row]; at < lists.ends[row]; at += 1) visit(row, lists.values[at], 1 / size);
    }
  } else {
    const values = required(block.numeric.get(field.name), field.name);
    const edges = table.edges ?? new Float32Array(0);
    for (let row = begin; row < end; row += 1) visit(row, binOf(edges, values[row]), 1);
  }
}

/** Number of edges that are at most `value`. */
function binOf(edges: Float32Array, value: number): number {
  let low = 0;
  for (let high = edges.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (edges[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function quantileEdges(source: CtrSource, field: NumericField, range: RowRange): Float32Array {
  const step = Math.max(1, Math.ceil((range.to - range.from) / quantileSample));
  const sample: number[] = [];
  forEachBlock(source, range, (block, begin, end) => {
    const values = required(block.numeric.get(field.name), field.name);
    for (let row = begin; row < end; row += step) sample.push(values[row]);
  });
  const sorted = Float32Array.from(sample).sort();
  const edges = new Set<number>();
  for (let bin = 1; bin < numericBins; bin += 1) {
    const edge = sorted[Math.floor((bin * sorted.length) / numericBins)];
    if (edge > sorted[0]) edges.add(edge);
  }
  return Float32Array.from(edges);
}

function required<T>(column: T | undefined, name: string): T {
  if (column === undefined) {
    throw new AutoModelError(
      'UNKNOWN_COLUMN',
      `Field ${name} is declared but missing from a block of the dataset`,
      {
        details: { field: name },
      },
    );
  }
  return column;
}
