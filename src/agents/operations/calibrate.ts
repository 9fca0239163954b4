import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { config as machine, packageVersion, removeQuietly } from '../../platform/index.js';
import { openJournal } from '../../journal/index.js';
import {
  primaryMetric,
  type CalibrateOptions,
  type MeasuredCalibration,
  type OperationIo,
} from '../../schema/index.js';
import { metricCalibration } from '../calibration/metric-calibration.js';
import { tuneBaseline } from '../loop/baseline.js';
import { calibrationSeeds } from '../loop/calibration.js';
import { minuteShares } from '../loop/deadline.js';
import { DecisionLog } from '../loop/decision-log.js';
import { tellingLevel } from '../loop/gain-check.js';
import { noiseGroups, noiseRecord, type NoiseGroup } from '../loop/noise-runs.js';
import type { RunContext } from '../loop/run-context.js';
import { RunJournal } from '../loop/run-journal.js';
import { measuredNoise } from '../loop/stored-calibration.js';
import { withoutColumns } from '../project/drop-columns.js';
import { encodedProject, openProject } from '../project/open-project.js';
import { columnsToDrop, runContext, settingsOf } from './open-run.js';
import { trialLimits } from './trial-limits.js';

/**
 * Measures the noise that evolve's gate will meet: the baseline, tuned as evolve tunes it, and a deep model over seeds and
 * A/A copies. One event per metric is kept in the journal, where evolve finds it. Killed, it starts anew; its finished
 * trainings are remembered.
 */
export async function calibrate(options: CalibrateOptions, io: OperationIo): Promise<MeasuredCalibration> {
  const opened = openProject(options.projectDir);
  // As evolve does, so that it finds a calibration of the inputs that it will use.
  const config = withoutColumns(opened.config, await columnsToDrop(opened, io));
  const project = { ...opened, config };
  const prepared = await encodedProject(project, io);
  mkdirSync(project.paths.state, { recursive: true });
  const journal = await openJournal({ path: project.paths.journal });
  try {
    const memory = await RunJournal.open(journal);
    const settings = settingsOf(evolveLike(options), project, prepared);
    const limits = trialLimits(evolveLike(options), {
      workers: options.workers,
      grant: { trials: null, minutes: options.minutes ?? null },
      machineMemoryMb: machine.machineMemoryMb,
    });
    // Nothing here is replayed: what a second call would repeat are trainings, and those are remembered.
    const log = new DecisionLog({ append: async () => undefined }, 'calibrate', []);
    const ready = await runContext(project, prepared, 'calibrate', settings, limits, memory, log, io);
    try {
      const { context } = ready;
      // The shares of the minutes are those of a whole run, of which this is the part before the search.
      context.deadline.begin(
        options.minutes === undefined ? null : options.minutes / minuteShares.calibration,
        0,
      );
      const baseline = await tuneBaseline(context);
      const seeds = (options.seeds ?? calibrationSeeds) + settings.gateSeeds;
      const groups = await noiseGroups(context, baseline, seeds);
      removeQuietly(context.place.checkpointsDir);
      return await told(context, options, groups, async (record, calibration) =>
        memory.noteCalibration(
          {
            ...record,
            contractHash: settings.contractHash,
            encoding: basename(prepared.dir),
            engine: packageVersion,
            baseline,
            deep: groups[1].candidate,
          },
          calibration,
        ),
      );
    } finally {
      await ready.close();
    }
  } finally {
    await journal.close();
  }
}

type Note = (
  record: ReturnType<typeof noiseRecord>,
  calibration: MeasuredCalibration['metrics'][number],
) => Promise<void>;

/** Says it of every metric of the task, and has it noted. */
async function told(
  context: RunContext,
  options: CalibrateOptions,
  groups: readonly [NoiseGroup, NoiseGroup],
  note: Note,
): Promise<MeasuredCalibration> {
  const { settings } = context;
  const primary = primaryMetric[settings.task];
  const names = Object.keys(groups.flatMap(({ tables }) => [...tables])[0] ?? { [primary]: 0 });
  const affordableSeeds = affordable(context, groups);
  const metrics: MeasuredCalibration['metrics'] = [];
  for (const [done, metric] of names.entries()) {
    context.io.onProgress({ kind: 'phase', name: 'Try the gate on copies', done, total: names.length });
    const record = noiseRecord(metric, groups);
    const calibration = metricCalibration(
      {
        metric,
        primary: metric === primary,
        wantedGain: metric === primary ? options.wantedGain : undefined,
        affordableSeeds,
      },
      groups,
      measuredNoise(record),
      settings,
    );
    await note(record, calibration);
    metrics.push(calibration);
  }
  const costs = groups.flatMap(({ runs }) => runs.map(({ outcome }) => outcome.cost.seconds));
  return {
    kind: 'measured',
    contractHash: settings.contractHash,
    metric: primary,
    ...tellingLevel(settings),
    gateSeeds: settings.gateSeeds,
    models: groups.map((group, i) => ({
      model: group.candidate.model,
      role: i === 0 ? 'baseline' : 'deep',
      runs: group.runs.length,
      lost: group.lost.length,
      failed: group.failed.length,
      secondsPerRun: secondsPerRun(group) ?? null,
    })),
    metrics,
    cost: { seconds: costs.reduce((sum, seconds) => sum + seconds, 0), trainings: costs.length },
  };
}

function secondsPerRun({ runs }: NoiseGroup): number | undefined {
  if (runs.length === 0) return undefined;
  return runs.reduce((sum, { outcome }) => sum + outcome.cost.seconds, 0) / runs.length;
}

/** Paired seeds of the two models that the minutes left would pay for. */
function affordable(context: RunContext, groups: readonly NoiseGroup[]): number | undefined {
  const left = context.deadline.secondsLeft(minuteShares.calibration);
  if (left === undefined) return undefined;
  const perPair = groups.reduce((sum, group) => sum + (secondsPerRun(group) ?? 0), 0);
  return perPair > 0 ? Math.max(0, Math.floor((left / perPair) * context.settings.workers)) : undefined;
}

/** The run of evolve whose noise this is. */
function evolveLike({ projectDir, seed, workers, minutes }: CalibrateOptions) {
  return {
    projectDir,
    seed,
    workers,
    minutes,
    trials: undefined,
    resume: false,
    nullRun: false,
    control: 'share',
    refit: 'train+validation',
    minimumGain: undefined,
    trialMinutes: undefined,
    trialMemoryMb: undefined,
  } as const;
}
