import type { CtrBlock, CtrDataset, CtrSource, DatasetContract } from '../../../src/schema/index.js';

export function contractOf(over: Partial<DatasetContract> = {}): DatasetContract {
  return {
    hash: 'abc',
    task: 'ctr',
    split: 'time',
    regime: 'frozen',
    label: 'click',
    candidateSet: 'impressions',
    duplicates: 'kept',
    rows: { train: 0, validation: 0, test: 0 },
    clusterBy: 'user',
    ...over,
  };
}

/** Rows of one block: who they belong to and, where the split is open, their labels. */
export interface BlockRows {
  readonly users: readonly number[] | Int32Array;
  readonly labels?: readonly number[] | Float32Array;
}

/** A split of several blocks without inputs; row ids count on from `firstRow`. */
export function sourceOf(name: CtrSource['name'], parts: readonly BlockRows[], firstRow = 0): CtrSource {
  const starts = [0];
  for (const { users } of parts) starts.push(starts[starts.length - 1] + users.length);
  const blocks = parts.map(({ users, labels }, index): CtrBlock => ({
    rows: users.length,
    ids: new Map(),
    ragged: new Map(),
    numeric: new Map(),
    labels: labels === undefined ? undefined : Float32Array.from(labels),
    extraLabels: new Map(),
    users: Int32Array.from(users),
    rowIds: Float64Array.from({ length: users.length }, (_, i) => firstRow + starts[index] + i),
  }));
  return {
    name,
    rows: starts[starts.length - 1],
    blockCount: blocks.length,
    blockStarts: starts,
    block: (index) => blocks[index],
  };
}

/** A click dataset of three categorical fields, with the given splits and empty ones otherwise. */
export function ctrData(over: Partial<CtrDataset> = {}): CtrDataset {
  const fields = ['user', 'item', 'place'];
  const {
    train = sourceOf('train', []),
    validation = sourceOf('validation', []),
    test = sourceOf('test', []),
  } = over;
  return {
    task: 'ctr',
    contract: contractOf({ rows: { train: train.rows, validation: validation.rows, test: test.rows } }),
    fields: fields.map((name) => ({ kind: 'categorical', name, side: 'context', vocabulary: name })),
    vocabularySizes: new Map(fields.map((name) => [name, 9])),
    userCount: 1,
    ...over,
    train,
    validation,
    test,
  };
}

/** Every label of a split in row order. */
export function labelsIn(source: CtrSource): number[] {
  return Array.from({ length: source.blockCount }, (_, i) => [...(source.block(i).labels ?? [])]).flat();
}

/** Every user of a split in row order. */
export function usersIn(source: CtrSource): number[] {
  return Array.from({ length: source.blockCount }, (_, i) => [...source.block(i).users]).flat();
}
