import type { OptimizerSpec } from '../../../src/graph/index.js';

/** The published update rules in plain double-precision loops, one element at a time. */
export class ReferenceOptimizer {
  private readonly first: number[];
  private readonly second: number[];
  private step = 0;

  constructor(
    private readonly spec: OptimizerSpec,
    readonly parameters: number[],
    private readonly decays: readonly boolean[],
  ) {
    this.first = parameters.map(() => 0);
    this.second = parameters.map(() => (spec.kind === 'adagrad' ? (spec.initialAccumulator ?? 0) : 0));
  }

  /** Clips to `clipNorm` and updates. Returns the norm before clipping. */
  update(gradient: readonly number[], learningRate: number, clipNorm = Infinity): number {
    const { kind, beta1 = 0.9, beta2 = 0.999, weightDecay = 0 } = this.spec;
    const epsilon = this.spec.epsilon ?? (kind === 'adagrad' ? 1e-10 : 1e-8);
    const norm = Math.sqrt(gradient.reduce((total, g) => total + g * g, 0));
    const scale = Math.min(1, clipNorm / (norm + 1e-6));
    this.step += 1;
    for (const [i, raw] of gradient.entries()) {
      const p = this.parameters[i];
      const decay = this.decays[i] ? weightDecay : 0;
      const g = raw * scale + (kind === 'adamw' ? 0 : decay * p);
      if (kind === 'sgd') {
        this.parameters[i] = p - learningRate * g;
      } else if (kind === 'adagrad') {
        this.second[i] += g * g;
        this.parameters[i] = p - (learningRate * g) / (Math.sqrt(this.second[i]) + epsilon);
      } else {
        this.first[i] = beta1 * this.first[i] + (1 - beta1) * g;
        this.second[i] = beta2 * this.second[i] + (1 - beta2) * g * g;
        const m = this.first[i] / (1 - beta1 ** this.step);
        const v = this.second[i] / (1 - beta2 ** this.step);
        this.parameters[i] =
          p -
          (learningRate * m) / (Math.sqrt(v) + epsilon) -
          (kind === 'adamw' ? learningRate * decay * p : 0);
      }
    }
    return norm;
  }
}
