import { AutoModelError } from '../platform/index.js';
import { normalCdf, normalQuantile } from '../stats/index.js';
import { criticalErrors, type InferenceRule } from './inference.js';

export interface PowerQuestion {
  /** lift: a difference is to be found (two-sided). margin: a loss beyond it is to be ruled out where there is none (one-sided) */
  readonly purpose: 'lift' | 'margin';
  /** of the control, per unit */
  readonly mean: number;
  readonly variance: number;
  /** a proportion's variance follows its mean in the treatment arm too */
  readonly kind: 'mean' | 'proportion';
  /** correlation of the metric with its covariate; 0 without one */
  readonly correlation: number;
  /** shares of all units of the experiment that fall to the control and to the compared treatment */
  readonly controlShare: number;
  readonly treatmentShare: number;
  /** level of this one test */
  readonly alpha: number;
  readonly inference: InferenceRule['kind'];
}

/**
 * Power that each single test is planned at when a change is kept only if its success metric wins and all guardrails hold:
 * 1 − (1 − power) / (guardrails + 1), so that the misses together stay below 1 − power (Schultzberg, Ankargren & Frånberg,
 * arXiv 2402.11609).
 */
export function powerPerTest(power: number, guardrails: number): number {
  return 1 - (1 - power) / (guardrails + 1);
}

/** Variance of the judged difference times the number of units, in shares of the control's mean. */
function spread(question: PowerQuestion, effect: number): number {
  const { purpose, kind, mean, variance, correlation, controlShare, treatmentShare } = question;
  const left = 1 - correlation ** 2;
  const lift = purpose === 'lift' ? effect : 0;
  const lifted = mean * (1 + lift);
  const treated = kind === 'proportion' ? lifted * (1 - lifted) : variance;
  return (left * (treated / treatmentShare + (variance * (1 + lift) ** 2) / controlShare)) / mean ** 2;
}

/** Standard errors that an effect must be away from its null value. Always-valid rules are tuned for the planned sample. */
function critical({ purpose, alpha, inference }: PowerQuestion): number {
  return criticalErrors(alpha, purpose === 'lift' ? 'two-sided' : 'one-sided', inference);
}

/** Chance that the planned sample shows an effect (a signed lift, or a margin above zero) of this size. */
export function powerOf(question: PowerQuestion, effect: number, units: number): number {
  checkQuestion(question, effect);
  return normalCdf(Math.abs(effect) / Math.sqrt(spread(question, effect) / units) - critical(question));
}

/** Units of all arms that show an effect with the given power: ((critical + z) / effect)² times the spread. */
export function unitsFor(question: PowerQuestion, effect: number, power: number): number {
  checkQuestion(question, effect);
  const errors = critical(question) + normalQuantile(power);
  return Math.max(4, Math.ceil((errors / effect) ** 2 * spread(question, effect)));
}

/** The smallest effect, in the given direction, that so many units of all arms show with the given power; null: none up to tenfold. */
export function detectableEffect(
  question: PowerQuestion,
  sign: 1 | -1,
  power: number,
  units: number,
): number | null {
  const largest =
    question.purpose === 'margin' || sign < 0
      ? 0.999
      : question.kind === 'proportion'
        ? Math.min(10, 1 / question.mean - 1)
        : 10;
  const shows = (effect: number): boolean => powerOf(question, sign * effect, units) >= power;
  let low = 0;
  let high = largest;
  if (!(high > 0) || !shows(high)) return null;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i += 1) {
    const middle = (low + high) / 2;
    if (middle > 0 && shows(middle)) high = middle;
    else low = middle;
  }
  return sign * high;
}

function checkQuestion({ mean, kind, variance }: PowerQuestion, effect: number): void {
  const refuse = (message: string, remedy: string): never => {
    throw new AutoModelError('USAGE', message, { remedy, details: { mean, variance, effect } });
  };
  if (!(Math.abs(mean) > 0) || !Number.isFinite(mean))
    refuse('A relative effect needs a baseline other than zero', 'Give the mean of the control.');
  if (!(variance > 0) || !Number.isFinite(variance))
    refuse('A plan needs a metric that varies', 'Give the sd of one unit, above zero.');
  if (!(Math.abs(effect) > 0) || !Number.isFinite(effect))
    refuse('An effect of zero is found by no sample', 'Give the lift that would be worth having.');
  if (kind === 'proportion' && (mean >= 1 || mean * (1 + effect) > 1 || effect < -1))
    refuse('A proportion cannot leave the range from 0 to 1', 'Give a smaller lift, or the rate as a share.');
}
