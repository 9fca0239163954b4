import type {
  ArmVerdict,
  ExperimentRecord,
  GuardSighting,
  QualityCheck,
  RampDecision,
  RampStep,
} from '../../schema/index.js';
import { treatedShare } from '../assignment/assign-unit.js';
import { sampleRatioAlarm } from '../sample-ratio.js';
import { roundPercent } from '../percent.js';

/** Where a ramp stands. */
export interface RampState {
  /** from 0 */
  readonly step: number;
  readonly epochFromMs: number;
}

/** What a look sees of the epoch that runs; `verdicts` of all epochs together. */
export interface RampSight {
  readonly atMs: number;
  /** units of each arm in this epoch, the control first */
  readonly units: readonly number[];
  /** events since the look before */
  readonly traffic: number;
  /** sequential, of this epoch */
  readonly sampleRatioP: number;
  /** what else was asked of this epoch's data */
  readonly checks?: readonly QualityCheck[];
  readonly guards: readonly GuardSighting[];
  /** of each treatment; undefined: not looked at, then nothing is kept or discarded */
  readonly verdicts?: readonly ArmVerdict[];
}

/** From this share of treated units on only a KEEP leads further: the comparison will not get more precise. */
const judgedFrom = 0.5;
/** A loss of this size is ruled out before any second step. */
const largestLoss = 0.2;
const hourMs = 3_600_000;

/**
 * What a ramp does after a look; pure. In this order:
 *
 * - the split is not the planned one, reports are lost, arms differed before, or there is no traffic: hold, nothing can be told of such
 *   data
 * - a guardrail lost beyond its margin for sure: roll back
 * - too early, too few units: stay
 * - on the step where it is judged: a KEEP of a treatment goes on or ends the experiment, DISCARD of all of them ends it
 * - a guardrail worse within its margin: hold, a person has to weigh it
 * - a loss is not ruled out that would cost more than the risk budget at the next share: stay
 * - else: the next step
 */
export function decideRamp(record: ExperimentRecord, state: RampState, sight: RampSight): RampDecision {
  const { steps } = record.ramp;
  const step = steps[state.step];
  const answer = (kind: RampDecision['kind'], ...reasons: string[]): RampDecision => ({
    kind,
    reasons,
    step: kind === 'advance' ? state.step + 1 : null,
  });

  if (sight.sampleRatioP < sampleRatioAlarm)
    return answer('hold', 'units did not fall into the arms as planned: assignment or logging loses some');
  const failed = (sight.checks ?? []).filter(({ passed }) => !passed);
  if (failed.length > 0) return answer('hold', ...failed.map(({ message }) => message));
  if (sight.traffic === 0) return answer('hold', 'there was no traffic since the last look');

  const harmed = sight.guards.filter(({ outcome }) => outcome === 'harmed');
  if (harmed.length > 0)
    return answer(
      'roll-back',
      ...harmed.map(
        ({ metric, variant, lift }) =>
          `${metric} of ${variant} is lost beyond its margin${lift === null ? '' : ` (${roundPercent(lift)})`}`,
      ),
    );

  const hours = (sight.atMs - state.epochFromMs) / hourMs;
  const fewest = Math.min(...sight.units);
  if (hours < step.hours)
    return answer('stay', `${Math.floor(hours)} of ${step.hours} hours of this step have passed`);
  if (fewest < step.units) return answer('stay', `${fewest} of ${step.units} units are in the smallest arm`);

  const worse = sight.guards.filter((guard) => guard.worse && guard.outcome !== 'harmed');
  const toWeigh = worse.map(
    ({ metric, variant }) => `${metric} of ${variant} is worse, within its margin: a person has to weigh it`,
  );
  const next = nextCompared(record, state.step);
  if (next === undefined || isJudged(record, state.step))
    return judged(sight, toWeigh, next !== undefined, answer);
  if (toWeigh.length > 0) return answer('hold', ...toWeigh);

  const open = sight.guards.flatMap(({ metric, variant, lossAtMost }) => {
    const limit = step.ruleOut ?? lossToRuleOut(record, metric, next.share);
    if (lossAtMost !== null && lossAtMost <= limit) return [];
    const seen = lossAtMost === null ? 'nothing is known' : `up to ${roundPercent(lossAtMost)} is possible`;
    return [
      `${metric} of ${variant}: a loss of ${roundPercent(limit)} has to be ruled out before ${roundPercent(next.share)} get it, and ${seen}`,
    ];
  });
  if (open.length > 0) return answer('stay', ...open);
  return answer('advance', `nothing speaks against ${roundPercent(next.share)}`);
}

/** The step after this one, where it still leaves units to compare with. */
function nextCompared({ ramp, holdout }: ExperimentRecord, step: number): RampStep | undefined {
  const next = ramp.steps[step + 1];
  return next !== undefined && treatedShare(next.share, holdout) < 1 ? next : undefined;
}

/** Whether a step ends with a verdict: half of the units are treated, or no further step leaves a control. */
export function isJudged(record: ExperimentRecord, step: number): boolean {
  return record.ramp.steps[step].share >= judgedFrom || nextCompared(record, step) === undefined;
}

/**
 * The loss of a guardrail that must be ruled out before a share of the units is treated: what the risk budget allows at that share, at
 * most 20 %, and never less than the margin, within which a loss is no harm.
 */
export function lossToRuleOut({ metrics, ramp }: ExperimentRecord, metric: string, share: number): number {
  const margin = metrics.find(({ name }) => name === metric)?.margin ?? 0;
  return Math.max(margin, Math.min(largestLoss, ramp.riskBudget / share));
}

function judged(
  { verdicts = [] }: RampSight,
  toWeigh: readonly string[],
  further: boolean,
  answer: (kind: RampDecision['kind'], ...reasons: string[]) => RampDecision,
): RampDecision {
  const told = (verdict: ArmVerdict): string[] =>
    verdict.reasons.map((reason) => `${verdict.variant}: ${reason}`);
  const kept = verdicts.filter(({ verdict }) => verdict === 'KEEP');
  if (kept.length > 0) return answer(further ? 'advance' : 'keep', ...kept.flatMap(told));
  if (verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'DISCARD'))
    return answer('discard', ...verdicts.flatMap(told));
  if (toWeigh.length > 0) return answer('hold', ...toWeigh);
  return answer('stay', ...verdicts.flatMap(told));
}
