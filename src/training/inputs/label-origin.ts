import type { CtrDataset } from '../../schema/index.js';

/**
 * What a model's outputs are measured from: the mean of the training ratings, so that no step is spent on learning it, and
 * 0 for clicks. Training labels are read less this number, and the served graph adds it again.
 */
export function labelOrigin({ task, train }: Pick<CtrDataset, 'task' | 'train'>): number {
  if (task !== 'rating' || train.rows === 0) return 0;
  let sum = 0;
  for (let index = 0; index < train.blockCount; index += 1) {
    for (const label of train.block(index).labels ?? []) sum += label;
  }
  return Math.fround(sum / train.rows);
}
