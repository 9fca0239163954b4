import type { FeedType, SlabTensor } from './protocol.js';

const ALIGNMENT = 64;

/** A place for one tensor of up to `capacity` elements. */
interface Place {
  readonly type: FeedType;
  readonly offset: number;
  readonly capacity: number;
}

/**
 * The layout of one transferable buffer that holds all tensors of a batch: one transfer each way, no copies. Tensors keep
 * their place; a smaller batch uses the beginning of it.
 */
export class SlabLayout {
  private readonly places = new Map<string, Place>();
  private size = 0;

  /** @param capacity elements at most */
  add(name: string, type: FeedType, capacity: number): void {
    this.places.set(name, { type, offset: this.size, capacity });
    this.size += Math.ceil((capacity * 4) / ALIGNMENT) * ALIGNMENT;
  }

  get bytes(): number {
    return this.size;
  }

  allocate(): ArrayBuffer {
    return new ArrayBuffer(this.size);
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  floats(slab: ArrayBuffer, name: string): Float32Array {
    const { offset, capacity } = this.place(name);
    return new Float32Array(slab, offset, capacity);
  }

  integers(slab: ArrayBuffer, name: string): Int32Array {
    const { offset, capacity } = this.place(name);
    return new Int32Array(slab, offset, capacity);
  }

  /** The tensor `name` with these dimensions; `at` elements into its place. */
  tensor(name: string, dims: readonly number[], place = name, at = 0): SlabTensor {
    const { type, offset } = this.place(place);
    return { name, type, dims, offset: offset + 4 * at };
  }

  private place(name: string): Place {
    const place = this.places.get(name);
    if (place === undefined) throw new RangeError(`no tensor "${name}" in this slab`);
    return place;
  }
}
