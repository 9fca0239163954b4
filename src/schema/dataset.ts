import type { SplitName } from './roles.js';

/**
 * The encoded dataset: what `data` makes of an event log and what models are trained on. Ids are small integers per
 * vocabulary: 0 is padding (never trained, embeds to zero), 1 is out-of-vocabulary, values start at 2.
 */
export const PADDING_ID = 0;
export const UNKNOWN_ID = 1;
export const FIRST_VALUE_ID = 2;

export type FieldSide = 'user' | 'item' | 'context';

/** One value per row. Fields that share a vocabulary share its embedding table. */
export interface CategoricalField {
  readonly kind: 'categorical';
  readonly name: string;
  readonly side: FieldSide;
  readonly vocabulary: string;
}

/** A bag of values per row (genres, tags); its embedding is the mean of the members' rows. */
export interface MultiField {
  readonly kind: 'multi';
  readonly name: string;
  readonly side: FieldSide;
  readonly vocabulary: string;
}

/** Ordered behaviour of the user strictly before the event, oldest first; models see the last `maxLength`. */
export interface SequenceField {
  readonly kind: 'sequence';
  readonly name: string;
  readonly vocabulary: string;
  readonly maxLength: number;
  /** The categorical field whose vocabulary the sequence shares (the candidate, for target attention). */
  readonly targetField: string | undefined;
}

/** A real number per row, already standardised or log-transformed; missing is 0 after standardising. */
export interface NumericField {
  readonly kind: 'numeric';
  readonly name: string;
  readonly side: FieldSide;
}

export type EncodedField = CategoricalField | MultiField | SequenceField | NumericField;

/** Variable-length integer lists: row i holds values[begins[i] .. ends[i]). Rows may share one backing array. */
export interface Ragged {
  readonly values: Int32Array;
  readonly begins: Int32Array;
  readonly ends: Int32Array;
}

/** A run of encoded rows of one split. */
export interface CtrBlock {
  readonly rows: number;
  /** categorical field name → ids [rows] */
  readonly ids: ReadonlyMap<string, Int32Array>;
  /** multi and sequence field name → lists */
  readonly ragged: ReadonlyMap<string, Ragged>;
  /** numeric field name → values [rows] */
  readonly numeric: ReadonlyMap<string, Float32Array>;
  /** main label [rows] in {0,1} (or a rating for task `rating`); undefined where the split is sealed */
  readonly labels: Float32Array | undefined;
  /** further labels for multi-task training, by name [rows] */
  readonly extraLabels: ReadonlyMap<string, Float32Array>;
  /** dense index of the user [rows] (cluster of intervals, group of GAUC); row or time blocks where there is no user */
  readonly users: Int32Array;
  /** row number in the event table [rows], as predictions files name it */
  readonly rowIds: Float64Array;
}

/** One split, in blocks so that it may be larger than memory. Small splits are a single cached block. */
export interface CtrSource {
  readonly name: SplitName;
  readonly rows: number;
  readonly blockCount: number;
  /** rows of all blocks before block i, so that a global row index can be formed; length blockCount + 1 */
  readonly blockStarts: readonly number[];
  block(index: number): CtrBlock;
}

export interface CtrDataset {
  readonly task: 'ctr' | 'rating';
  readonly contract: DatasetContract;
  readonly fields: readonly EncodedField[];
  /** vocabulary name → number of ids (padding and unknown included) */
  readonly vocabularySizes: ReadonlyMap<string, number>;
  /** number of distinct users (or blocks) that `users` indexes */
  readonly userCount: number;
  readonly train: CtrSource;
  readonly validation: CtrSource;
  /** features only: its labels lie in the sealed file */
  readonly test: CtrSource;
}

/** An evaluation case of a next-item task: rank all items for the user after events[offsets[user] .. historyEnd). */
export interface NextItemCases {
  readonly count: number;
  readonly users: Int32Array;
  readonly historyEnds: Int32Array;
  /** item id per case; undefined where the split is sealed */
  readonly targets: Int32Array | undefined;
  /** row number in the event table of each case's event, as predictions files name it; undefined where sealed */
  readonly rowIds?: Float64Array | undefined;
}

export interface NextItemDataset {
  readonly task: 'next-item';
  readonly contract: DatasetContract;
  /** ids in the item vocabulary, padding and unknown included; candidates are the ids from FIRST_VALUE_ID on */
  readonly itemCount: number;
  readonly userCount: number;
  /** all train and validation events, by user, oldest first; test targets are not among them */
  readonly events: Int32Array;
  /** events of user u: [offsets[u], offsets[u + 1]); length userCount + 1 */
  readonly offsets: Int32Array;
  /** events of user u that may be trained on: [offsets[u], trainEnds[u]) */
  readonly trainEnds: Int32Array;
  readonly validation: NextItemCases;
  readonly test: NextItemCases;
}

export type EncodedDataset = CtrDataset | NextItemDataset;

/** What makes two scores comparable. Metrics refuse to compare across different hashes. */
export interface DatasetContract {
  readonly hash: string;
  readonly task: 'ctr' | 'rating' | 'next-item';
  /** human-readable: "column:date@20220505,20220507" */
  readonly split: string;
  /** behaviour histories are frozen at the start of the evaluated split: no label of the split enters a feature */
  readonly regime: 'frozen';
  readonly label: string;
  /**
   * impressions: the rows of the split. all-items: full ranking over the item vocabulary without the user's own history;
   * the case's target is a candidate always, also when the user has had it before.
   */
  readonly candidateSet: 'impressions' | 'all-items';
  readonly duplicates: 'kept' | 'dropped';
  readonly rows: Readonly<Record<SplitName, number>>;
  readonly clusterBy: 'user' | 'row-block' | 'time-block';
}
