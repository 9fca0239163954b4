import type { ColumnRole, ColumnType, ProjectConfig, SplitName } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';

export interface ColumnProfile {
  readonly table: string;
  readonly column: string;
  readonly role: ColumnRole;
  readonly type: ColumnType;
  /** approximate number of distinct values */
  readonly distinct: number;
  /** share of rows without a value */
  readonly missing: number;
  readonly min: string | null;
  readonly max: string | null;
  /** most frequent values with their counts; empty for user ids, which never leave the engine */
  readonly top: readonly { readonly value: string; readonly count: number }[];
}

export interface Profile {
  readonly tables: readonly {
    readonly name: string;
    readonly kind: 'events' | 'entity' | 'dated' | 'unused';
    readonly files: readonly string[];
    readonly rows: number;
    readonly joinKeys: readonly string[];
  }[];
  readonly columns: readonly ColumnProfile[];
  readonly duplicateRows: number;
  readonly users: number;
  readonly items: number;
  readonly splitRows: Readonly<Record<SplitName, number>>;
  /** mean of the main label; null for the sealed test split and for next-item tasks */
  readonly labelMean: Readonly<Record<SplitName, number | null>>;
}

export interface ProfileOptions {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  readonly signal?: AbortSignal;
}

export async function profile(options: ProfileOptions): Promise<Profile> {
  throw new AutoModelError('INTERNAL', `profile(${options.projectDir}) is being written`);
}
