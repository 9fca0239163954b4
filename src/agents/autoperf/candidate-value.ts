import type { PlanQuality, RecommendResponse } from '../../schema/index.js';
import { studentQuantile } from '../../stats/index.js';

/** Places of an answer that count. */
const PLACES = 10;
const CONFIDENCE = 0.95;

/**
 * What fewer candidates cost: the summed probabilities of the first ten items that a plan answers with, by the ranking model itself, as a
 * share of what the reference answers with to the same requests. Needs answers with explanations. The model judges its own choice, so
 * this says how much of what ranking can find recall still brings, not how good ranking is.
 * @param margin share that may be lost
 */
export function candidateValue(
  plan: readonly RecommendResponse[],
  reference: readonly RecommendResponse[],
  margin: number,
): PlanQuality {
  if (plan.length !== reference.length || plan.length < 2)
    throw new RangeError(
      `Answers to the same requests, two at least: ${plan.length} and ${reference.length}`,
    );
  const values = reference.map(valueOf);
  const mean = average(values);
  // Linearised ratio of means: the variance of (plan - ratio x reference) / mean of the reference.
  const ratio = average(plan.map(valueOf)) / mean;
  const residuals = plan.map((response, i) => (valueOf(response) - ratio * values[i]) / mean);
  const variance = residuals.reduce((sum, r) => sum + r * r, 0) / (residuals.length - 1);
  const se = Math.sqrt(variance / residuals.length);
  return {
    metric: `value@${PLACES}`,
    difference: ratio - 1,
    lower: ratio - 1 - studentQuantile(CONFIDENCE, residuals.length - 1) * se,
    users: plan.length,
    margin,
  };
}

function valueOf({ items }: RecommendResponse): number {
  return items.slice(0, PLACES).reduce((sum, item) => {
    const logit = item.explanation?.parts['model'];
    if (logit === undefined) throw new RangeError(`The answer does not say what the model gave ${item.item}`);
    return sum + 1 / (1 + Math.exp(-logit));
  }, 0);
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
