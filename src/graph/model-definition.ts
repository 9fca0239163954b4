/**
 * The model contract, self-contained: what a model of the library, or one that a language model wrote, must look like.
 * A definition only emits a graph; training, scoring and serving never run anything else of it.
 */
import type { Space } from '../space/index.js';
import type { Graph } from './graph.js';
import type { Node } from './node.js';

/** Hyper-parameter values, one per active parameter of the definition's space. */
export type HyperParameters = Readonly<Record<string, string | number | boolean>>;

/** A field that embeds to one row per sample (bags are mean-pooled before the graph sees them). */
export interface FieldSpec {
  readonly name: string;
  readonly side: 'user' | 'item' | 'context';
  /** number of ids in the vocabulary */
  readonly size: number;
}

export interface SequenceSpec {
  readonly name: string;
  readonly maxLength: number;
  /** index into `fields` of the candidate that shares the vocabulary; undefined when there is none */
  readonly targetField: number | undefined;
}

/** What a click (or rating) model may read. B is the symbolic batch dimension. */
export interface CtrInputs {
  readonly graph: Graph;
  readonly fields: readonly FieldSpec[];
  readonly sequences: readonly SequenceSpec[];
  readonly numericCount: number;
  /**
   * Embedding rows of all `fields`: [B, F, dim]. Tables belong to `bank`, so a model may keep e.g. a "linear" bank of
   * dimension 1 beside its "embedding" bank; asking twice for one bank returns the same node.
   */
  embed(bank: string, dim: number): Node;
  /** Embedding rows of a sequence from the same bank's tables: [B, L, dim]; padded positions (at the end) are zero rows. */
  embedSequence(bank: string, dim: number, sequence: string): Node;
  /** 1 where the sequence has an event, 0 on padding: [B, L]. */
  sequenceMask(sequence: string): Node;
  /** Standardised numeric fields [B, N]; undefined when there are none. */
  numeric(): Node | undefined;
  /**
   * Main label [B]: 0/1, or the rating less the mean of the training ratings, which the trainer adds to the logits of the
   * served graph; only in training graphs.
   */
  readonly labels: Node;
  /** Further labels [B] by name, for multi-task models. */
  extraLabel(name: string): Node;
  readonly task: 'ctr' | 'rating';
}

/** What a next-item model may read. P is the symbolic number of positions that have a target. */
export interface NextItemInputs {
  readonly graph: Graph;
  /** ids in the item vocabulary: 0 padding, 1 unknown, values from 2 */
  readonly itemCount: number;
  readonly maxLength: number;
  /** int32 [B, L], left-padded with 0: the newest event is at L - 1 */
  readonly items: Node;
  /** float32 [B, L]: 1 on events */
  readonly mask: Node;
  /** int32 [P]: flat indices into B*L of the positions that have a target; only in training graphs */
  readonly targetPositions: Node;
  /** int32 [P]: the item that follows */
  readonly targets: Node;
  /** int32 [N] shared negatives of the step, for sampled losses; undefined under full cross-entropy */
  readonly negatives: Node | undefined;
  /** float32 [N]: log of the expected count of each negative in the sample (the correction of sampled softmax) */
  readonly negativeLogProbabilities: Node | undefined;
  /** float32 [P]: the same for the targets */
  readonly targetLogProbabilities: Node | undefined;
}

export interface ModelOutputs {
  /** ctr and rating: [B]; next-item: scores of every id at the newest position [B, itemCount] */
  readonly logits: Node;
  /** scalar; the mean over samples (or over positions with a target); undefined in inference graphs */
  readonly loss: Node | undefined;
  /** scalars worth watching during training, by name */
  readonly observables: Readonly<Record<string, Node>>;
}

interface DefinitionCommon {
  /** registry id, kebab-case */
  readonly name: string;
  readonly title: string;
  /** paper, arXiv id or venue */
  readonly source: string;
  readonly space: Space;
  /** members of the training recipe that suit this model better than the task's defaults, such as recipe.learningRate */
  readonly recipe?: HyperParameters;
}

export interface CtrModelDefinition extends DefinitionCommon {
  readonly task: 'ctr';
  build(inputs: CtrInputs, hp: HyperParameters): ModelOutputs;
}

export interface NextItemModelDefinition extends DefinitionCommon {
  readonly task: 'next-item';
  build(inputs: NextItemInputs, hp: HyperParameters): ModelOutputs;
}

export type ModelDefinition = CtrModelDefinition | NextItemModelDefinition;
