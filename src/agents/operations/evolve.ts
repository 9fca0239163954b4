import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import {
  AutoModelError,
  config as machine,
  packageVersion,
  removeQuietly,
  writeFileAtomic,
} from '../../platform/index.js';
import type { PreparedDataset } from '../../data/index.js';
import { openJournal } from '../../journal/index.js';
import {
  primaryMetric,
  type EvolveOptions,
  type EvolveResult,
  type OperationIo,
  type RefusedColumn,
  type Warning,
} from '../../schema/index.js';
import { gatePlan } from '../../stats/index.js';
import { evolveRun } from '../loop/evolve-run.js';
import { chases, resolutionOf, unresolvableGain } from '../loop/gain-check.js';
import { RunJournal } from '../loop/run-journal.js';
import { projectRun, type RunStart } from '../loop/run-projection.js';
import { grantOf, startingPoint, type StartingPoint } from '../loop/starting-point.js';
import type { RunSettings } from '../loop/run-settings.js';
import { isEnough, measuredNoise, type StoredCalibration } from '../loop/stored-calibration.js';
import { refusedColumns } from '../project/columns.js';
import { withoutColumns } from '../project/drop-columns.js';
import { encodedProject, openProject, type Project } from '../project/open-project.js';
import { evolveResult } from '../reporting/evolve-result.js';
import { reportModel } from '../reporting/report-model.js';
import { columnsToDrop, runContext, settingsOf } from './open-run.js';
import { trialLimits } from './trial-limits.js';

/** Searches, gates, opens the test split once, refits and reports. Interrupted anywhere, it resumes where it was. */
export async function evolve(options: EvolveOptions, io: OperationIo): Promise<EvolveResult> {
  const opened = openProject(options.projectDir);
  if (!options.resume) grantOf(options);
  const warnings: Warning[] = [];
  const listening: OperationIo = {
    ...io,
    warn: (warning) => {
      warnings.push(warning);
      io.warn(warning);
    },
  };
  mkdirSync(opened.paths.state, { recursive: true });
  const journal = await openJournal({ path: opened.paths.journal });
  try {
    const memory = await RunJournal.open(journal);
    const run = startingPoint(options, memory);
    const dropped = await droppedColumns(opened, run, memory, listening);
    const project = { ...opened, config: withoutColumns(opened.config, dropped) };
    const prepared = await encodedProject(project, listening);
    const calibrations = memory.calibrations(prepared.contract.hash, basename(prepared.dir), packageVersion);
    if (!run.resumed) {
      refuseHopeless(settingsOf(options, project, prepared), options.force === true, calibrations);
      if (!options.nullRun) tellEarlierLooks(memory.gateLooks(prepared.contract.hash), listening);
    }
    memory.currentRun = run.runId;
    await memory.note('engine-started', { runId: run.runId, host: hostname(), pid: process.pid });
    const log = memory.decisionLog(run.runId);
    const start = await log.decide<RunStart>('run-started', () => ({
      settings: settingsOf(options, project, prepared),
      contract: prepared.contract,
      refused: refusedColumns(project.config),
      dropped,
      warnings,
      grant: grantOf(options),
    }));
    io.onProgress({ kind: 'run-recorded', runId: run.runId });
    if (start.settings.encoding !== basename(prepared.dir)) throw changedData(start.settings, prepared);
    const limits = trialLimits(options, {
      workers: start.settings.workers,
      grant: run.latestGrant ?? start.grant,
      machineMemoryMb: machine.machineMemoryMb,
    });
    const ready = await runContext(
      project,
      prepared,
      run.runId,
      start.settings,
      limits,
      memory,
      log,
      listening,
      {
        calibrations,
        force: options.force === true,
      },
    );
    // While decisions are replayed, the grant that is spent is not the latest one.
    memory.elapsedSeconds = () => (log.replaying ? undefined : ready.context.deadline.elapsedSeconds());
    try {
      await evolveRun(ready.context, {
        artefactsDir: project.paths.artefacts,
        memory: memory.memory,
        refitMemoryMb: limits.refitMemoryMb,
        nextGrant: async (index) => {
          if (index >= run.grants) return undefined;
          const recorded = index < run.grantsBefore;
          const grant = await log.decide('budget-granted', () =>
            index === 0 ? start.grant : grantOf(options),
          );
          const open = recorded && index >= run.grantsSpent;
          ready.context.deadline.begin(grant.minutes, open ? run.carriedSeconds : 0);
          return grant;
        },
      });
      removeQuietly(ready.context.place.checkpointsDir);
    } finally {
      await ready.close();
    }
    const after = await RunJournal.open(journal);
    const projection = projectRun(run.runId, after.decisions(run.runId), after.costOf(run.runId));
    const openingsBefore = after.testOpenings(prepared.contract.hash) - projection.testOpenings;
    const report = join(project.paths.reports, `${run.runId}.html`);
    writeFileAtomic(report, await io.renderReport(reportModel(projection, project.paths, openingsBefore)));
    return evolveResult(projection, project.paths, { resumed: run.resumed, openingsBefore, report });
  } finally {
    await journal.close();
  }
}

/**
 * Columns that the audit takes out of the run. A resumed run has them from its first decision, whatever an audit would say
 * now: its encoding hangs on them.
 */
async function droppedColumns(
  project: Project,
  run: StartingPoint,
  memory: RunJournal,
  io: OperationIo,
): Promise<readonly RefusedColumn[]> {
  const started = memory.decisions(run.runId).find(({ kind }) => kind === 'run-started');
  if (started !== undefined) return (started.payload as RunStart).dropped ?? [];
  return columnsToDrop(project, io);
}

function changedData(settings: RunSettings, prepared: PreparedDataset): AutoModelError {
  return new AutoModelError(
    'CONTRACT_MISMATCH',
    'The data or automodel.json changed since the run was started',
    {
      remedy: 'Start a new run without --resume.',
      details: { run: settings.encoding, now: basename(prepared.dir) },
    },
  );
}

/** Every run has an error budget of its own, and all runs of a contract share the users that it is spent on. */
function tellEarlierLooks(looks: number, io: OperationIo): void {
  if (looks === 0) return;
  const budget = `${100 * gatePlan.alpha} %`;
  io.warn({
    code: 'GATE_USERS_REUSED',
    message:
      `Earlier runs looked ${looks === 1 ? 'once' : `${looks} times`} at the users that decide here. The error budget of ${budget} ` +
      'is that of one run: over several runs a false acceptance is likelier. Go on with --resume, or decide on fresh users.',
  });
}

/**
 * Where a calibration is at hand, a gain that it shows to be out of reach is refused before a run is begun; the run itself
 * checks again with the noise of its own baseline.
 * @throws GAIN_UNRESOLVABLE with the figures
 */
function refuseHopeless(
  settings: RunSettings,
  force: boolean,
  calibrations: readonly StoredCalibration[],
): void {
  const wanted = chases(settings);
  const metric = primaryMetric[settings.task];
  const stored = calibrations.findLast(
    (calibration) => calibration.metric === metric && isEnough(calibration),
  );
  if (wanted === undefined || stored === undefined || force) return;
  const resolution = resolutionOf(metric, wanted, measuredNoise(stored), settings);
  if (resolution !== undefined && wanted < resolution.resolvableGain) throw unresolvableGain(resolution);
}
