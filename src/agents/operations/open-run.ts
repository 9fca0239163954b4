import { basename } from 'node:path';
import { clock, hashKeys, workerEntry } from '../../platform/index.js';
import { openDataset, type PreparedDataset } from '../../data/index.js';
import { createProcessExecutor } from '../../execution/index.js';
import {
  primaryMetric,
  type EvolveOptions,
  type OperationIo,
  type RefusedColumn,
} from '../../schema/index.js';
import { gatePlan } from '../../stats/index.js';
import { Deadline } from '../loop/deadline.js';
import type { RunContext } from '../loop/run-context.js';
import type { RunJournal } from '../loop/run-journal.js';
import { finalSeeds, type RunSettings } from '../loop/run-settings.js';
import { TrialRunner } from '../loop/trial-runner.js';
import { ValidationScorer } from '../loop/validation-scorer.js';
import { auditedProject, quickProbes } from '../project/audited.js';
import { settleFindings } from '../project/drop-columns.js';
import { trialPlace, type Project } from '../project/open-project.js';
import { resourcesOf, usualWorkers } from '../project/training-file.js';
import { withNullLabels } from '../trial/null-labels.js';
import type { TrialLimits } from './trial-limits.js';

const rungs = [1 / 9, 1 / 3, 1];

/** Audits a project with the probes that are quick; gives the columns that no run may have as inputs. @throws LEAK_REFUSED */
export async function columnsToDrop(project: Project, io: OperationIo): Promise<readonly RefusedColumn[]> {
  return settleFindings(await auditedProject(project, io, quickProbes), project.config, io);
}

/** What the decisions of a run depend on, so that a resumed one has it from its first decision. */
export function settingsOf(
  options: EvolveOptions,
  { paths }: Project,
  prepared: PreparedDataset,
): RunSettings {
  const { workers, threads } = resourcesOf(paths, options.workers ?? usualWorkers(paths));
  return {
    version: 1,
    seed: options.seed,
    contractHash: prepared.contract.hash,
    encoding: basename(prepared.dir),
    task: prepared.contract.task,
    lag: 2 * workers,
    workers,
    threads,
    nullSeed: options.nullRun ? hashKeys('null-run', options.seed) & 0x7fffffff : null,
    rungs,
    gateSeeds: options.gateSeeds ?? gatePlan.seeds,
    finalSeeds,
    maxLooks: gatePlan.maxLooks,
    alpha: gatePlan.alpha,
    minimumGain: options.minimumGain ?? null,
    refit: options.refit,
    control: options.control,
  };
}

/** Everything that a run works with, its workers included; `close` ends them. */
export async function runContext(
  project: Project,
  prepared: PreparedDataset,
  runId: string,
  settings: RunSettings,
  limits: TrialLimits,
  memory: RunJournal,
  log: RunContext['log'],
  io: OperationIo,
  more: Pick<RunContext, 'calibrations' | 'force'> = {},
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
    ...more,
    runId,
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
