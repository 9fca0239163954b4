import type { DatasetContract, ProjectConfig, Warning } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';

export interface PrepareOptions {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  /** the encoded dataset goes to `cacheDir/<contract hash>/` */
  readonly cacheDir: string;
  /** share done, 0..1, and what is being done */
  readonly onProgress?: (done: number, message: string) => void;
  readonly signal?: AbortSignal;
}

export interface PreparedDataset {
  /** `cacheDir/<contract hash>`: features.sql, vocabularies/, blocks, sealed/ */
  readonly dir: string;
  readonly contract: DatasetContract;
  readonly warnings: readonly Warning[];
  readonly fieldCount: number;
  readonly duplicateRows: number;
  /** true when the folder was there already */
  readonly cached: boolean;
}

/** Encodes the project's event log once, by content: the same files and configuration give the same folder. */
export async function prepareDataset(options: PrepareOptions): Promise<PreparedDataset> {
  throw new AutoModelError('INTERNAL', `prepareDataset(${options.projectDir}) is being written`);
}
