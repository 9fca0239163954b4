import { elementCount, evaluateDim, fillDropoutMask, type DropoutMask } from '../../graph/index.js';
import { hashKeys } from '../../platform/index.js';
import type { SlabTensor } from '../compute/protocol.js';
import { SlabLayout } from '../compute/slab.js';
import { nextItemInputNames as names } from '../inputs/next-item-inputs.js';
import type { NegativeSampler } from './negative-sampler.js';
import type { MicroBatch, NextItemWindows } from './next-item-windows.js';

export interface NextItemBatchShape {
  readonly windows: NextItemWindows;
  readonly sampler: NegativeSampler | undefined;
  /** users and positions at most */
  readonly users: number;
  readonly positions: number;
  /** names of the graph inputs that are fed */
  readonly inputs: ReadonlySet<string>;
  readonly dropoutMasks: readonly DropoutMask[];
}

/** One micro-batch of windows in a transferable slab. */
export class NextItemBatch {
  slab: ArrayBuffer;
  /** training returns scalars only; a run still carries a result slab */
  results = new ArrayBuffer(0);
  positions = 0;
  private users = 0;
  private readonly layout = new SlabLayout();

  constructor(private readonly shape: NextItemBatchShape) {
    const { users, positions, windows, sampler, dropoutMasks } = shape;
    this.layout.add(names.items, 'int32', users * windows.maxLength);
    this.layout.add(names.mask, 'float32', users * windows.maxLength);
    this.layout.add(names.targetPositions, 'int32', positions);
    this.layout.add(names.targets, 'int32', positions);
    this.layout.add(names.targetLogProbabilities, 'float32', positions);
    this.layout.add(names.negatives, 'int32', sampler?.count ?? 0);
    this.layout.add(names.negativeLogProbabilities, 'float32', sampler?.count ?? 0);
    for (const mask of dropoutMasks) {
      const size = evaluateDim(elementCount(mask.shape), { B: users, P: positions, N: sampler?.count ?? 1 });
      this.layout.add(mask.name, 'float32', size);
    }
    this.slab = this.layout.allocate();
  }

  /** @param part number of this micro-batch within its step; masks differ between parts, negatives do not */
  fill(micro: MicroBatch, seed: number, step: number, part: number): void {
    const { windows, sampler, dropoutMasks } = this.shape;
    const { layout, slab } = this;
    this.users = micro.users.length;
    this.positions = micro.positions;
    const targets = layout.integers(slab, names.targets);
    windows.fill(
      micro.users,
      layout.integers(slab, names.items),
      layout.floats(slab, names.mask),
      layout.integers(slab, names.targetPositions),
      targets,
    );
    if (sampler !== undefined) {
      const negatives = layout.integers(slab, names.negatives);
      sampler.draw(step, negatives);
      sampler.correct(negatives, layout.floats(slab, names.negativeLogProbabilities));
      const corrections = layout.floats(slab, names.targetLogProbabilities);
      for (let p = 0; p < this.positions; p += 1) corrections[p] = sampler.logChances[targets[p]];
    }
    for (const mask of dropoutMasks) {
      const size = evaluateDim(elementCount(mask.shape), this.sizes());
      fillDropoutMask(
        layout.floats(slab, mask.name).subarray(0, size),
        mask.rate,
        partSeed(seed, part),
        step,
        mask.key,
      );
    }
  }

  feeds(): SlabTensor[] {
    const { windows, sampler, inputs, dropoutMasks } = this.shape;
    const { users, positions } = this;
    const dims: Readonly<Record<string, readonly number[]>> = {
      [names.items]: [users, windows.maxLength],
      [names.mask]: [users, windows.maxLength],
      [names.targetPositions]: [positions],
      [names.targets]: [positions],
      [names.targetLogProbabilities]: [positions],
      [names.negatives]: [sampler?.count ?? 0],
      [names.negativeLogProbabilities]: [sampler?.count ?? 0],
    };
    const feeds = Object.entries(dims)
      .filter(([name]) => inputs.has(name))
      .map(([name, shape]) => this.layout.tensor(name, shape));
    for (const mask of dropoutMasks) {
      feeds.push(
        this.layout.tensor(
          mask.name,
          mask.shape.map((dim) => evaluateDim(dim, this.sizes())),
        ),
      );
    }
    return feeds;
  }

  private sizes(): Record<string, number> {
    return { B: this.users, P: this.positions, N: this.shape.sampler?.count ?? 1 };
  }
}

function partSeed(seed: number, part: number): number {
  return part === 0 ? seed : hashKeys(seed, 'part', part);
}
