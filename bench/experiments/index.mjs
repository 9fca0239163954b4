/**
 * Our two-sample statistics beside GrowthBook's gbstats on random cases: the largest deviation of each figure. A check by a peer;
 * the product needs no Python.
 *
 *   pip install gbstats && node bench/experiments/index.mjs [--python python3] [--cases 200] [--seed 1]
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  differenceOf,
  estimatePair,
  lowerBound,
  momentsFromSums,
  posteriorOf,
  sampleRatio,
  twoSided,
} from '../../dist/experiments/index.js';
import { Rng } from '../../dist/platform/index.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    cases: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});

const kinds = ['mean', 'proportion', 'ratio', 'cuped'];

function randomCase(index) {
  const rng = new Rng([Number(values.seed), 'gbstats', index]);
  const kind = kinds[index % kinds.length];
  const spread = 0.2 + rng.next();
  const lift = 0.4 * (rng.next() - 0.5);
  const rate = 0.05 + 0.8 * rng.next();
  const arms = [0, 1].map((arm) => {
    const n = 20 + rng.integer(3000);
    const sums = [0, 0];
    const products = [
      [0, 0],
      [0, 0],
    ];
    for (let i = 0; i < n; i += 1) {
      const habit = rng.normal();
      const other = Math.exp(0.5 * habit + 0.3 * rng.normal());
      const plain = Math.exp(0.4 * habit + spread * rng.normal()) * (arm === 1 ? 1 + lift : 1);
      const row = [kind === 'proportion' ? (rng.next() < rate ? 1 : 0) : plain, other];
      for (let k = 0; k < 2; k += 1) {
        sums[k] += row[k];
        for (let m = 0; m < 2; m += 1) products[k][m] += row[k] * row[m];
      }
    }
    return { n, sums, products };
  });
  return {
    kind,
    arms,
    scale: rng.next() < 0.5 ? 'relative' : 'absolute',
    alpha: [0.01, 0.05, 0.1][rng.integer(3)],
    tunedFor: 500 + rng.integer(20_000),
    prior: { mean: 0.1 * rng.normal(), sd: 0.05 + rng.next() },
    weights: [1, 0.5 + rng.next()],
  };
}

const estimands = {
  mean: { kind: 'mean' },
  proportion: { kind: 'proportion' },
  ratio: { kind: 'ratio', denominator: 1 },
  cuped: { kind: 'mean', covariate: 1 },
};

function ours({ kind, arms, scale, alpha, tunedFor, prior, weights }) {
  const [a, b] = arms.map((arm) => momentsFromSums(arm, kind));
  const { control, treatment } = estimatePair(a, b, estimands[kind]);
  const difference = differenceOf(control, treatment, scale);
  const fixed = twoSided(difference, alpha, { kind: 'fixed-horizon' });
  const one = lowerBound(difference, 0, alpha, { kind: 'fixed-horizon' });
  const always = twoSided(difference, alpha, { kind: 'always-valid', tunedFor });
  const posterior = posteriorOf(difference, alpha, prior);
  return {
    estimate: difference.estimate,
    se: difference.se,
    p: fixed.p,
    low: fixed.ci[0],
    high: fixed.ci[1],
    oneSidedP: one.p,
    oneSidedBound: one.bound,
    alwaysValidP: always.p,
    alwaysValidLow: always.ci[0],
    alwaysValidHigh: always.ci[1],
    posterior: posterior.estimate,
    chance: posterior.chanceAbove,
    riskControl: posterior.risk.control,
    riskTreatment: posterior.risk.treatment,
    sampleRatioP: sampleRatio(
      arms.map(({ n }) => n),
      weights,
    ).p,
  };
}

const cases = Array.from({ length: Number(values.cases) }, (_, index) => randomCase(index));
const answers = execFileSync(values.python, [fileURLToPath(new URL('gbstats-answers.py', import.meta.url))], {
  input: cases.map((one) => JSON.stringify(one)).join('\n'),
  encoding: 'utf8',
  maxBuffer: 1 << 28,
})
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

console.log(`${cases.length} cases: ${kinds.join(', ')}; relative and absolute\n`);
console.log('| figure | largest absolute deviation | of a value of | in case |\n| --- | --- | --- | --- |');
for (const figure of Object.keys(answers[0])) {
  let worst = { size: -1 };
  cases.forEach((one, index) => {
    const [mine, theirs] = [ours(one)[figure], answers[index][figure]];
    const size = Math.abs(mine - theirs);
    if (!(size <= worst.size)) worst = { size, theirs, index, kind: one.kind, scale: one.scale };
  });
  console.log(
    `| ${figure} | ${worst.size.toExponential(1)} | ${worst.theirs.toPrecision(4)} | ${worst.index} (${worst.kind}, ${worst.scale}) |`,
  );
}
