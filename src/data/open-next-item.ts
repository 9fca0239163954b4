import { join } from 'node:path';
import type { NextItemCases, NextItemDataset } from '../schema/index.js';
import { readBytes } from './block-files.js';
import type { NextItemRecord } from './dataset-record.js';

/** File names of a next-item dataset; all hold 32-bit integers. */
export const nextItemFiles = {
  events: 'events.bin',
  offsets: 'offsets.bin',
  trainEnds: 'train-ends.bin',
  cases: (split: 'validation' | 'test', part: 'users' | 'ends') => join(split, `${part}.bin`),
  validationTargets: join('validation', 'targets.bin'),
  sealedTargets: join('sealed', 'targets.bin'),
  sealedRows: join('sealed', 'row-ids.bin'),
} as const;

export function openNextItem(dir: string, record: NextItemRecord): NextItemDataset {
  const integers = (name: string, length: number): Int32Array =>
    new Int32Array(readBytes(join(dir, name), 0, length * 4));
  const cases = (split: 'validation' | 'test'): NextItemCases => ({
    count: record.cases[split],
    users: integers(nextItemFiles.cases(split, 'users'), record.cases[split]),
    historyEnds: integers(nextItemFiles.cases(split, 'ends'), record.cases[split]),
    targets:
      split === 'test' ? undefined : integers(nextItemFiles.validationTargets, record.cases.validation),
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
