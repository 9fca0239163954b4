import { AutoModelError } from '../../platform/index.js';
import { defaultTuning, ExperimentStore, plannedArms, readRunning } from '../../experiments/index.js';
import {
  type ExperimentAnalyzeResult,
  type OperationIo,
  type RunningExperimentOptions,
} from '../../schema/index.js';
import { combinedAnalysis } from '../experimenting/look-at-experiment.js';
import { withEvents } from '../experimenting/project-events.js';
import { requireProject } from '../project/open-project.js';

/**
 * Judges an experiment of the project from its event log: every epoch of constant allocation by itself, all of them combined, by
 * intervals that hold at every look.
 * @throws EXPERIMENT_INVALID for an id that is none, or while no arm but one has units; FILE_NOT_FOUND without an event log
 */
export async function analyzeRunningExperiment(
  { projectDir, id, events }: RunningExperimentOptions,
  io: OperationIo,
): Promise<ExperimentAnalyzeResult> {
  const state = (await new ExperimentStore({ path: requireProject(projectDir).experiments }).read()).need(id);
  const { record, epochs } = state;
  io.onProgress({ kind: 'phase', name: 'Read the events', done: 0, total: undefined });
  const read = await withEvents({ projectDir, events }, (path) =>
    readRunning(state, path, epochs[0].fromMs, io.warn, io.signal),
  );
  const analysis = combinedAnalysis(state, read);
  if (analysis === null) {
    throw new AutoModelError('EXPERIMENT_INVALID', `Experiment ${id} has no two arms with users yet`, {
      remedy: 'Wait for traffic; the exposures must name the experiment (more.experiment, more.variant).',
      details: { experiment: id, units: [...read.units] },
    });
  }
  const expected = read.epochs.map(({ units }, epoch) => {
    const all = units.reduce((sum, count) => sum + count, 0);
    return plannedArms(record, epochs[epoch].share).map(({ weight }) => weight * all);
  });
  const total = expected.flat().reduce((sum, value) => sum + value, 0);
  return {
    control: record.control.name,
    form: 'event-log',
    inference: 'always-valid',
    alpha: record.alpha,
    tunedFor: record.plannedUnits ?? defaultTuning,
    correction: 'holm',
    arms: plannedArms(record, 1).map(({ variant }, arm) => ({
      variant,
      units: read.units[arm],
      expectedShare: total === 0 ? 0 : expected.reduce((sum, epoch) => sum + epoch[arm], 0) / total,
    })),
    checks: [...analysis.checks],
    metrics: [...analysis.metrics],
    verdicts: [...analysis.verdicts],
    segments: read.segments.map(({ value, arms }, index) => ({
      column: record.segment ?? '',
      value,
      arms: arms.map(({ variant, units }) => ({ variant, units })),
      metrics: [...analysis.segments[index]],
    })),
    leftOut: {
      unitsInSeveralVariants: read.unitsInSeveralVariants,
      examples: [],
      exposureRowsWithoutUnitOrVariant: 0,
      metricRowsOfUnexposedUnits: 0,
      metricRowsBeforeExposure: 0,
    },
  };
}
