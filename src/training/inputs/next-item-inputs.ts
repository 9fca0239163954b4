import type { Graph } from '../../graph/index.js';
import type { NextItemInputs } from '../../graph/index.js';
import type { Node } from '../../graph/index.js';
import type { LossName } from '../recipe/recipe.js';

export const nextItemInputNames = {
  items: 'items',
  mask: 'mask',
  targetPositions: 'target_positions',
  targets: 'targets',
  negatives: 'negatives',
  negativeLogProbabilities: 'negative_log_probabilities',
  targetLogProbabilities: 'target_log_probabilities',
} as const;

/**
 * Makes graph inputs as a next-item model asks for them. Under `sampled-softmax` all three sampling inputs exist, under
 * `bpr` the negatives alone, under `softmax` none.
 */
export class NextItemInputBuilder implements NextItemInputs {
  readonly items: Node;
  readonly mask: Node;
  readonly negatives: Node | undefined;
  readonly negativeLogProbabilities: Node | undefined;
  readonly targetLogProbabilities: Node | undefined;
  private positionsNode: Node | undefined;
  private targetsNode: Node | undefined;

  constructor(
    readonly graph: Graph,
    readonly itemCount: number,
    readonly maxLength: number,
    loss: LossName,
  ) {
    this.items = graph.input(nextItemInputNames.items, ['B', maxLength], 'int32');
    this.mask = graph.input(nextItemInputNames.mask, ['B', maxLength], 'float32', 'mask');
    const training = graph.mode === 'train';
    if (training && loss !== 'softmax')
      this.negatives = graph.input(nextItemInputNames.negatives, ['N'], 'int32');
    if (training && loss === 'sampled-softmax') {
      this.negativeLogProbabilities = graph.input(nextItemInputNames.negativeLogProbabilities, ['N']);
      this.targetLogProbabilities = graph.input(nextItemInputNames.targetLogProbabilities, ['P']);
    }
  }

  get targetPositions(): Node {
    this.positionsNode ??= this.graph.input(nextItemInputNames.targetPositions, ['P'], 'int32');
    return this.positionsNode;
  }

  get targets(): Node {
    this.targetsNode ??= this.graph.input(nextItemInputNames.targets, ['P'], 'int32', 'label');
    return this.targetsNode;
  }
}
