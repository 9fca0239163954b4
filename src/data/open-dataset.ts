import type { EncodedDataset } from '../schema/index.js';
import { readRecord } from './dataset-record.js';
import { openCtr } from './open-ctr.js';
import { openNextItem } from './open-next-item.js';

/**
 * Opens what `prepareDataset` wrote. Blocks are read when asked for; the latest one of each split is kept. Nothing below
 * `sealed/` is opened here: labels and targets of the test split are undefined.
 * @throws ARTEFACT_CORRUPT
 */
export function openDataset(dir: string): EncodedDataset {
  const record = readRecord(dir);
  return record.kind === 'ctr' ? openCtr(dir, record) : openNextItem(dir, record);
}
