import { AutoModelError } from '../platform/index.js';
import { normalCdf } from '../stats/index.js';
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

/** Standard error of the judged difference in shares of the control's mean, where the treatment's mean is 1 + lift of it. */
function errorAt(question: PowerQuestion, lift: number, units: number): number {
  const { kind, mean, variance, correlation, controlShare, treatmentShare } = question;
  const left = 1 - correlation ** 2;
  const lifted = mean * (1 + lift);
  const treated = kind === 'proportion' ? Math.max(0, lifted * (1 - lifted)) : variance;
  const spread = treated / treatmentShare + (variance * (1 + lift) ** 2) / controlShare;
  return Math.sqrt((left * spread) / units) / Math.abs(mean);
}

/** Standard errors that an effect must be away from its null value. Always-valid rules are tuned for the planned sample. */
function critical({ purpose, alpha, inference }: PowerQuestion): number {
  return criticalErrors(alpha, purpose === 'lift' ? 'two-sided' : 'one-sided', inference);
}

/** The lift, without its sign, from which on an estimate is significant; null: none, the sample is too small. */
function criticalLift(question: PowerQuestion, sign: number, units: number): number | null {
  const errors = critical(question);
  const significant = (size: number): boolean => size > errors * errorAt(question, sign * size, units);
  const most = sign < 0 ? 1 : question.kind === 'proportion' ? 1 / question.mean - 1 : 1e6;
  return crossing(significant, most);
}

/** The place in (0, most] from which on a condition holds; null: it does not hold at the end. */
function crossing(holds: (x: number) => boolean, most: number): number | null {
  if (!(most > 0) || !holds(most)) return null;
  let [low, high] = [0, most];
  for (let i = 0; i < 200 && high - low > 1e-13 * high; i += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Chance that the planned sample shows an effect (a signed lift, or a margin above zero) of this size. A relative difference errs more
 * the larger it is, so a lift is significant from a critical lift c on, where c is the critical number of its own standard
 * errors; the estimate is beyond it when mB − (1 + c) mA is above zero, which is normal whatever the size of the lift.
 */
export function powerOf(question: PowerQuestion, effect: number, units: number): number {
  checkQuestion(question, effect);
  if (question.purpose === 'margin')
    return normalCdf(Math.abs(effect) / errorAt(question, 0, units) - critical(question));
  const sign = Math.sign(effect);
  const from = criticalLift(question, sign, units);
  if (from === null) return 0;
  const { kind, mean, variance, correlation, controlShare, treatmentShare } = question;
  const lifted = mean * (1 + effect);
  const treated = kind === 'proportion' ? Math.max(0, lifted * (1 - lifted)) : variance;
  const spread = treated / treatmentShare + (variance * (1 + sign * from) ** 2) / controlShare;
  const error = Math.sqrt(((1 - correlation ** 2) * spread) / units) / Math.abs(mean);
  return normalCdf((Math.abs(effect) - from) / error);
}

/** Units of all arms that show an effect with the given power, the fewest there are. @throws USAGE when no sample does */
export function unitsFor(question: PowerQuestion, effect: number, power: number): number {
  checkQuestion(question, effect);
  let most = 4;
  while (powerOf(question, effect, most) < power && most < Number.MAX_SAFE_INTEGER / 4) most *= 2;
  const units = crossing((size) => powerOf(question, effect, size) >= power, most);
  if (units === null) {
    throw new AutoModelError('USAGE', `No sample shows an effect of ${effect}`, {
      remedy: 'Give a larger effect, or one that this metric can have.',
      details: { effect, power },
    });
  }
  return Math.max(4, Math.ceil(units));
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
  const size = crossing((effect) => powerOf(question, sign * effect, units) >= power, largest);
  return size === null ? null : sign * size;
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
  if (kind === 'proportion' && (mean >= 1 || mean * (1 + effect) > 1 + 1e-12 || effect < -1))
    refuse('A proportion cannot leave the range from 0 to 1', 'Give a smaller lift, or the rate as a share.');
}
