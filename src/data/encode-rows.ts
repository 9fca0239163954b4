import type { CtrSource, ProjectConfig } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';

export interface EncodeRowsOptions {
  readonly projectDir: string;
  /** folder of the prepared dataset whose vocabularies, cuts and histories are used */
  readonly dir: string;
  readonly config: ProjectConfig;
  /** Parquet, CSV or JSON lines with the columns of the event table (label not needed) */
  readonly file: string;
  readonly signal?: AbortSignal;
}

/** Encodes new event rows as the dataset was encoded: unknown values get id 1. Rows keep the order of the file. */
export async function encodeRows(options: EncodeRowsOptions): Promise<CtrSource> {
  throw new AutoModelError('INTERNAL', `encodeRows(${options.file}) is being written`);
}
