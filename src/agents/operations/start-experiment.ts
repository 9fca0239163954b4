import { AutoModelError, readJson } from '../../platform/index.js';
import {
  checkMetrics,
  detectableEffect,
  ExperimentStore,
  isJudged,
  plannedArms,
  powerPerTest,
  readBaseline,
  requireFreeHolds,
  requireFreshSeed,
  summarise,
} from '../../experiments/index.js';
import {
  ExperimentRecord,
  type ExperimentStartOptions,
  type ExperimentStartResult,
  type OperationIo,
} from '../../schema/index.js';
import { requireProject } from '../project/open-project.js';
import { armComposition } from '../serving/arm-composition.js';
import { hasEvents, withEvents } from '../experimenting/project-events.js';

const power = 0.8;

/**
 * Starts an experiment: checks its record, what its arms are made of, that nobody else changes the same for the same users or had its seed, and says what
 * its sample can show.
 * @throws PROJECT_MISSING, FILE_NOT_FOUND, FILE_UNREADABLE, PATH_OUTSIDE_PROJECT and CONFIG_INVALID for the pipeline of an arm, USAGE for metrics that contradict themselves, EXPERIMENT_INVALID naming the member or the holder, PROJECT_LOCKED
 */
export async function startExperiment(
  { projectDir, file, members }: ExperimentStartOptions,
  io: OperationIo,
): Promise<ExperimentStartResult> {
  const paths = requireProject(projectDir);
  const given = file === undefined ? {} : recordFile(file);
  const record = parsed({ ...given, ...members }, file);
  checkMetrics(record);
  for (const { change } of [record.control, ...record.treatments])
    if (change.kind === 'pipeline') armComposition(projectDir, change.pipeline);
  if (!record.metrics.some(({ role }) => role === 'guardrail'))
    io.warn({
      code: 'NO_GUARDRAIL',
      message: 'No guardrail is named, so nothing can roll this experiment back by itself.',
    });
  const plan = await planOf(record, projectDir, io);
  const store = new ExperimentStore({ path: paths.experiments });
  const states = await store.write((known) => {
    if (known.get(record.id) !== undefined) {
      throw new AutoModelError('EXPERIMENT_INVALID', `There is an experiment ${record.id} already`, {
        remedy: 'Give the new one another id: an ended experiment keeps its name.',
        details: { experiment: record.id },
      });
    }
    requireFreshSeed(
      record,
      known.all().map((state) => state.record),
    );
    requireFreeHolds(
      record,
      known.running().map((state) => state.record),
    );
    return [{ kind: 'experiment-started', payload: { record } }];
  });
  return { experiment: summarise(states.need(record.id)), plan };
}

function recordFile(file: string): object {
  const content = readJson(file);
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw new AutoModelError('EXPERIMENT_INVALID', `${file} holds no record of an experiment`, {
    remedy: 'Write one JSON object; docs/experiments.md shows one.',
    details: { file },
  });
}

function parsed(members: object, file: string | undefined): ExperimentRecord {
  const answer = ExperimentRecord.safeParse(members);
  if (answer.success) return answer.data;
  const [{ path, message }] = answer.error.issues;
  const member = path.join('.');
  throw new AutoModelError(
    'EXPERIMENT_INVALID',
    `${file ?? 'The experiment'}: ${member === '' ? 'the record' : member}: ${message}`,
    { remedy: 'docs/experiments.md lists the members of a record.', details: { file, member } },
  );
}

/**
 * What the planned sample shows on the step where it is judged: the smallest lift of the first success metric, or under non-inferiority the
 * smallest loss of the first guardrail that can be ruled out.
 */
async function planOf(
  record: ExperimentRecord,
  projectDir: string,
  io: OperationIo,
): Promise<ExperimentStartResult['plan']> {
  const { aim, metrics, plannedUnits, treatments } = record;
  const success = metrics.filter(({ role }) => role === 'success');
  const guardrails = metrics.filter(({ role }) => role === 'guardrail');
  const [definition] = aim === 'superiority' ? success : guardrails;
  if (definition === undefined || plannedUnits === null) {
    io.warn({
      code: 'PLAN_UNKNOWN',
      message:
        plannedUnits === null
          ? 'No sample is planned (plannedUnits), so the experiment never ends by itself, and its power is not known.'
          : 'There is no success metric, so the experiment can only be rolled back or stopped. Where it need not be better, give it the aim non-inferiority.',
    });
    return null;
  }
  const baseline = hasEvents(projectDir)
    ? await withEvents({ projectDir, events: undefined }, (path) =>
        readBaseline(record, definition, path, io.signal),
      )
    : null;
  if (baseline === null || baseline.mean === 0 || !(baseline.sd > 0)) {
    io.warn({
      code: 'PLAN_UNKNOWN',
      message: `The event log says nothing of ${definition.name} yet, so the power is not known; see automodel experiment plan.`,
    });
    return null;
  }
  const step = record.ramp.steps.findIndex((_, index) => isJudged(record, index));
  const [control, treatment] = plannedArms(record, record.ramp.steps[step].share);
  const purpose = aim === 'superiority' ? 'lift' : 'margin';
  const effect = detectableEffect(
    {
      purpose,
      mean: baseline.mean,
      variance: baseline.sd ** 2,
      kind: definition.kind === 'proportion' ? 'proportion' : 'mean',
      correlation: 0,
      controlShare: control.weight,
      treatmentShare: treatment.weight,
      alpha: purpose === 'lift' ? record.alpha / (success.length * treatments.length) : record.alpha,
      inference: 'always-valid',
    },
    purpose === 'margin' || definition.direction === 'up' ? 1 : -1,
    // Every one of the guardrails has to hold, and the success metric to win.
    powerPerTest(power, purpose === 'lift' ? guardrails.length : guardrails.length - 1),
    plannedUnits,
  );
  const detectableLift = purpose === 'margin' && effect !== null ? -effect : effect;
  return { metric: definition.name, units: plannedUnits, purpose, detectableLift, power };
}
