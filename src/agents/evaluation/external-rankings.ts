import { readFileSync } from 'node:fs';
import { AutoModelError, writeFileAtomic } from '../../platform/index.js';
import { FIRST_VALUE_ID, UNKNOWN_ID, type NextItemDataset } from '../../schema/index.js';
import { exactUpTo, nextItemMetrics } from '../../stats/index.js';

/** Lists of another system, one entry per case and item, in any order. */
export interface RankedEntries {
  /** row number of the case's event in the event table [n] */
  readonly rows: Float64Array;
  /** id in the item vocabulary [n]; UNKNOWN_ID for what is no item of it */
  readonly items: Int32Array;
  readonly scores: Float64Array;
}

/** The cases that the lists are for, with their targets. */
export interface RankedCases {
  readonly rowIds: Float64Array;
  readonly users: Int32Array;
  readonly historyEnds: Int32Array;
  readonly targets: Int32Array;
}

/** What the lists turned out to be. */
export interface ListFacts {
  /** candidates in the shortest list that does not hold all of them; null when every list is complete */
  readonly shortest: number | null;
  /** entries left out since the user has had the item before */
  readonly masked: number;
  /** entries left out since the item is not in the vocabulary */
  readonly unknown: number;
}

/**
 * Mean-tie rank of every case's target in its list, under the contract of the task: candidates are the items of the
 * vocabulary without the user's history; the target is a candidate always. A target that is not listed gets Infinity,
 * which is exact for metrics at k up to half the list (see `rankInList`; ties beyond the cut only push it further out).
 * @returns ranks [cases], and facts that say up to which k they are exact
 * @throws PREDICTIONS_INVALID for a missing or unknown row, an item listed twice, a score that is not finite
 */
export function ranksOfEntries(
  entries: RankedEntries,
  cases: RankedCases,
  dataset: Pick<NextItemDataset, 'events' | 'offsets' | 'itemCount'>,
): { readonly ranks: Float32Array; readonly facts: ListFacts } {
  const { starts, order } = entriesByCase(entries, cases.rowIds);
  const count = cases.rowIds.length;
  const ranks = new Float32Array(count);
  const inHistory = new Int32Array(dataset.itemCount).fill(-1);
  const listed = new Int32Array(dataset.itemCount).fill(-1);
  let shortest: number | null = null;
  let masked = 0;
  let unknown = 0;
  for (let c = 0; c < count; c += 1) {
    const target = cases.targets[c];
    let candidates = dataset.itemCount - FIRST_VALUE_ID;
    for (let at = dataset.offsets[cases.users[c]]; at < cases.historyEnds[c]; at += 1) {
      const item = dataset.events[at];
      if (item < FIRST_VALUE_ID || item === target || inHistory[item] === c) continue;
      inHistory[item] = c;
      candidates -= 1;
    }
    let own = Number.NaN;
    for (let i = starts[c]; i < starts[c + 1]; i += 1) {
      const item = entries.items[order[i]];
      if (item === target && item >= FIRST_VALUE_ID) own = entries.scores[order[i]];
    }
    let kept = 0;
    let above = 0;
    let tied = 0;
    for (let i = starts[c]; i < starts[c + 1]; i += 1) {
      const item = entries.items[order[i]];
      if (item < FIRST_VALUE_ID) {
        unknown += 1;
        continue;
      }
      if (listed[item] === c) throw listedTwice(cases.rowIds[c]);
      listed[item] = c;
      if (inHistory[item] === c) {
        masked += 1;
        continue;
      }
      kept += 1;
      const score = entries.scores[order[i]];
      if (score > own) above += 1;
      else if (score === own) tied += 1;
    }
    ranks[c] = tied === 0 ? Number.POSITIVE_INFINITY : 1 + above + (tied - 1) / 2;
    if (kept < candidates && (shortest === null || kept < shortest)) shortest = kept;
  }
  return { ranks, facts: { shortest, masked, unknown } };
}

/** Metrics of the task that lists of this length determine. @throws PREDICTIONS_INVALID when there is none */
export function exactMetrics({ shortest }: ListFacts): readonly string[] {
  const most = shortest === null ? Number.POSITIVE_INFINITY : exactUpTo(shortest);
  const metrics = nextItemMetrics.filter((metric) => Number(metric.split('@')[1]) <= most);
  if (metrics.length === 0) {
    throw new AutoModelError(
      'PREDICTIONS_INVALID',
      `The shortest list holds ${shortest} candidates; not even metrics at 5 can be told from it`,
      {
        remedy:
          'List the best 100 items of every case: items of the vocabulary that the user has not had before.',
        details: { shortest },
      },
    );
  }
  return metrics;
}

/** Entry numbers case by case: those of case c are order[starts[c] .. starts[c + 1]). */
function entriesByCase(
  { rows, items, scores }: RankedEntries,
  rowIds: Float64Array,
): { readonly starts: Int32Array; readonly order: Int32Array } {
  const positions = new Map<number, number>();
  for (let c = 0; c < rowIds.length; c += 1) positions.set(rowIds[c], c);
  const caseOf = new Int32Array(rows.length);
  const starts = new Int32Array(rowIds.length + 1);
  for (let i = 0; i < rows.length; i += 1) {
    const position = positions.get(rows[i]);
    if (position === undefined) {
      throw invalid(`Row ${rows[i]} of the predictions is not a case of the evaluated split`, {
        remedy: 'Rank for the rows of this split only.',
        details: { row: rows[i], entry: i },
      });
    }
    if (!Number.isFinite(scores[i])) {
      throw invalid(`The score of an item of row ${rows[i]} is ${scores[i]}`, {
        remedy: 'Scores must be finite.',
        details: { row: rows[i], entry: i },
      });
    }
    caseOf[i] = position;
    starts[position + 1] += 1;
  }
  const missing = starts.indexOf(0, 1) - 1;
  if (missing >= 0) {
    throw invalid(`Row ${rowIds[missing]} has no list`, {
      remedy: 'Rank items for every row of the split.',
      details: { row: rowIds[missing] },
    });
  }
  for (let c = 0; c < rowIds.length; c += 1) starts[c + 1] += starts[c];
  const fill = starts.slice(0, rowIds.length);
  const order = new Int32Array(items.length);
  for (let i = 0; i < rows.length; i += 1) order[fill[caseOf[i]]++] = i;
  return { starts, order };
}

function invalid(
  message: string,
  about: { readonly remedy: string; readonly details: Record<string, unknown> },
): AutoModelError {
  return new AutoModelError('PREDICTIONS_INVALID', message, about);
}

function listedTwice(row: number): AutoModelError {
  return invalid(`An item is listed twice for row ${row}`, {
    remedy: 'List each item once per row.',
    details: { row },
  });
}

/** Writes entries for the scorer process: float64 n, rows and scores, then int32 items. Returns the bytes. */
export function entryBytes({ rows, items, scores }: RankedEntries): Uint8Array {
  const n = items.length;
  const bytes = new Uint8Array(8 + n * 20);
  const floats = new Float64Array(bytes.buffer, 0, 1 + 2 * n);
  floats[0] = n;
  floats.set(rows, 1);
  floats.set(scores, 1 + n);
  new Int32Array(bytes.buffer, 8 + n * 16, n).set(items);
  return bytes;
}

export function writeEntries(path: string, bytes: Uint8Array): void {
  writeFileAtomic(path, bytes);
}

export function readEntries(path: string): RankedEntries {
  const { buffer } = Uint8Array.from(readFileSync(path));
  const [n] = new Float64Array(buffer, 0, 1);
  return {
    rows: new Float64Array(buffer, 8, n),
    scores: new Float64Array(buffer, 8 + n * 8, n),
    items: new Int32Array(buffer, 8 + n * 16, n),
  };
}

/** @throws PREDICTIONS_INVALID when no entry at all names an item of the log: then ids were written in another form */
export function requireKnownItems({ items }: RankedEntries): void {
  if (items.some((item) => item !== UNKNOWN_ID)) return;
  throw invalid('No item of the predictions is an item of the training events', {
    remedy: 'Write item ids as they stand in the event table.',
    details: { entries: items.length },
  });
}
