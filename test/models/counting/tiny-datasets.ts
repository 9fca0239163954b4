import type {
  CtrBlock,
  CtrDataset,
  CtrSource,
  DatasetContract,
  EncodedField,
  NextItemCases,
  NextItemDataset,
  Ragged,
  SplitName,
} from '../../../src/schema/index.js';

function contract(task: DatasetContract['task']): DatasetContract {
  return {
    hash: 'tiny',
    task,
    split: 'tiny',
    regime: 'frozen',
    label: 'label',
    candidateSet: task === 'next-item' ? 'all-items' : 'impressions',
    duplicates: 'kept',
    rows: { train: 0, validation: 0, test: 0 },
    clusterBy: 'user',
  };
}

/** Leave-one-out: the last item of each sequence is the test target, the one before it the validation target. */
export function leaveOneOut(sequences: readonly (readonly number[])[], itemCount?: number): NextItemDataset {
  const events: number[] = [];
  const offsets = [0];
  const trainEnds: number[] = [];
  for (const sequence of sequences) {
    events.push(...sequence.slice(0, -1));
    offsets.push(events.length);
    trainEnds.push(events.length - 1);
  }
  const users = Int32Array.from(sequences, (_, u) => u);
  const cases = (ends: readonly number[], fromEnd: number): NextItemCases => ({
    count: sequences.length,
    users,
    historyEnds: Int32Array.from(ends),
    targets: Int32Array.from(sequences, (sequence) => sequence[sequence.length - fromEnd]),
  });
  return {
    task: 'next-item',
    contract: contract('next-item'),
    itemCount: itemCount ?? Math.max(...sequences.flat()) + 1,
    userCount: sequences.length,
    events: Int32Array.from(events),
    offsets: Int32Array.from(offsets),
    trainEnds: Int32Array.from(trainEnds),
    validation: cases(trainEnds, 2),
    test: cases(offsets.slice(1), 1),
  };
}

export interface TinyRows {
  readonly ids?: Readonly<Record<string, readonly number[]>>;
  readonly bags?: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly numeric?: Readonly<Record<string, readonly number[]>>;
  readonly labels: readonly number[];
}

function ragged(lists: readonly (readonly number[])[]): Ragged {
  const ends: number[] = [];
  let end = 0;
  for (const list of lists) ends.push((end += list.length));
  return {
    values: Int32Array.from(lists.flat()),
    begins: Int32Array.from([0, ...ends.slice(0, -1)]),
    ends: Int32Array.from(ends),
  };
}

/** Rows as a source, cut into blocks of `blockRows`. */
export function sourceOf(name: SplitName, rows: TinyRows, blockRows = Infinity, sealed = false): CtrSource {
  const count = rows.labels.length;
  const starts = [0];
  while (starts[starts.length - 1] < count)
    starts.push(Math.min(count, starts[starts.length - 1] + blockRows));
  const block = (index: number): CtrBlock => {
    const cut = <T>(values: readonly T[]): readonly T[] => values.slice(starts[index], starts[index + 1]);
    return {
      rows: starts[index + 1] - starts[index],
      ids: new Map(Object.entries(rows.ids ?? {}).map(([field, ids]) => [field, Int32Array.from(cut(ids))])),
      ragged: new Map(Object.entries(rows.bags ?? {}).map(([field, lists]) => [field, ragged(cut(lists))])),
      numeric: new Map(
        Object.entries(rows.numeric ?? {}).map(([field, values]) => [field, Float32Array.from(cut(values))]),
      ),
      labels: sealed ? undefined : Float32Array.from(cut(rows.labels)),
      extraLabels: new Map(),
      users: new Int32Array(starts[index + 1] - starts[index]),
      rowIds: Float64Array.from(cut(rows.labels), (_, n) => starts[index] + n),
    };
  };
  return { name, rows: count, blockCount: starts.length - 1, blockStarts: starts, block };
}

export function ctrDataset(
  fields: readonly EncodedField[],
  sizes: Readonly<Record<string, number>>,
  train: CtrSource,
  task: 'ctr' | 'rating' = 'ctr',
): CtrDataset {
  const empty = (name: SplitName): CtrSource => sourceOf(name, { labels: [] });
  return {
    task,
    contract: contract(task),
    fields,
    vocabularySizes: new Map(Object.entries(sizes)),
    userCount: 1,
    train,
    validation: empty('validation'),
    test: empty('test'),
  };
}

export const categorical = (name: string, side: 'user' | 'item' | 'context'): EncodedField => ({
  kind: 'categorical',
  name,
  side,
  vocabulary: name,
});

/**
 * Sequences that walk on a circle of items, one step at a time (with skips): the direction carries everything. Ids
 * from 2 on.
 */
export function circleWalks(users: number, items: number, length: number, uniform: () => number): number[][] {
  return Array.from({ length: users }, () => {
    let at = Math.floor(uniform() * items);
    return Array.from({ length }, () => {
      at = (at + 1 + (uniform() < 0.2 ? 1 : 0)) % items;
      return at + 2;
    });
  });
}
