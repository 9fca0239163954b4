import { join } from 'node:path';
import type { NextItemCases, NextItemDataset } from '../schema/index.js';
import { readBytes } from './block-files.js';
import type { NextItemRecord } from './dataset-record.js';

/** File names of a next-item dataset; all hold 32-bit integers, row ids 64-bit floats. */
export const nextItemFiles = {
  events: 'events.bin',
  offsets: 'offsets.bin',
  trainEnds: 'train-ends.bin',
  cases: (split: 'validation' | 'test', part: 'users' | 'ends') => join(split, `${part}.bin`),
  validationTargets: join('validation', 'targets.bin'),
  sealedTargets: join('sealed', 'targets.bin'),
  validationRows: join('validation', 'row-ids.bin'),
  sealedRows: join('sealed', 'row-ids.bin'),
} as const;

/** Parquet of (value, id, n): the item vocabulary. */
export const itemVocabularyFile = join('vocabularies', '0.parquet');
/** Parquet of (value, idx): the dense index of users. */
export const usersFile = 'users.parquet';

export function openNextItem(dir: string, record: NextItemRecord): NextItemDataset {
  const integers = (name: string, length: number): Int32Array =>
    new Int32Array(readBytes(join(dir, name), 0, length * 4));
  const cases = (split: 'validation' | 'test'): NextItemCases => ({
    count: record.cases[split],
    users: integers(nextItemFiles.cases(split, 'users'), record.cases[split]),
    historyEnds: integers(nextItemFiles.cases(split, 'ends'), record.cases[split]),
    targets:
      split === 'test' ? undefined : integers(nextItemFiles.validationTargets, record.cases.validation),
    rowIds:
      split === 'test'
        ? undefined
        : new Float64Array(readBytes(join(dir, nextItemFiles.validationRows), 0, record.cases[split] * 8)),
  });
  return {
    task: 'next-item',
    contract: record.contract,
    itemCount: record.itemCount,
    userCount: record.userCount,
    events: integers(nextItemFiles.events, record.events),
    offsets: integers(nextItemFiles.offsets, record.userCount + 1),
    trainEnds: integers(nextItemFiles.trainEnds, record.userCount),
    validation: cases('validation'),
    test: cases('test'),
  };
}
