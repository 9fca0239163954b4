import { Rng } from '../../platform/index.js';
import { FIRST_VALUE_ID, type NextItemDataset } from '../../schema/index.js';

/** Exponent of the popularity distribution (Mikolov et al. 2013, section 2.2). */
const POPULARITY_EXPONENT = 0.75;

/** Takes a negative out of a softmax when it is subtracted from its score. */
const NOT_COUNTED = 1e9;

/**
 * Shared negatives of a step, drawn with replacement: uniform for BPR, by popularity^0.75 in the training events for
 * sampled softmax. A function of (seed, step). Sampling is by Walker's alias method.
 *
 * Sampled softmax takes the sample as a set: an id that was drawn twice counts once, and the correction is the log of the
 * chance q = 1 - (1 - p)^count that the id is in it. The expected number of draws, count * p, is about the same for
 * rare ids alone; for popular ones, or with more negatives than items, it would push the model off the full softmax.
 */
export class NegativeSampler {
  /** log of the chance that an id is in a sample [itemCount]; -Infinity for ids that are never drawn */
  readonly logChances: Float32Array;
  /** number of the last sample in which an id was seen [itemCount] */
  private readonly seen: Int32Array;
  private samples = 0;
  private readonly thresholds: Float64Array;
  private readonly aliases: Int32Array;

  constructor(
    dataset: NextItemDataset,
    readonly count: number,
    distribution: 'uniform' | 'popularity',
    private readonly seed: number,
  ) {
    const weights = distribution === 'uniform' ? uniform(dataset.itemCount) : popularity(dataset);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.logChances = Float32Array.from(weights, (weight) =>
      Math.log(-Math.expm1(count * Math.log1p(-weight / total))),
    );
    this.seen = new Int32Array(weights.length);
    ({ thresholds: this.thresholds, aliases: this.aliases } = aliasTable(weights, total));
  }

  /** Fills `out` [count] with ids. */
  draw(step: number, out: Int32Array): void {
    const rng = new Rng([this.seed, 'negatives', step]);
    for (let i = 0; i < this.count; i += 1) {
      const slot = rng.integer(this.thresholds.length);
      out[i] = rng.next() < this.thresholds[slot] ? slot : this.aliases[slot];
    }
  }

  /** Writes the corrections of a sample; repeats of an id are taken out of it. */
  correct(sample: Int32Array, out: Float32Array): void {
    this.samples += 1;
    for (let i = 0; i < this.count; i += 1) {
      const id = sample[i];
      out[i] = this.seen[id] === this.samples ? NOT_COUNTED : this.logChances[id];
      this.seen[id] = this.samples;
    }
  }
}

function uniform(itemCount: number): Float64Array {
  return new Float64Array(itemCount).fill(1, FIRST_VALUE_ID);
}

/** Smoothed by one, so that every candidate can be drawn and every target has a finite correction. */
function popularity({ events, offsets, trainEnds, itemCount, userCount }: NextItemDataset): Float64Array {
  const counts = uniform(itemCount);
  for (let user = 0; user < userCount; user += 1) {
    for (let at = offsets[user]; at < trainEnds[user]; at += 1)
      if (events[at] >= FIRST_VALUE_ID) counts[events[at]] += 1;
  }
  return counts.map((count) => count ** POPULARITY_EXPONENT);
}

function aliasTable(weights: Float64Array, total: number): { thresholds: Float64Array; aliases: Int32Array } {
  const size = weights.length;
  const thresholds = weights.map((weight) => (weight * size) / total);
  const aliases = new Int32Array(size);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < size; i += 1) (thresholds[i] < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!;
    const high = large.at(-1)!;
    aliases[low] = high;
    thresholds[high] -= 1 - thresholds[low];
    if (thresholds[high] < 1) {
      large.pop();
      small.push(high);
    }
  }
  for (const rest of [...small, ...large]) thresholds[rest] = 1;
  return { thresholds, aliases };
}
