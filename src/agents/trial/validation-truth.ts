import type { CtrDataset, EncodedDataset, NextItemDataset } from '../../schema/index.js';
import { selectedRows, shareMask, takeFloat, takeInt, type ValidationShare } from './validation-share.js';

/** Labels of the rows that a score may look at, with the rows' numbers in the split. */
export interface RowTruth {
  readonly kind: 'rows';
  readonly task: 'ctr' | 'rating';
  readonly rows: Int32Array;
  readonly labels: Float32Array;
  readonly users: Int32Array;
  readonly userCount: number;
}

/** Cases of a next-item split; their targets are already in the ranks that are scored. */
export interface RankTruth {
  readonly kind: 'ranks';
  readonly task: 'next-item';
  readonly rows: Int32Array;
  readonly users: Int32Array;
  readonly userCount: number;
}

export type ValidationTruth = RowTruth | RankTruth;

/** What the harness knows of the validation split, limited to the users of a share. */
export function validationTruth(dataset: EncodedDataset, share: ValidationShare): ValidationTruth {
  return dataset.task === 'next-item' ? rankTruth(dataset, share) : rowTruth(dataset, share);
}

function rankTruth(dataset: NextItemDataset, share: ValidationShare): RankTruth {
  const rows = selectedRows(shareMask(dataset.validation.users, share, dataset.contract.hash));
  return {
    kind: 'ranks',
    task: 'next-item',
    rows,
    users: takeInt(dataset.validation.users, rows),
    userCount: dataset.userCount,
  };
}

function rowTruth(dataset: CtrDataset, share: ValidationShare): RowTruth {
  const source = dataset.validation;
  const labels = new Float32Array(source.rows);
  const users = new Int32Array(source.rows);
  for (let index = 0; index < source.blockCount; index += 1) {
    const block = source.block(index);
    if (block.labels === undefined) throw new RangeError('the validation split has no labels');
    labels.set(block.labels, source.blockStarts[index]);
    users.set(block.users, source.blockStarts[index]);
  }
  const rows = selectedRows(shareMask(users, share, dataset.contract.hash));
  return {
    kind: 'rows',
    task: dataset.task,
    rows,
    labels: takeFloat(labels, rows),
    users: takeInt(users, rows),
    userCount: dataset.userCount,
  };
}
