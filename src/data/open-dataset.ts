import type { EncodedDataset } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';

/** Opens what `prepareDataset` wrote. Blocks are read when asked for; the latest one of each split is kept. */
export function openDataset(dir: string): EncodedDataset {
  throw new AutoModelError('INTERNAL', `openDataset(${dir}) is being written`);
}
