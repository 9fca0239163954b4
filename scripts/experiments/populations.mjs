/**
 * Units of simulated experiments. A population draws one unit's columns (value, denominator, covariate, the covariate's
 * denominator) into `row`; `lift` multiplies what the treatment changes.
 */

/** Expected value of exp(s Z). */
const bump = (s) => Math.exp((s * s) / 2);

export const populations = {
  normal: {
    title: 'normal, mean 10, sd 5',
    estimand: { kind: 'mean' },
    truth: 10,
    draw: (rng, row, lift) => {
      row[0] = (1 + lift) * (10 + 5 * rng.normal());
    },
  },
  rate: {
    title: 'proportion of 10 %',
    estimand: { kind: 'proportion' },
    truth: 0.1,
    discrete: true,
    draw: (rng, row, lift) => {
      row[0] = rng.next() < 0.1 * (1 + lift) ? 1 : 0;
    },
  },
  rare: {
    title: 'proportion of 1 %',
    estimand: { kind: 'proportion' },
    truth: 0.01,
    discrete: true,
    draw: (rng, row, lift) => {
      row[0] = rng.next() < 0.01 * (1 + lift) ? 1 : 0;
    },
  },
  skewed: {
    title: 'log-normal, sd 1.3 of the mean',
    estimand: { kind: 'mean' },
    truth: bump(1),
    draw: (rng, row, lift) => {
      row[0] = (1 + lift) * Math.exp(rng.normal());
    },
  },
  ratio: {
    title: 'clicks over views, both by user',
    estimand: { kind: 'ratio', denominator: 1 },
    truth: 0.3,
    draw: (rng, row, lift) => {
      const habit = rng.normal();
      row[1] = 10 * Math.exp(0.6 * habit);
      row[0] = row[1] * (1 + lift) * 0.3 * (1 + 0.3 * rng.normal());
    },
  },
  cuped: {
    title: 'mean with CUPED, correlation .7',
    estimand: { kind: 'mean', covariate: 1 },
    truth: 10,
    draw: (rng, row, lift) => {
      const habit = rng.normal();
      row[1] = 10 + 5 * habit;
      row[0] = (1 + lift) * (10 + 5 * (0.7 * habit + Math.sqrt(0.51) * rng.normal()));
    },
  },
  'cuped-ratio': {
    title: 'ratio with CUPED (4 × 4)',
    estimand: { kind: 'ratio', denominator: 1, covariate: 2, covariateDenominator: 3 },
    truth: 0.3,
    draw: (rng, row, lift) => {
      const habit = rng.normal();
      const taste = 0.3 * rng.normal();
      row[1] = 10 * Math.exp(0.5 * habit + 0.2 * rng.normal());
      row[3] = 10 * Math.exp(0.5 * habit + 0.2 * rng.normal());
      row[0] = row[1] * (1 + lift) * 0.3 * (1 + taste + 0.15 * rng.normal());
      row[2] = row[3] * 0.3 * (1 + taste + 0.15 * rng.normal());
    },
  },
  heavy: {
    title: 'log-normal, sd 7.3 of the mean',
    estimand: { kind: 'mean' },
    truth: bump(2),
    heavy: true,
    draw: (rng, row, lift) => {
      row[0] = (1 + lift) * Math.exp(2 * rng.normal());
    },
  },
};

export function widthOf({ denominator, covariate, covariateDenominator }) {
  return 1 + Math.max(0, denominator ?? 0, covariate ?? 0, covariateDenominator ?? 0);
}

/** Running sums of an arm's columns and of their products. */
export class ArmSums {
  constructor(width) {
    this.width = width;
    this.n = 0;
    this.sums = new Float64Array(width);
    this.products = new Float64Array(width * width);
  }

  add(row) {
    this.n += 1;
    for (let i = 0; i < this.width; i += 1) {
      this.sums[i] += row[i];
      for (let j = 0; j <= i; j += 1) this.products[i * this.width + j] += row[i] * row[j];
    }
  }

  /** In the form that momentsFromSums takes. */
  record() {
    const { width, products } = this;
    return {
      n: this.n,
      sums: [...this.sums],
      products: Array.from({ length: width }, (_, i) =>
        Array.from({ length: width }, (__, j) => products[Math.max(i, j) * width + Math.min(i, j)]),
      ),
    };
  }
}
