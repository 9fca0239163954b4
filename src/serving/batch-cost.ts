/** What an earlier batch still counts when one more is measured: about the last fifty matter. */
const KEPT = 0.98;
/** Weight of the belief that nothing takes no time: without it, batches of one size would leave the line undecided. */
const PRIOR = 0.05;

/**
 * How long a batch of so many requests takes: a line, fixed + each x size, by least squares over the batches measured so far, newer
 * ones counting more, and how far batches lie from it. Where all batches had one size, the line goes through zero, so that larger
 * ones are not promised a saving that nobody has seen.
 */
export class BatchCost {
  private weight = PRIOR;
  private sizes = 0;
  private times = 0;
  private sizesSquared = 0;
  private products = 0;
  private deviation = 0;
  private fixed = 0;
  private each = 0;

  /** @param ms what a batch of `size` requests took */
  observe(size: number, ms: number): void {
    const measured = this.weight > PRIOR;
    if (measured) this.deviation = KEPT * this.deviation + (1 - KEPT) * Math.abs(ms - this.ms(size));
    this.weight = PRIOR + KEPT * (this.weight - PRIOR) + 1;
    this.sizes = KEPT * this.sizes + size;
    this.times = KEPT * this.times + ms;
    this.sizesSquared = KEPT * this.sizesSquared + size * size;
    this.products = KEPT * this.products + size * ms;
    this.fit();
  }

  /** Expected milliseconds of a batch; 0 before anything was measured. */
  ms(size: number): number {
    return this.fixed + this.each * size;
  }

  /** Mean distance of a batch from what was expected of it, in milliseconds. */
  get deviationMs(): number {
    return this.deviation;
  }

  private fit(): void {
    const meanSize = this.sizes / this.weight;
    const meanTime = this.times / this.weight;
    const spread = this.sizesSquared / this.weight - meanSize * meanSize;
    const slope = (this.products / this.weight - meanSize * meanTime) / spread;
    // Neither a request nor a batch gives time back.
    const each = Math.max(0, slope);
    const fixed = meanTime - each * meanSize;
    if (fixed >= 0) [this.fixed, this.each] = [fixed, each];
    else [this.fixed, this.each] = [0, this.products / this.sizesSquared];
  }
}
