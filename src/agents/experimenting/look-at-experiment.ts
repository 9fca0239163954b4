import {
  decideRamp,
  isJudged,
  judgeCombined,
  readRunning,
  sightGuardrails,
  type Analysis,
  type ReadRunning,
} from '../../experiments/index.js';
import type { ExperimentLook, ExperimentState, OperationIo, QualityCheck } from '../../schema/index.js';

export interface LookedAt {
  readonly look: ExperimentLook;
  readonly read: ReadRunning;
  /** over all epochs; null where none compares */
  readonly analysis: Analysis | null;
}

/** Reads a running experiment off its events and says what its ramp would do; changes nothing. */
export async function lookAtExperiment(
  state: ExperimentState,
  events: string,
  atMs: number,
  io: Pick<OperationIo, 'warn' | 'signal'>,
): Promise<LookedAt> {
  const { record, epochs, looks } = state;
  const epoch = epochs.length - 1;
  const { share, fromMs } = epochs[epoch];
  const sinceMs = looks.filter((look) => look.epoch === epoch).at(-1)?.atMs ?? fromMs;
  const read = await readRunning(state, events, sinceMs, io.warn, io.signal);
  const analysis = combinedAnalysis(state, read);
  const now = read.epochs[epoch];
  const step =
    state.step ??
    Math.max(
      0,
      record.ramp.steps.findLastIndex((one) => one.share <= share),
    );
  const guards = sightGuardrails(record, step, now.metrics ?? []);
  const sampleRatioP = now.split.p ?? 1;
  const verdicts = isJudged(record, step) ? (analysis?.verdicts ?? []) : [];
  const decision = decideRamp(
    record,
    { step, epochFromMs: fromMs },
    // Without values of every arm there is nothing to go on with.
    {
      atMs,
      units: now.metrics === null ? now.units.map(() => 0) : now.units,
      traffic: read.trafficSince,
      sampleRatioP,
      checks: now.checks,
      guards,
      verdicts,
    },
  );
  const names = [record.control.name, ...record.treatments.map(({ name }) => name)];
  const look: ExperimentLook = {
    atMs,
    epoch,
    share,
    arms: names.map((variant, arm) => ({ variant, units: now.units[arm] })),
    sampleRatioP,
    guards,
    verdicts: [...(analysis?.verdicts ?? [])],
    decision,
  };
  return { look, read, analysis };
}

/** All epochs together, each with its own split check. */
export function combinedAnalysis({ record, epochs }: ExperimentState, read: ReadRunning): Analysis | null {
  if (read.combined === null) return null;
  const names = [record.control.name, ...record.treatments.map(({ name }) => name)];
  const arms = names.map((variant, arm) => ({ variant, units: read.units[arm], weight: read.units[arm] }));
  const splits = read.epochs.map(({ split }, epoch) => ({
    ...split,
    message: `epoch ${epoch} (${Number((100 * epochs[epoch].share).toPrecision(4))} % treated): ${split.message}`,
  }));
  return judgeCombined(record, read.combined, arms, {
    splits,
    checks: [...read.checks, ...passedChecks(read)],
    segments: read.segments,
  });
}

/** What was asked of the last epoch's data and is well; what failed anywhere is among the checks of the whole. */
function passedChecks({ epochs }: ReadRunning): QualityCheck[] {
  return (epochs.at(-1)?.checks ?? []).filter(({ passed }) => passed);
}
