import {
  differenceOf,
  judgedScale,
  lowerBound,
  sampleRatio,
  sequentialSampleRatio,
  twoSided,
} from '../../dist/experiments/index.js';
import { Rng } from '../../dist/platform/index.js';
import { wilsonInterval } from '../../dist/stats/index.js';

/** Units an arm at which looking begins: what the verdict demands of always-valid intervals. */
export const firstLook = 500;

/**
 * A/A experiments looked at after every `step` pairs of units from the first look to `units` an arm: the share that any look
 * would have called. `judged`: the always-valid rule on the scale that the product judges by. `oneSided`: the always-valid bound
 * that guardrails use, in the worse direction. Beside them what goes wrong: `naive`, 1.96 at each look, and `relative`, the
 * always-valid rule on relative differences however uncertain the control is.
 */
export function peeking({ population, name, experiments, units, step, tunedFor, seed, from = firstLook }) {
  const always = { kind: 'always-valid', tunedFor };
  const row = new Float64Array(1);
  const calls = { judged: 0, up: 0, down: 0, naive: 0, relative: 0 };
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rng = new Rng([seed, name, 'peeking', experiment]);
    const sums = [0, 0, 0, 0];
    const called = new Set();
    for (let n = 1; n <= units; n += 1) {
      for (let arm = 0; arm < 2; arm += 1) {
        population.draw(rng, row, 0);
        sums[2 * arm] += row[0];
        sums[2 * arm + 1] += row[0] * row[0];
      }
      if (n < from || (n - from) % step !== 0) continue;
      const [meanA, meanB] = [sums[0] / n, sums[2] / n];
      const [varianceA, varianceB] = [
        (sums[1] - n * meanA * meanA) / (n - 1),
        (sums[3] - n * meanB * meanB) / (n - 1),
      ];
      // Most looks call nothing by any rule, and are left before a record is made: no always-valid rule calls what 1.96 does not,
      // which is close enough to Student's quantile from 500 units on.
      const squared = ((meanB - meanA) ** 2 * n) / 1.959964 ** 2;
      const far = squared > varianceA + varianceB;
      if (far) called.add('naive');
      if (!far && squared <= varianceB + varianceA * (meanB / meanA) ** 2) continue;
      const a = { n, mean: meanA, unadjustedMean: meanA, variance: varianceA };
      const b = { n, mean: meanB, unadjustedMean: meanB, variance: varianceB };
      const absolute = differenceOf(a, b, 'absolute');
      const relative = differenceOf(a, b, 'relative');
      if (twoSided(relative, 0.05, always).p < 0.05) called.add('relative');
      const judged = judgedScale(a, b, 'relative') === 'relative' ? relative : absolute;
      if (twoSided(judged, 0.05, always).p < 0.05) called.add('judged');
      if (lowerBound(absolute, 0, 0.05, always).bound > 0) called.add('up');
      if (lowerBound({ ...absolute, estimate: -absolute.estimate }, 0, 0.05, always).bound > 0)
        called.add('down');
    }
    for (const rule of called) calls[rule] += 1;
  }
  return Object.fromEntries(
    Object.entries({ ...calls, oneSided: Math.max(calls.up, calls.down) }).map(([rule, count]) => [
      rule,
      wilsonInterval(count, experiments),
    ]),
  );
}

/** Fair and unfair splits looked at after every `step` units: the share of experiments with an alarm at `level`. */
export function splitLooks({ experiments, units, step, share, level, seed }) {
  const alarms = { sequential: 0, chiSquare: 0 };
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rng = new Rng([seed, 'split', share, experiment]);
    const counts = [0, 0];
    const alarmed = { sequential: false, chiSquare: false };
    for (let n = 1; n <= units; n += 1) {
      counts[rng.next() < share ? 1 : 0] += 1;
      if (n % step !== 0) continue;
      if (!alarmed.sequential && sequentialSampleRatio(counts, [1, 1]).p < level) alarmed.sequential = true;
      if (!alarmed.chiSquare && sampleRatio(counts, [1, 1]).p < level) alarmed.chiSquare = true;
    }
    for (const test of Object.keys(alarms)) if (alarmed[test]) alarms[test] += 1;
  }
  return Object.fromEntries(
    Object.entries(alarms).map(([test, count]) => [test, wilsonInterval(count, experiments)]),
  );
}

/**
 * A/A experiments of up to `units` units in all, looked at `looks` times at equal steps of the logarithm. Sums of normal values
 * are drawn look by look, so that long experiments cost no more than short ones.
 */
export function longRun({ experiments, units, looks, from, tunedFor, seed }) {
  const sizes = Array.from({ length: looks }, (_, k) =>
    Math.round(from * (units / from) ** (k / (looks - 1))),
  );
  const calls = { alwaysValid: 0, naive: 0 };
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rng = new Rng([seed, 'long', experiment]);
    let [sum, before] = [0, 0];
    const called = { alwaysValid: false, naive: false };
    for (const size of sizes) {
      sum += Math.sqrt(size - before) * rng.normal();
      before = size;
      const difference = { estimate: sum / size, se: 1 / Math.sqrt(size), df: size - 2, units: size };
      if (Math.abs(difference.estimate) <= 1.959964 * difference.se) continue;
      called.naive = true;
      if (twoSided(difference, 0.05, { kind: 'always-valid', tunedFor }).p < 0.05) called.alwaysValid = true;
    }
    for (const rule of Object.keys(calls)) if (called[rule]) calls[rule] += 1;
  }
  return Object.fromEntries(
    Object.entries(calls).map(([rule, count]) => [rule, wilsonInterval(count, experiments)]),
  );
}
