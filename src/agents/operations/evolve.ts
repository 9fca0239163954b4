import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import {
  AutoModelError,
  clock,
  config as machine,
  hashKeys,
  removeQuietly,
  workerEntry,
  writeFileAtomic,
} from '../../platform/index.js';
import { openDataset, type PreparedDataset } from '../../data/index.js';
import { createProcessExecutor } from '../../execution/index.js';
import { openJournal } from '../../journal/index.js';
import {
  primaryMetric,
  type EvolveOptions,
  type EvolveResult,
  type OperationIo,
  type RefusedColumn,
  type Warning,
} from '../../schema/index.js';
import { Deadline } from '../loop/deadline.js';
import { evolveRun } from '../loop/evolve-run.js';
import type { RunContext } from '../loop/run-context.js';
import { RunJournal } from '../loop/run-journal.js';
import { projectRun, type RunStart } from '../loop/run-projection.js';
import { grantOf, startingPoint, type StartingPoint } from '../loop/starting-point.js';
import type { RunSettings } from '../loop/run-settings.js';
import { TrialRunner } from '../loop/trial-runner.js';
import { ValidationScorer } from '../loop/validation-scorer.js';
import { trialLimits, type TrialLimits } from './trial-limits.js';
import { auditedProject, quickProbes } from '../project/audited.js';
import { refusedColumns } from '../project/columns.js';
import { settleFindings, withoutColumns } from '../project/drop-columns.js';
import { encodedProject, openProject, trialPlace, type Project } from '../project/open-project.js';
import { evolveResult } from '../reporting/evolve-result.js';
import { reportModel } from '../reporting/report-model.js';
import { withNullLabels } from '../trial/null-labels.js';

const rungs = [1 / 9, 1 / 3, 1];
const gateSeeds = 5;
const finalSeeds = 3;
const maxLooks = 20;
const familyWiseAlpha = 0.05;

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
    memory.currentRun = run.runId;
    await memory.note('engine-started', { runId: run.runId, host: hostname(), pid: process.pid });
    const log = memory.decisionLog(run.runId);
    const start = await log.decide<RunStart>('run-started', () => ({
      settings: settingsOf(options, prepared),
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
    const ready = await runContext(project, prepared, run, start.settings, limits, memory, log, listening);
    try {
      await evolveRun(ready.context, {
        artefactsDir: project.paths.artefacts,
        memory: memory.memory,
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
  return settleFindings(await auditedProject(project, io, quickProbes), project.config, io);
}

function settingsOf(options: EvolveOptions, prepared: PreparedDataset): RunSettings {
  return {
    version: 1,
    seed: options.seed,
    contractHash: prepared.contract.hash,
    encoding: basename(prepared.dir),
    task: prepared.contract.task,
    lag: 2 * options.workers,
    workers: options.workers,
    threads: Math.max(1, Math.floor(machine.threads / options.workers)),
    nullSeed: options.nullRun ? hashKeys('null-run', options.seed) & 0x7fffffff : null,
    rungs,
    gateSeeds,
    finalSeeds,
    maxLooks,
    alpha: familyWiseAlpha,
    minimumGain: options.minimumGain ?? null,
    refit: options.refit,
    control: options.control,
  };
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

async function runContext(
  project: Project,
  prepared: PreparedDataset,
  run: StartingPoint,
  settings: RunSettings,
  limits: TrialLimits,
  memory: RunJournal,
  log: RunContext['log'],
  io: OperationIo,
) {
  const real = openDataset(prepared.dir);
  const dataset = settings.nullSeed === null ? real : withNullLabels(real, settings.nullSeed);
  const executor = createProcessExecutor({
    entry: workerEntry('agents/trial/trial-worker'),
    workers: settings.workers,
    threadsPerWorker: settings.threads,
    memoryLimitMb: limits.memoryMb,
  });
  const runner = new TrialRunner({
    executor,
    memory: memory.memory,
    signal: io.signal,
    timeoutMs: limits.timeoutMs,
  });
  const context: RunContext = {
    runId: run.runId,
    settings,
    metric: primaryMetric[settings.task],
    dataset,
    place: { ...trialPlace(project, prepared, settings.workers), threads: settings.threads },
    log,
    runner,
    scorer: new ValidationScorer(dataset),
    deadline: new Deadline(clock),
    io,
  };
  return { context, close: () => executor.close() };
}
