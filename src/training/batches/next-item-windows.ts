import { AutoModelError, Rng } from '../../platform/index.js';
import { FIRST_VALUE_ID, type NextItemDataset } from '../../schema/index.js';
import { checkedItem } from './item-id.js';

/** A run of users whose logits fit into memory at once, with their positions that have a target. */
export interface MicroBatch {
  readonly users: Int32Array;
  readonly positions: number;
}

/**
 * One training window per user: the last maxLength + 1 training events, of which all but the newest are inputs and each
 * input is asked for the event after it.
 */
export class NextItemWindows {
  /** users with at least two training events and a target that is a known item */
  readonly users: Int32Array;
  private epoch = -1;
  private permutation: Int32Array = new Int32Array(0);

  constructor(
    private readonly dataset: NextItemDataset,
    readonly maxLength: number,
    private readonly seed: number,
  ) {
    const all = Int32Array.from({ length: dataset.userCount }, (_, user) => user);
    this.users = all.filter((user) => this.positionsOf(user) > 0);
    if (this.users.length === 0) {
      throw new AutoModelError(
        'BATCH_EMPTY',
        'No user has two training events, so there is nothing to predict',
        {
          remedy: 'Choose a split that leaves longer training histories.',
        },
      );
    }
  }

  /** Targets of a user's window: unknown items are never one. */
  positionsOf(user: number): number {
    const { events, offsets, trainEnds } = this.dataset;
    let positions = 0;
    for (
      let at = Math.max(offsets[user] + 1, trainEnds[user] - this.maxLength);
      at < trainEnds[user];
      at += 1
    ) {
      if (events[at] >= FIRST_VALUE_ID) positions += 1;
    }
    return positions;
  }

  /** Users [from, to) of an epoch's order: a function of (seed, epoch). */
  usersOf(epoch: number, from: number, to: number): Int32Array {
    if (epoch !== this.epoch) {
      this.permutation = new Rng([this.seed, 'users', epoch]).shuffle(this.users.slice());
      this.epoch = epoch;
    }
    return this.permutation.subarray(from, to);
  }

  /** Most positions that any batch of so many users can have. */
  mostPositions(batchSize: number): number {
    const counts = Int32Array.from(this.users, (user) => this.positionsOf(user)).sort();
    return counts.subarray(Math.max(0, counts.length - batchSize)).reduce((sum, count) => sum + count, 0);
  }

  /** Splits users so that no part has more than `limit` positions, unless one user alone has more. */
  split(users: Int32Array, limit: number): MicroBatch[] {
    const parts: MicroBatch[] = [];
    let begin = 0;
    let positions = 0;
    for (let i = 0; i < users.length; i += 1) {
      const own = this.positionsOf(users[i]);
      if (positions > 0 && positions + own > limit) {
        parts.push({ users: users.subarray(begin, i), positions });
        begin = i;
        positions = 0;
      }
      positions += own;
    }
    parts.push({ users: users.subarray(begin), positions });
    return parts;
  }

  /**
   * Writes the windows of the users, left-padded: items and mask [users, maxLength], then the flat positions that have a
   * target and the targets.
   */
  fill(
    users: Int32Array,
    items: Int32Array,
    mask: Float32Array,
    positions: Int32Array,
    targets: Int32Array,
  ): void {
    const { events, offsets, trainEnds, itemCount } = this.dataset;
    const { maxLength } = this;
    let count = 0;
    for (let u = 0; u < users.length; u += 1) {
      const last = trainEnds[users[u]] - 1;
      const first = Math.max(offsets[users[u]], last - maxLength);
      const row = u * maxLength;
      const padding = maxLength - (last - first);
      items.fill(0, row, row + padding);
      mask.fill(0, row, row + padding);
      mask.fill(1, row + padding, row + maxLength);
      for (let at = first; at < last; at += 1) {
        const place = row + padding + at - first;
        items[place] = checkedItem(events[at], users[u], itemCount);
        if (events[at + 1] >= FIRST_VALUE_ID) {
          positions[count] = place;
          targets[count] = checkedItem(events[at + 1], users[u], itemCount);
          count += 1;
        }
      }
      // The newest event is no input, and no target when it is unknown; nothing above has looked at it then.
      checkedItem(events[last], users[u], itemCount);
    }
  }
}
