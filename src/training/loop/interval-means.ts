import type { StepResult } from '../engines/training-engine.js';

interface Sums {
  loss: number;
  steps: number;
  observables: Record<string, number>;
}

/** Mean loss and observables since the last evaluation. */
export class IntervalMeans {
  sums: Sums = { loss: 0, steps: 0, observables: {} };

  add(result: StepResult): void {
    this.sums.loss += result.loss;
    this.sums.steps += 1;
    for (const [name, value] of Object.entries(result.observables)) {
      this.sums.observables[name] = (this.sums.observables[name] ?? 0) + value;
    }
  }

  get loss(): number {
    return this.sums.steps === 0 ? 0 : this.sums.loss / this.sums.steps;
  }

  get observables(): Record<string, number> {
    const entries = Object.entries(this.sums.observables);
    return Object.fromEntries(entries.map(([name, sum]) => [name, sum / this.sums.steps]));
  }

  clear(): void {
    this.sums = { loss: 0, steps: 0, observables: {} };
  }
}
