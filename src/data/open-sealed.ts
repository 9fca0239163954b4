import type { DatasetContract } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';

/** The sealed side of the test split, row for row in the order of the test source (or of the test cases). */
export interface SealedLabels {
  readonly contract: DatasetContract;
  readonly rows: number;
  /** ctr and rating: main label [rows]; undefined for next-item */
  readonly labels: Float32Array | undefined;
  readonly extraLabels: ReadonlyMap<string, Float32Array>;
  /** next-item: item id per case [rows] (UNKNOWN_ID where training never saw the item); undefined otherwise */
  readonly targets: Int32Array | undefined;
  /** dense user index, as in the source */
  readonly users: Int32Array;
  /** row number in the event table, as predictions files name it */
  readonly rowIds: Float64Array;
}

/** Opens the sealed test labels. For the scorer process alone: every call is an opening that the journal must record. */
export function openSealed(dir: string): SealedLabels {
  throw new AutoModelError('INTERNAL', `openSealed(${dir}) is being written`);
}
