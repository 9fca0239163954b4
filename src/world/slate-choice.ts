/** 1 would let every item compete alone; at 0 the items of a topic would count as one. */
const dissimilarity = 0.5;
/** Keeps the odds of a certain click finite. */
const highestChance = 0.999;

/**
 * Turns the chances that items would have alone into the chances of one slate: of the items that were examined the user
 * opens one or none (nested logit). Each item weighs its odds against not clicking, items of one topic share their
 * utility, and an item that is alone keeps its chance. Chances sum to less than 1; the rest is no click.
 */
export class SlateChoice {
  private readonly weights: Float64Array;
  private readonly nests: Float64Array;

  constructor(slateSize: number, topics: number) {
    this.weights = new Float64Array(slateSize);
    this.nests = new Float64Array(topics);
  }

  /**
   * @param alone chance of a click on each position if nothing else were shown, [count]
   * @param topicOf topic of the item of each position, [count]
   * @param chances is written: chance that this position is the one that is opened, [count]
   */
  share(
    alone: ArrayLike<number>,
    topicOf: ArrayLike<number>,
    count: number,
    chances: { [position: number]: number },
  ): void {
    const { weights, nests } = this;
    nests.fill(0);
    for (let n = 0; n < count; n += 1) {
      const chance = Math.min(highestChance, alone[n]);
      weights[n] = (chance / (1 - chance)) ** (1 / dissimilarity);
      nests[topicOf[n]] += weights[n];
    }
    let total = 1;
    for (let topic = 0; topic < nests.length; topic += 1) total += nests[topic] ** dissimilarity;
    for (let n = 0; n < count; n += 1) {
      const nest = nests[topicOf[n]];
      chances[n] = nest === 0 ? 0 : (nest ** dissimilarity / total) * (weights[n] / nest);
    }
  }
}

/** Position that a uniform number falls on when positions have these chances; -1 for none. */
export function choosePosition(chances: ArrayLike<number>, count: number, uniform: number): number {
  let sum = 0;
  for (let n = 0; n < count; n += 1) {
    sum += chances[n];
    if (uniform < sum) return n;
  }
  return -1;
}
