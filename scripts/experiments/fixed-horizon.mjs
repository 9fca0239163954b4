import {
  differenceOf,
  estimatePair,
  judgedScale,
  momentsFromSums,
  twoSided,
} from '../../dist/experiments/index.js';
import { Rng } from '../../dist/platform/index.js';
import { kolmogorovSmirnov, wilsonInterval } from '../../dist/stats/index.js';
import { ArmSums, widthOf } from './populations.mjs';

const fixed = { kind: 'fixed-horizon' };

/**
 * Many experiments on one population, each looked at once: how often zero is rejected at 5 %, how often the 95 % interval holds
 * the truth, and how far p-values are from uniform. Scale 'judged' is what the product judges when lifts are asked for.
 */
export function fixedHorizon({
  population,
  name,
  experiments,
  units,
  treatmentUnits = units,
  lift = 0,
  scale,
  seed,
}) {
  const width = widthOf(population.estimand);
  const values = [];
  const row = new Float64Array(width);
  let [rejected, held] = [0, 0];
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rng = new Rng([seed, name, scale, units, treatmentUnits, lift, experiment]);
    const arms = [units, treatmentUnits].map((n, arm) => {
      const sums = new ArmSums(width);
      for (let i = 0; i < n; i += 1) {
        population.draw(rng, row, arm === 1 ? lift : 0);
        sums.add(row);
      }
      return momentsFromSums(sums.record(), name);
    });
    const { control, treatment } = estimatePair(arms[0], arms[1], population.estimand);
    const used = scale === 'judged' ? judgedScale(control, treatment, 'relative') : scale;
    const truth = used === 'relative' ? lift : lift * population.truth;
    const { p, ci } = twoSided(differenceOf(control, treatment, used), 0.05, fixed);
    values.push(p);
    if (p < 0.05) rejected += 1;
    if (ci[0] <= truth && truth <= ci[1]) held += 1;
  }
  return {
    rejected: wilsonInterval(rejected, experiments),
    coverage: wilsonInterval(held, experiments),
    uniform: kolmogorovSmirnov(values),
  };
}
