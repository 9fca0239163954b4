import type { HyperParameters } from '../../graph/index.js';
import type { CtrDataset, CtrSource, NextItemCases, NextItemDataset } from '../../schema/index.js';
import type { Space } from '../../space/index.js';
import type { TopLists } from '../../training/index.js';
import type { Votes } from './votes.js';

/**
 * A floor: a model that only counts. It learns from `dataset.train` (or the events before `trainEnds`) in one pass,
 * without gradients; validation rows are never read while fitting.
 */
interface CountingCommon {
  /** registry id, kebab-case; unique together with the task */
  readonly name: string;
  readonly title: string;
  /** where the method comes from */
  readonly source: string;
  readonly space: Space;
}

export interface FitOptions {
  /** Counting draws nothing at random, except where a model says so. */
  readonly seed: number;
}

export interface CtrCountingModel extends CountingCommon {
  readonly task: 'ctr';
  fit(dataset: CtrDataset, hp: HyperParameters, options: FitOptions): FittedCtrCounting;
}

export interface NextItemCountingModel extends CountingCommon {
  readonly task: 'next-item';
  fit(dataset: NextItemDataset, hp: HyperParameters, options: FitOptions): FittedNextItemCounting;
}

export type CountingModel = CtrCountingModel | NextItemCountingModel;

export interface FittedCtrCounting {
  readonly task: 'ctr';
  /** numbers that were learned */
  readonly parameters: number;
  /** log odds per row [rows], or the predicted rating for task `rating`; rows in the order of the source's blocks */
  predict(source: CtrSource): Float32Array;
}

/** A fitted next-item model: what it has learned, ready to rank. */
export interface FittedNextItemCounting extends NextItemRanker {
  readonly votes: Votes;
}

export interface NextItemRanker {
  readonly task: 'next-item';
  readonly parameters: number;
  /**
   * Scores of every id for one case, written to `out` [itemCount]. Padding, unknown and the items of the user's own
   * history get -Infinity.
   */
  scoreCase(cases: NextItemCases, index: number, out: Float32Array): void;
  /** The same without the mask: every id has a finite score, those of the history too. */
  scoreAll(cases: NextItemCases, index: number, out: Float32Array): void;
  /**
   * The k best items of every case, best first, ties by smaller id. Short rows are filled with id 0, score -Infinity.
   * `repeats` says where items of the history would stand, of which one may be the (sealed) target.
   */
  rankCases(cases: NextItemCases, k: number): TopLists;
  /**
   * Mean-tie rank (1 is best) of each case's target among the same candidates plus the target; Infinity, a miss, where the
   * target lies outside of the vocabulary.
   * @throws TEST_SEALED when the cases carry no targets
   */
  rankTargets(cases: NextItemCases): Float32Array;
}
