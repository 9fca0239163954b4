import type {
  ExperimentEpoch,
  ExperimentLook,
  ExperimentRecord,
  MetricReading,
  QualityCheck,
  RampDecision,
} from '../../schema/index.js';
import {
  analyseExperiment,
  type Analysis,
  type ExperimentArm,
  type ExperimentData,
  type MeasuredMetric,
} from '../analyse.js';
import { alikeBefore } from '../alike-before.js';
import { assignUnit, plannedArms, type Assigned } from '../assignment/assign-unit.js';
import { defaultTuning } from '../inference.js';
import { decideRamp, isJudged } from '../ramp/decide-ramp.js';
import { sightGuardrails } from '../ramp/sight-guardrails.js';
import { reportCheck } from '../report-check.js';
import { sequentialSampleRatio } from '../sample-ratio.js';
import { UnitLedger } from './unit-ledger.js';

const dayMs = 86_400_000;

/** What traffic may do between two looks. */
export interface ExperimentDoor {
  /**
   * A unit meets the surface: the variant that it gets, which is its exposure; null: it is not in the experiment. What the answer
   * brings is recorded before the unit's next visit, and before `act` resolves.
   * @param segment of the unit, where the record names one; its first visit counts
   */
  visit(unit: string, segment?: string): string | null;
  /** A value of a measure of the unit, counted from its exposure on; what came before the first one is its past. */
  record(unit: string, measure: string, value: number): void;
}

/** Units that live on their own and are looked at from time to time: a simulated world, or a recording. */
export interface ExperimentedTraffic {
  readonly hoursPerLook: number;
  /** Lets units act until the next look. @returns false: nothing comes any more after this */
  act(door: ExperimentDoor): boolean | Promise<boolean>;
}

export interface PlayedExperiment {
  /** undecided: the traffic ended first */
  readonly outcome: 'KEEP' | 'DISCARD' | 'rolled-back' | 'undecided';
  readonly reasons: readonly string[];
  readonly looks: readonly ExperimentLook[];
  readonly epochs: readonly ExperimentEpoch[];
  /** different units that ever got a treatment, and that were ever in an arm */
  readonly treatedUnits: number;
  readonly units: number;
  /** over all epochs together; empty where no metric could be read */
  readonly metrics: readonly MetricReading[];
  /** the same by segment; empty where the record names none */
  readonly segments: readonly { readonly value: string; readonly metrics: readonly MetricReading[] }[];
  /** of the epochs that saw units of every arm */
  readonly checks: readonly QualityCheck[];
}

/** Metrics of all arms over all epochs, judged so that one may look at any time. `splits`: of each epoch. */
export function judgeCombined(
  record: ExperimentRecord,
  metrics: readonly MeasuredMetric[],
  arms: readonly ExperimentArm[],
  {
    splits,
    checks,
    segments = [],
  }: Required<Pick<ExperimentData, 'splits' | 'checks'>> & Partial<Pick<ExperimentData, 'segments'>>,
): Analysis {
  const tunedFor = record.plannedUnits ?? defaultTuning;
  return analyseExperiment(
    { arms, metrics, segments, splits, checks },
    {
      alpha: record.alpha,
      scale: 'relative',
      rule: { kind: 'always-valid', tunedFor },
      tunedFor,
      prior: null,
      correction: 'holm',
      plannedUnits: record.plannedUnits,
      aim: record.aim,
    },
  );
}

/** What the running epoch says of its own data, beside its split. */
function dataChecks(
  record: ExperimentRecord,
  ledger: UnitLedger,
  planned: readonly { readonly variant: string; readonly weight: number }[],
): QualityCheck[] {
  const unreported = ledger.unreported();
  const reports = reportCheck(
    planned.map((arm, index) => ({ ...arm, units: ledger.epochUnits[index], unreported: unreported[index] })),
  );
  const tunedFor = record.plannedUnits ?? defaultTuning;
  const before = alikeBefore(
    ledger.pasts(),
    planned.map(({ variant }) => variant),
    {
      alpha: record.alpha,
      scale: 'relative',
      rule: { kind: 'always-valid', tunedFor },
      tunedFor,
      prior: null,
    },
  );
  return [reports, before].flatMap((check) => (check === null ? [] : [check]));
}

/**
 * Plays one experiment from its first step to a verdict: what a server, a ramp and `experiment analyze` do together, with units in
 * memory, so that thousands of experiments with a known truth can be judged.
 */
export async function playExperiment(
  record: ExperimentRecord,
  traffic: ExperimentedTraffic,
): Promise<PlayedExperiment> {
  const ledger = new UnitLedger(record);
  const names = [record.control.name, ...record.treatments.map(({ name }) => name)];
  const looks: ExperimentLook[] = [];
  const epochs: ExperimentEpoch[] = [{ share: record.ramp.steps[0].share, fromMs: 0, toMs: null }];
  /** of the running epoch */
  const placed = new Map<string, Assigned | null>();
  let step = 0;
  let atMs = 0;
  let events = 0;
  /** by epoch: what its last look found of the data */
  const checksOf: QualityCheck[][] = [];
  const door: ExperimentDoor = {
    visit(unit, segment) {
      let assigned = placed.get(unit);
      if (assigned === undefined) {
        assigned = assignUnit(record, epochs[epochs.length - 1].share, unit);
        placed.set(unit, assigned);
      }
      if (assigned === null) return null;
      events += 1;
      if (assigned.forced) return assigned.variant;
      ledger.expose(unit, names.indexOf(assigned.variant), segment);
      return assigned.variant;
    },
    record(unit, measure, value) {
      ledger.add(unit, measure, value);
    },
  };
  const combined = (withSegments = false): Analysis | null => {
    const metrics = record.metrics.flatMap((definition) => {
      const arms = ledger.combined(definition);
      const windows = definition.role === 'success' ? ledger.windows(definition) : undefined;
      return arms === null ? [] : [{ definition, arms, windows }];
    });
    if (metrics.length < record.metrics.length) return null;
    // The split over all epochs is planned by no one number: each epoch is checked by itself.
    const arms = names.map((variant, arm) => ({
      variant,
      units: ledger.units[arm],
      weight: ledger.units[arm],
    }));
    return judgeCombined(record, metrics, arms, {
      splits: [],
      checks: checksOf.flat(),
      segments: withSegments ? ledger.segmentData(arms) : [],
    });
  };
  const ended = (outcome: PlayedExperiment['outcome'], reasons: readonly string[]): PlayedExperiment => {
    const analysis = combined(record.segment !== undefined);
    return {
      outcome,
      reasons,
      looks,
      epochs: epochs.map((epoch, index) => (index === epochs.length - 1 ? { ...epoch, toMs: atMs } : epoch)),
      treatedUnits: ledger.units.slice(1).reduce((sum, count) => sum + count, 0),
      units: ledger.everyone,
      metrics: analysis?.metrics ?? [],
      segments: ledger.segmentNames.map((value, index) => ({
        value,
        metrics: analysis?.segments[index] ?? [],
      })),
      checks: checksOf.flat(),
    };
  };
  for (;;) {
    events = 0;
    ledger.setDay(atMs / dayMs);
    const more = await traffic.act(door);
    atMs += traffic.hoursPerLook * 3_600_000;
    ledger.setDay(atMs / dayMs);
    const { share, fromMs } = epochs[epochs.length - 1];
    const planned = plannedArms(record, share);
    const units = [...ledger.epochUnits];
    const measured = record.metrics.flatMap((definition) => {
      const arms = definition.role === 'guardrail' ? ledger.measure(definition) : null;
      return arms === null ? [] : [{ definition, arms }];
    });
    const sampleRatioP = sequentialSampleRatio(
      units,
      planned.map(({ weight }) => weight),
    ).p;
    const guards = sightGuardrails(record, step, measured);
    const checks = dataChecks(record, ledger, planned);
    checksOf[epochs.length - 1] = checks;
    const missing = measured.length < record.metrics.filter(({ role }) => role === 'guardrail').length;
    const sight = {
      atMs,
      units: missing ? units.map(() => 0) : units,
      traffic: events,
      sampleRatioP,
      checks,
      guards,
    };
    let decision: RampDecision = decideRamp(record, { step, epochFromMs: fromMs }, sight);
    // A verdict costs a pass over all epochs: only where one is asked for.
    const open = decision.kind === 'stay' || decision.kind === 'hold';
    const verdicts = open && isJudged(record, step) ? (combined()?.verdicts ?? []) : [];
    if (verdicts.length > 0)
      decision = decideRamp(record, { step, epochFromMs: fromMs }, { ...sight, verdicts });
    looks.push({
      atMs,
      epoch: epochs.length - 1,
      share,
      arms: names.map((variant, arm) => ({ variant, units: units[arm] })),
      sampleRatioP,
      guards,
      verdicts: [...verdicts],
      decision,
    });
    switch (decision.kind) {
      case 'keep':
        return ended('KEEP', decision.reasons);
      case 'discard':
        return ended('DISCARD', decision.reasons);
      case 'roll-back':
        return ended('rolled-back', decision.reasons);
      case 'advance':
        step += 1;
        epochs[epochs.length - 1].toMs = atMs;
        epochs.push({ share: record.ramp.steps[step].share, fromMs: atMs, toMs: null });
        ledger.beginEpoch();
        placed.clear();
        break;
      default:
        break;
    }
    if (!more) return ended('undecided', decision.reasons);
  }
}
