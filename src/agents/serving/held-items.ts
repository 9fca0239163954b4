import type { Catalogue } from '../../serving/index.js';

/**
 * Items that one request does not want. What is held for a request is forgotten with the next, without clearing: an item is held when it
 * bears the stamp of this request.
 */
export class HeldItems {
  /** stamp of the last request that held an item back, by item */
  private held = new Int32Array(0);
  private stamp = 0;

  /**
   * Which items may be recalled: those that are there and held back neither by index nor by name. Holds for the time of a recall, which
   * is over before another request begins.
   */
  filter(
    catalogue: Pick<Catalogue, 'size' | 'indexOf' | 'isThere'>,
    seen: Int32Array,
    exclude: readonly string[],
  ): (item: number) => boolean {
    if (this.held.length < catalogue.size) this.held = new Int32Array(2 * catalogue.size);
    const { held } = this;
    const stamp = (this.stamp = (this.stamp % 0x7fffffff) + 1);
    for (const item of seen) held[item] = stamp;
    for (const id of exclude) {
      const item = catalogue.indexOf(id);
      if (item !== undefined) held[item] = stamp;
    }
    return (item) => held[item] !== stamp && catalogue.isThere(item);
  }
}
