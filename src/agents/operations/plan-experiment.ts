import { AutoModelError } from '../../platform/index.js';
import { detectableEffect, powerPerTest, unitsFor, type PowerQuestion } from '../../experiments/index.js';
import type { ExperimentPlanOptions, ExperimentPlanResult } from '../../schema/index.js';

/**
 * Plans an A/B test: the units that an effect needs, or the effect that so many units show, each single test at a power such that
 * the whole decision reaches the wanted one. Success metrics × treatments share the error level equally (Bonferroni), which
 * Holm's rule never falls behind.
 * @throws USAGE for questions without an answer
 */
export async function planExperiment(options: ExperimentPlanOptions): Promise<ExperimentPlanResult> {
  const { mean, sd, lift, margin, units, direction = 'up', alpha = 0.05, power = 0.8 } = options;
  const { treatments = 1, successMetrics = 1, guardrails = 0, correlation = 0, traffic = 1 } = options;
  const given = [lift, margin, units].filter((value) => value !== undefined).length;
  if (given !== 1) {
    throw new AutoModelError('USAGE', 'A plan needs one of a lift, a margin and a number of units', {
      remedy: 'Give --lift or --margin to get the units, or --units to get the lift that they show.',
      details: { lift, margin, units },
    });
  }
  const controlShare = options.controlShare ?? 1 / (treatments + 1);
  requireShare('the control’s share', controlShare);
  requireShare('alpha', alpha);
  requireShare('power', power);
  if (!(Math.abs(correlation) < 1)) refuse('A correlation lies between −1 and 1', { correlation });
  if (!(traffic > 0 && traffic <= 1))
    refuse('The share of traffic lies above 0 and is at most 1', { traffic });
  const treatmentShare = (1 - controlShare) / treatments;
  const purpose = margin === undefined ? 'lift' : 'margin';
  const question: PowerQuestion = {
    purpose,
    mean,
    variance: sd === undefined ? mean * (1 - mean) : sd ** 2,
    kind: sd === undefined ? 'proportion' : 'mean',
    correlation,
    controlShare,
    treatmentShare,
    alpha: purpose === 'margin' ? alpha : alpha / (successMetrics * treatments),
    inference: options.sequential === true ? 'always-valid' : 'fixed-horizon',
  };
  if (question.kind === 'proportion' && !(mean > 0 && mean < 1))
    refuse('A metric without an sd is a rate, and a rate lies between 0 and 1', { mean });
  const perTest = powerPerTest(power, guardrails);
  const effect = lift ?? margin ?? detectable(question, direction === 'up' ? 1 : -1, perTest, units ?? 0);
  const needed = units ?? unitsFor(question, effect, perTest);
  const daily = options.unitsPerDay === undefined ? null : options.unitsPerDay * traffic;
  const days = daily === null ? null : Math.max(1, Math.ceil(needed / daily));
  return {
    purpose,
    inference: question.inference,
    effect,
    solvedFor: units === undefined ? 'units' : 'effect',
    baseline: { mean, sd: Math.sqrt(question.variance) },
    alpha: question.alpha,
    power,
    powerPerTest: perTest,
    units: needed,
    arms: [
      { arm: 'control', share: controlShare, units: Math.ceil(needed * controlShare) },
      ...Array.from({ length: treatments }, (_, index) => ({
        arm: treatments === 1 ? 'treatment' : `treatment ${index + 1}`,
        share: treatmentShare,
        units: Math.ceil(needed * treatmentShare),
      })),
    ],
    days,
    wholeWeeks: days === null ? null : 7 * Math.ceil(days / 7),
  };
}

function detectable(question: PowerQuestion, sign: 1 | -1, power: number, units: number): number {
  const effect = detectableEffect(question, sign, power, units);
  if (effect !== null) return effect;
  throw new AutoModelError('USAGE', `${units} units show no effect that this metric can have`, {
    remedy: 'Plan more units, or a metric that varies less.',
    details: { units },
  });
}

function requireShare(what: string, value: number): void {
  if (!(value > 0 && value < 1)) refuse(`${what} lies between 0 and 1`, { value });
}

function refuse(message: string, details: Readonly<Record<string, unknown>>): never {
  throw new AutoModelError('USAGE', message, { remedy: 'Add --help to see what each number is.', details });
}
