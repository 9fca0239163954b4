/** Learning rate of every step so far, as runs of equal rates. Steps count from 1. */
export class LearningRates {
  private readonly begins: number[] = [];
  private readonly rates: number[] = [];

  /** From `step` on the rate is `rate`. */
  record(step: number, rate: number): void {
    if (this.rates.at(-1) === rate) return;
    this.begins.push(step);
    this.rates.push(rate);
  }

  /**
   * Product over the steps in (after, through] of max(0, 1 - rate * pull): what is left of a weight that loses the share
   * rate * pull per step.
   */
  remaining(after: number, through: number, pull: number): number {
    let product = 1;
    let end = through;
    for (let run = this.begins.length - 1; run >= 0 && end > after; run -= 1) {
      const begin = Math.max(this.begins[run], after + 1);
      const steps = end - begin + 1;
      if (steps <= 0) continue;
      const kept = 1 - this.rates[run] * pull;
      if (kept <= 0) return 0;
      product *= steps === 1 ? kept : kept ** steps;
      end = begin - 1;
    }
    return product;
  }

  toJson(): { begins: number[]; rates: number[] } {
    return { begins: [...this.begins], rates: [...this.rates] };
  }

  /** Takes the place of what was recorded. */
  restore(saved: { readonly begins: readonly number[]; readonly rates: readonly number[] }): void {
    this.begins.splice(0, Infinity, ...saved.begins);
    this.rates.splice(0, Infinity, ...saved.rates);
  }
}
