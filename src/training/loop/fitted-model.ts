import type { CtrSource, NextItemCases } from '../../schema/index.js';
import type { TopLists } from './top-lists.js';

export interface HistoryEntry {
  readonly step: number;
  readonly epoch: number;
  /** mean training loss since the entry before */
  readonly loss: number;
  /** validation metric (larger is better); undefined without validation */
  readonly metric: number | undefined;
  readonly learningRate: number;
}

/** Where the wall time of training went. Overlapped work counts in each of its parts, so they may add up to more. */
export interface TrainTimings {
  /** ids, gathers, masks, labels */
  readonly prepareMs: number;
  /** ONNX Runtime */
  readonly computeMs: number;
  /** embedding updates */
  readonly updateMs: number;
  readonly totalMs: number;
}

/** What an artefact carries besides what training knows itself. */
export interface ArtefactExtra {
  readonly metrics: unknown;
  readonly lineage: unknown;
  /** further files by name inside the folder, such as features.sql and vocabularies */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** A trained model in memory. Scoring runs in its compute thread until `close`. */
export interface FittedModel {
  readonly task: 'ctr' | 'rating' | 'next-item';
  /** dense weights plus embedding table entries */
  readonly parameterCount: number;
  /** forward pass of one row (or one user) */
  readonly flopsPerSample: number;
  readonly history: readonly HistoryEntry[];
  /** of the weights that this model carries; undefined without validation */
  readonly bestMetric: number | undefined;
  /** epochs trained, with fraction */
  readonly epochs: number;
  /** epochs at which the weights of this model stood: the number to refit with */
  readonly bestEpochs: number;
  /** training rows (or users) seen */
  readonly samples: number;
  /** the definition's observables, mean over the last evaluation interval */
  readonly observables: Readonly<Record<string, number>>;
  readonly timings: TrainTimings;
  /** Logits of the rows of a source, in order; the sigmoid is the caller's. @throws USAGE for a next-item model */
  predict(source: CtrSource): Promise<Float32Array>;
  /**
   * Best k items per case; the user's own history and ids below FIRST_VALUE_ID are no candidates. Targets may be sealed,
   * and a target is a candidate always: `repeats` says where an item of the history would stand.
   */
  rankCases(cases: NextItemCases, k: number): Promise<TopLists>;
  /**
   * Mean-tie rank (1 is best) of each case's target among the same candidates plus the target; Infinity, a miss, where
   * the target lies outside of the vocabulary.
   */
  rankTargets(cases: NextItemCases): Promise<Float32Array>;
  /** Writes the artefact folder; nothing is left when it fails. @throws DISK_FULL */
  saveArtefact(dir: string, extra: ArtefactExtra): Promise<void>;
  close(): Promise<void>;
}
