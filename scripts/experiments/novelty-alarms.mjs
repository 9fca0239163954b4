import { noveltyOf, windowStarts } from '../../dist/experiments/index.js';
import { Rng } from '../../dist/platform/index.js';
import { MetricDefinition } from '../../dist/schema/index.js';
import { wilsonInterval } from '../../dist/stats/index.js';

const definition = MetricDefinition.parse({ name: 'clicks', role: 'success' });

/** Poisson, by products of uniforms. */
function drawn(rng, mean) {
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; product *= rng.next()) count += 1;
  return count;
}

/** Moments of the windows' sums of one arm's units that entered early enough. */
function momentsOf(rows, fromDays, day) {
  const late = fromDays[fromDays.length - 1];
  const width = fromDays.length;
  const sums = new Float64Array(width);
  const products = new Float64Array(width * width);
  const own = new Float64Array(width);
  let n = 0;
  for (const { entered, values } of rows) {
    if (entered + late > day) continue;
    n += 1;
    own.fill(0);
    for (let at = entered, w = 0; at < day; at += 1) {
      while (w + 1 < width && at - entered >= fromDays[w + 1]) w += 1;
      own[w] += values[at];
    }
    for (let i = 0; i < width; i += 1) {
      sums[i] += own[i];
      for (let j = 0; j < width; j += 1) products[i * width + j] += own[i] * own[j];
    }
  }
  const means = [...sums].map((sum) => sum / n);
  const covariance = means.map((a, i) =>
    means.map((b, j) => (products[i * width + j] - n * a * b) / (n - 1)),
  );
  return { n, means, covariance };
}

/**
 * Experiments looked at every day: how often a gain is said to fade, at any look and at the last one. Users come on some days, at rates of
 * their own, and click by Poisson; the treatment multiplies clicks by 1 + lift + bump · e^(−days since exposure / fadingDays). They are
 * exposed on the first day on which they come.
 */
export function noveltyAlarms({
  experiments,
  units,
  days = 14,
  lift = 0,
  bump = 0,
  fadingDays = 2,
  late = 0,
  seed,
}) {
  const rule = { kind: 'always-valid', tunedFor: 2 * units };
  const judgement = { alpha: 0.05, scale: 'relative', rule, tunedFor: 2 * units, prior: null };
  const called = { ever: 0, end: 0, lasts: 0 };
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rng = new Rng([seed, 'novelty', experiment]);
    const arms = [0, 1].map((arm) =>
      Array.from({ length: units }, () => {
        const comes = 0.2 + 0.6 * rng.next();
        const rate = Math.exp(0.7 * rng.normal());
        const values = new Float64Array(days);
        let entered = days;
        for (let day = 0; day < days; day += 1) {
          if (rng.next() >= comes) continue;
          entered = Math.min(entered, day);
          const fresh = bump * Math.exp(-(day - entered) / fadingDays);
          const growth = lift + fresh + (day - entered >= 4 ? late : 0);
          values[day] = drawn(rng, rate * (arm === 1 ? 1 + growth : 1));
        }
        return { entered, values };
      }),
    );
    let ever = false;
    let last;
    for (let day = 2; day <= days; day += 1) {
      const fromDays = windowStarts(day);
      const measured = arms.map((rows) => momentsOf(rows, fromDays, day));
      last = noveltyOf(definition, { fromDays, arms: measured }, 1, judgement)?.outcome;
      ever ||= last === 'fades';
    }
    if (ever) called.ever += 1;
    if (last === 'fades') called.end += 1;
    if (last === 'lasts') called.lasts += 1;
  }
  return Object.fromEntries(
    Object.entries(called).map(([name, count]) => [name, wilsonInterval(count, experiments)]),
  );
}
