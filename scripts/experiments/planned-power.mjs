import {
  analyseExperiment,
  differenceOf,
  lowerBound,
  powerPerTest,
  twoSided,
  unitsFor,
} from '../../dist/experiments/index.js';
import { Rng } from '../../dist/platform/index.js';
import { MetricDefinition } from '../../dist/schema/index.js';
import { wilsonInterval } from '../../dist/stats/index.js';

/** Mean and variance of a sample of a population of given moments, as samples of this size have them (normal, chi-square). */
function sampled(rng, n, mean, variance, kind) {
  const drawn = mean + Math.sqrt(variance / n) * rng.normal();
  if (kind === 'proportion') return { n, mean: drawn, unadjustedMean: drawn, variance: drawn * (1 - drawn) };
  const seen = variance * Math.max(0, 1 + Math.sqrt(2 / n) * rng.normal());
  return { n, mean: drawn, unadjustedMean: drawn, variance: seen };
}

const base = {
  correlation: 0,
  controlShare: 0.5,
  treatmentShare: 0.5,
  alpha: 0.05,
  inference: 'fixed-horizon',
  purpose: 'lift',
};

/** Questions to the planner, each tried at the sample that it answers. */
export const plans = [
  {
    title: 'rate 10 %, lift 5 %',
    effect: 0.05,
    question: { ...base, kind: 'proportion', mean: 0.1, variance: 0.09 },
  },
  {
    title: 'rate 2 %, lift −20 %',
    effect: -0.2,
    question: { ...base, kind: 'proportion', mean: 0.02, variance: 0.0196 },
  },
  {
    title: 'mean 3, sd 6, lift 2 %, 90/10',
    effect: 0.02,
    question: { ...base, kind: 'mean', mean: 3, variance: 36, controlShare: 0.9, treatmentShare: 0.1 },
  },
  {
    title: 'mean 3, sd 6, lift 30 %',
    effect: 0.3,
    question: { ...base, kind: 'mean', mean: 3, variance: 36 },
  },
  {
    title: 'mean 3, sd 6, lift 2 %, one always-valid look',
    effect: 0.02,
    question: { ...base, kind: 'mean', mean: 3, variance: 36, inference: 'always-valid' },
  },
  {
    title: 'mean 3, sd 6, margin 2 %',
    effect: 0.02,
    question: { ...base, purpose: 'margin', kind: 'mean', mean: 3, variance: 36 },
  },
  {
    title: 'mean 3, sd 6, margin 2 %, one always-valid look',
    effect: 0.02,
    question: { ...base, purpose: 'margin', kind: 'mean', mean: 3, variance: 36, inference: 'always-valid' },
  },
];

/** Share of experiments of the planned size that show the effect they were planned for. */
export function reachedPower({ question, effect, title }, power, experiments, seed) {
  const { mean, variance, kind, purpose, alpha, inference } = question;
  const units = unitsFor(question, effect, power);
  const rule = inference === 'fixed-horizon' ? { kind: inference } : { kind: inference, tunedFor: units };
  const [nA, nB] = [question.controlShare, question.treatmentShare].map((share) => Math.round(units * share));
  const lifted = purpose === 'lift' ? mean * (1 + effect) : mean;
  let shown = 0;
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rng = new Rng([seed, title, experiment]);
    const a = sampled(rng, nA, mean, variance, kind);
    const b = sampled(rng, nB, lifted, kind === 'proportion' ? lifted * (1 - lifted) : variance, kind);
    const found =
      purpose === 'lift'
        ? twoSided(differenceOf(a, b, 'relative'), alpha, rule).p < alpha
        : lowerBound(differenceOf(a, b, 'absolute'), -effect * a.mean, alpha, rule).p < alpha;
    if (found) shown += 1;
  }
  return { units, shown: wilsonInterval(shown, experiments) };
}

/**
 * The whole decision rule: one success metric and `guardrails` guardrails (correlated by .3 with it), planned for `power` with
 * the correction, at the planned sample. Share of experiments that end in KEEP, and in DISCARD.
 */
export function decisions({ lift, harm, guardrails, corrected, power, experiments, seed }) {
  const [mean, variance, margin, wanted] = [3, 36, 0.02, 0.02];
  const perTest = corrected ? powerPerTest(power, guardrails) : power;
  const question = { ...base, kind: 'mean', mean, variance };
  // one sample for all tests: the largest that any of them asks for
  const units = Math.max(
    unitsFor(question, wanted, perTest),
    unitsFor({ ...question, purpose: 'margin' }, margin, perTest),
  );
  const n = Math.ceil(units / 2);
  const success = MetricDefinition.parse({ name: 'success', role: 'success' });
  const guards = Array.from({ length: guardrails }, (_, i) =>
    MetricDefinition.parse({ name: `guardrail ${i + 1}`, role: 'guardrail', margin }),
  );
  const rules = {
    alpha: 0.05,
    scale: 'relative',
    rule: { kind: 'fixed-horizon' },
    tunedFor: units,
    prior: null,
    correction: 'holm',
    plannedUnits: null,
  };
  const counts = { KEEP: 0, EXTEND: 0, DISCARD: 0 };
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const rng = new Rng([seed, 'decision', lift, harm, guardrails, experiment]);
    const se = Math.sqrt(variance / n);
    const measure = (common, truth) => ({
      kind: 'moments',
      moments: {
        n,
        means: [truth + se * (Math.sqrt(0.3) * common + Math.sqrt(0.7) * rng.normal())],
        covariance: [[variance]],
      },
    });
    const common = [rng.normal(), rng.normal()];
    const metrics = [success, ...guards].map((definition, i) => ({
      definition,
      arms: [measure(common[0], mean), measure(common[1], mean * (1 + (i === 0 ? lift : -harm)))],
    }));
    const arms = ['a', 'b'].map((variant) => ({ variant, units: n, weight: 1 }));
    const { verdicts } = analyseExperiment({ arms, metrics, segments: [], checks: [] }, rules);
    counts[verdicts[0].verdict] += 1;
  }
  return Object.fromEntries(
    Object.entries(counts).map(([verdict, count]) => [verdict, wilsonInterval(count, experiments)]),
  );
}
