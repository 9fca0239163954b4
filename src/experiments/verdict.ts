import type { ArmVerdict, ExperimentAim, QualityCheck } from '../schema/index.js';

/** A success metric as the rule sees it: `better` and `worse` hold after correction for multiplicity. */
export interface SuccessEvidence {
  readonly metric: string;
  readonly outcome: 'better' | 'worse' | 'undecided';
  /** the estimate is above the least lift worth having */
  readonly aboveMinimum: boolean;
  /** the whole interval lies below a minimum that was set above zero */
  readonly ruledOut: boolean;
  /** the lift of the first days is gone later: what it was, in words; undefined: nothing says so */
  readonly fades?: string;
}

export interface GuardrailEvidence {
  readonly metric: string;
  /** safe: a loss beyond the margin is ruled out. harmed: the loss is beyond the margin for sure */
  readonly outcome: 'safe' | 'harmed' | 'undecided';
  /** significantly below the control, be it within the margin */
  readonly worse: boolean;
}

export interface VerdictEvidence {
  readonly variant: string;
  /** default superiority */
  readonly aim?: ExperimentAim;
  readonly checks: readonly QualityCheck[];
  readonly success: readonly SuccessEvidence[];
  readonly guardrails: readonly GuardrailEvidence[];
  /** metrics without a role in the decision that are significantly worse */
  readonly watchedWorse: readonly string[];
  /** the sample that was planned has been reached */
  readonly planReached: boolean;
}

const listed = (names: readonly string[]): string => names.join(', ');

/**
 * KEEP iff at least one success metric is significantly better (and above its minimum), every guardrail is shown
 * non-inferior, nothing is significantly worse, and the quality checks pass (Schultzberg, Ankargren & Frånberg, arXiv 2402.11609).
 *
 * DISCARD: a guardrail is lost beyond its margin, a success metric is significantly worse, the minimum lift is ruled out, or the
 * planned sample ended without a KEEP. EXTEND: all else. Failed checks block every conclusion; a loss within a margin, or of a watched
 * metric, is for a person to weigh. A lift that fades is no win. What is missing never makes a KEEP.
 *
 * Under non-inferiority nothing has to be better, and a guardrail at least has to be there: the rest is the same.
 */
export function judgeArm(evidence: VerdictEvidence): ArmVerdict {
  const { variant, aim = 'superiority', checks, success, guardrails, watchedWorse, planReached } = evidence;
  const nothingBetterAsked = aim === 'non-inferiority' && guardrails.length > 0;
  const answer = (verdict: ArmVerdict['verdict'], reasons: readonly string[]): ArmVerdict => ({
    variant,
    verdict,
    reasons: [...reasons],
  });
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length > 0)
    return answer(
      'EXTEND',
      failed.map(({ message }) => `nothing is concluded: ${message}`),
    );

  const harmed = guardrails.filter(({ outcome }) => outcome === 'harmed').map(({ metric }) => metric);
  const lost = success.filter(({ outcome }) => outcome === 'worse').map(({ metric }) => metric);
  const against = [
    ...(harmed.length > 0 ? [`lost beyond its margin: ${listed(harmed)}`] : []),
    ...(lost.length > 0 ? [`significantly worse: ${listed(lost)}`] : []),
  ];
  if (against.length > 0) return answer('DISCARD', against);

  const faded = success.filter(({ outcome, fades }) => outcome === 'better' && fades !== undefined);
  const better = success.filter(({ outcome, fades }) => outcome === 'better' && fades === undefined);
  const won = better.filter(({ aboveMinimum }) => aboveMinimum).map(({ metric }) => metric);
  const open = guardrails.filter(({ outcome }) => outcome === 'undecided').map(({ metric }) => metric);
  const worse = [
    ...guardrails.filter((guardrail) => guardrail.worse).map(({ metric }) => metric),
    ...watchedWorse,
  ];
  const reasons: string[] = [];
  if (success.length === 0 && !nothingBetterAsked)
    reasons.push('no success metric is named, so nothing can be better');
  if (won.length > 0) reasons.push(`significantly better: ${listed(won)}`);
  else if (better.length > 0)
    reasons.push(`better, but not above the minimum lift: ${listed(better.map(({ metric }) => metric))}`);
  else if (success.length > 0 && faded.length === 0)
    reasons.push('no success metric is significantly better');
  for (const { metric, fades = '' } of faded) reasons.push(`fading, as what is new does: ${metric} ${fades}`);
  if (open.length > 0) reasons.push(`not shown safe: ${listed(open)}`);
  else if (guardrails.length > 0)
    reasons.push(`shown safe: ${listed(guardrails.map(({ metric }) => metric))}`);
  if (worse.length > 0)
    reasons.push(
      `significantly worse, though not beyond a margin: ${listed(worse)}; a person has to weigh it`,
    );

  if ((won.length > 0 || nothingBetterAsked) && open.length === 0 && worse.length === 0)
    return answer('KEEP', reasons);
  if (success.length > 0 && success.every(({ ruledOut }) => ruledOut))
    return answer('DISCARD', ['the minimum lift is ruled out on every success metric', ...reasons]);
  if (planReached && (success.length > 0 || nothingBetterAsked) && worse.length === 0 && faded.length === 0)
    return answer('DISCARD', ['the planned sample is reached', ...reasons]);
  return answer('EXTEND', reasons);
}
