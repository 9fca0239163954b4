import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Deadline } from '../../../src/agents/loop/deadline.js';
import { evolveRun } from '../../../src/agents/loop/evolve-run.js';
import type { RunContext } from '../../../src/agents/loop/run-context.js';
import { canonicalRun, RunJournal } from '../../../src/agents/loop/run-journal.js';
import type { RunStart } from '../../../src/agents/loop/run-projection.js';
import type { BudgetGrant, RunSettings } from '../../../src/agents/loop/run-settings.js';
import { grantOf, startingPoint } from '../../../src/agents/loop/starting-point.js';
import { TrialRunner } from '../../../src/agents/loop/trial-runner.js';
import { predictionPath } from '../../../src/agents/trial/prediction-files.js';
import { isAutoModelError } from '../../../src/platform/index.js';
import { MemoryJournal, readAll, type Journal, type JournalEvent } from '../../../src/journal/index.js';
import {
  primaryMetric,
  type TrialExecutor,
  type TrialOutcome,
  type TrialRequest,
} from '../../../src/schema/index.js';
import { listeningIo } from '../tiny-project.js';
import {
  lostFault,
  ownFault,
  ScriptedClock,
  ScriptedScorer,
  scriptedScore,
  settingsOf,
  type Script,
} from './scripted-run.js';
import type { SimulatedWorld } from './simulated-world.js';

/**
 * Where a life of the engine ends; counted from its beginning. A life without a plan goes on to the end, unless the disk
 * is full before.
 */
export type Crash =
  /** at an append, before the event is on disk or after it */
  | { readonly at: 'append'; readonly count: number; readonly durable: boolean }
  /** when so many trainings have ended, before the engine heard of the last one */
  | { readonly at: 'training'; readonly count: number };

export class CrashError extends Error {}

/** What a process shares with itself only: when it is dead, none of its promises writes anything any more. */
class Life {
  dead = false;
  private appends = 0;
  private trainings = 0;

  constructor(private readonly crash: Crash | undefined) {}

  /** A journal that ends the life at its append, and takes nothing from the dead. */
  journal(below: Journal): Journal {
    return {
      append: async (...event) => {
        this.assertAlive();
        this.appends += 1;
        const { crash } = this;
        if (crash?.at !== 'append' || crash.count !== this.appends) return below.append(...event);
        this.dead = true;
        if (crash.durable) await below.append(...event);
        throw new CrashError('killed while appending');
      },
      read: (options) => below.read(options),
      head: () => below.head(),
      verify: () => below.verify(),
      close: () => Promise.resolve(),
    };
  }

  trained(): void {
    this.assertAlive();
    this.trainings += 1;
    if (this.crash?.at !== 'training' || this.crash.count !== this.trainings) return;
    this.dead = true;
    throw new CrashError('killed while training');
  }

  private assertAlive(): void {
    if (this.dead) throw new CrashError('dead already');
  }
}

export interface CrashingScript extends Script {
  /** what becomes of a training's n-th attempt (from 0, over all lives) before it may end as the script says */
  readonly mishap?: (request: TrialRequest, attempt: number) => TrialOutcome | undefined;
}

export interface CrashingRunOptions {
  readonly world: SimulatedWorld;
  readonly script: CrashingScript;
  readonly folder: string;
  readonly grants: readonly BudgetGrant[];
  /** one per life that ends in a crash */
  readonly crashes: readonly Crash[];
  readonly settings?: Partial<RunSettings>;
  /** deletes the cache before a life; default never */
  readonly cacheIsDeleted?: (life: number) => boolean;
}

/**
 * One run over as many lives as it takes, started and resumed as the evolve command does it: the first grant starts it,
 * `--resume` goes on with it, and when a grant is spent the next one tops it up. Everything but the trainings and the
 * processes is the engine's own: decision log, trial runner, search, race, gate, conclusion.
 */
export async function crashingRun(options: CrashingRunOptions) {
  const { world, script, grants, folder } = options;
  const clock = new ScriptedClock();
  const journal = new MemoryJournal(clock);
  const attempts = new Map<string, number>();
  const crashes = [...options.crashes];
  let lives = 0;
  const requests: TrialRequest[] = [];
  for (;;) {
    lives += 1;
    clock.seconds += 100;
    if (options.cacheIsDeleted?.(lives) === true) rmSync(folder, { recursive: true, force: true });
    const life = new Life(crashes.shift());
    const executor: TrialExecutor = {
      concurrency: 2,
      run: async (request) => {
        for (let turn = script.turns?.(request) ?? 0; turn > 0; turn -= 1) await Promise.resolve();
        life.trained();
        requests.push(request);
        const attempt = attempts.get(request.key) ?? 0;
        attempts.set(request.key, attempt + 1);
        const mishap = script.mishap?.(request, attempt);
        if (mishap !== undefined) return mishap;
        const fault = script.fault?.(request);
        if (fault !== undefined) return fault === 'lost' ? lostFault : ownFault;
        leavePredictions(request);
        return scriptedScore(scorer, request);
      },
      close: () => Promise.resolve(),
    };
    const scorer = new ScriptedScorer(world, script);
    try {
      const done = await liveOnce(life.journal(journal), executor, scorer, {
        ...options,
        clock,
        predictionsDir: folder,
      });
      if (done === grants.length) break;
    } catch (error) {
      if (!(error instanceof CrashError) && !(isAutoModelError(error) && error.code === 'DISK_FULL'))
        throw error;
    }
  }
  const events: readonly JournalEvent[] = await readAll(journal);
  return { events, lives, requests, canonical: await canonicalRun(journal) };
}

/** The files that say that a trial's predictions are there; no sync, for the sake of many lives. */
function leavePredictions({ predictionsDir, key, predictTest }: TrialRequest): void {
  const path = predictionPath(predictionsDir, key, 'validation');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  if (predictTest) writeFileSync(predictionPath(predictionsDir, key, 'test'), '');
}

/** One call of the evolve command; resolves to the number of grants that are spent. */
async function liveOnce(
  journal: Journal,
  executor: TrialExecutor,
  scorer: ScriptedScorer,
  options: CrashingRunOptions & { readonly clock: ScriptedClock; readonly predictionsDir: string },
): Promise<number> {
  const { world, grants, clock, predictionsDir } = options;
  const memory = await RunJournal.open(journal);
  const known = memory.runIds().length > 0;
  const spentBefore = known
    ? memory.decisions('run-1').filter(({ kind }) => kind === 'grant-spent').length
    : 0;
  const recordedGrants = known
    ? memory.decisions('run-1').filter(({ kind }) => kind === 'budget-granted').length
    : 0;
  // A call without a budget spends what is left; with one it tops up.
  const given =
    !known || (spentBefore > 0 && spentBefore === recordedGrants) ? grants[spentBefore] : undefined;
  const wanted = {
    resume: known,
    trials: given?.trials ?? undefined,
    minutes: given?.minutes ?? undefined,
  };
  const run = startingPoint(wanted, memory);
  memory.currentRun = run.runId;
  await memory.note('engine-started', { runId: run.runId });
  const log = memory.decisionLog(run.runId);
  const settings = settingsOf(world, { lag: 3, ...options.settings });
  const start = await log.decide<RunStart>('run-started', () => ({
    settings,
    contract: world.dataset.contract,
    refused: [],
    warnings: [],
    grant: grantOf(wanted),
  }));
  const { io } = listeningIo();
  const context: RunContext = {
    runId: run.runId,
    settings: start.settings,
    metric: primaryMetric[settings.task],
    dataset: world.dataset,
    place: {
      contractHash: settings.contractHash,
      datasetDir: '/d',
      predictionsDir,
      checkpointsDir: '/c',
      threads: 1,
    },
    log,
    runner: new TrialRunner({ executor, memory: memory.memory, signal: io.signal }),
    scorer,
    deadline: new Deadline(clock),
    io,
  };
  await evolveRun(context, {
    artefactsDir: '/artefacts',
    memory: memory.memory,
    refitMemoryMb: 1000,
    nextGrant: async (index) => {
      if (index >= run.grants) return undefined;
      const grant = await log.decide('budget-granted', () => (index === 0 ? start.grant : grantOf(wanted)));
      context.deadline.begin(grant.minutes, 0);
      return grant;
    },
  });
  return (await RunJournal.open(journal)).decisions(run.runId).filter(({ kind }) => kind === 'grant-spent')
    .length;
}
