import { Deadline } from '../../../src/agents/loop/deadline.js';
import type { RunContext } from '../../../src/agents/loop/run-context.js';
import { RunJournal } from '../../../src/agents/loop/run-journal.js';
import type { RunSettings } from '../../../src/agents/loop/run-settings.js';
import { TrialRunner } from '../../../src/agents/loop/trial-runner.js';
import { ValidationScorer } from '../../../src/agents/loop/validation-scorer.js';
import { scoreboardOf } from '../../../src/agents/evaluation/scoring.js';
import type { ValidationShare } from '../../../src/agents/trial/validation-share.js';
import { validationTruth, type ValidationTruth } from '../../../src/agents/trial/validation-truth.js';
import { MemoryJournal, type JournalEvent } from '../../../src/journal/index.js';
import type { Clock } from '../../../src/platform/index.js';
import { primaryMetric, type TrialOutcome, type TrialRequest } from '../../../src/schema/index.js';
import type { Scoreboard } from '../../../src/stats/index.js';
import { listeningIo } from '../tiny-project.js';
import type { SimulatedWorld } from './simulated-world.js';

/** A clock that moves when it is told to. */
export class ScriptedClock implements Clock {
  constructor(public seconds = 1_700_000_000) {}
  nowMs = (): number => this.seconds * 1000;
  monotonicMs = (): number => this.seconds * 1000;
}

/** What trainings come to: everything that the engine could learn from the world. */
export interface Script {
  /** share of the users' taste that a run sees; the truth about a candidate */
  readonly quality: (request: TrialRequest) => number;
  /** code of a fault that a run ends in; "lost" is the infrastructure's */
  readonly fault?: (request: TrialRequest) => 'lost' | 'own' | undefined;
  /** turns of the event loop that a run takes to finish */
  readonly turns?: (request: TrialRequest) => number;
  /** seconds that a run takes by the scripted clock */
  readonly seconds?: number;
}

export const lostFault: TrialOutcome = {
  kind: 'fault',
  code: 'WORKER_LOST',
  message: 'the worker is gone',
  infrastructure: true,
};
export const ownFault: TrialOutcome = {
  kind: 'fault',
  code: 'LOSS_NOT_FINITE',
  message: 'the loss is NaN',
  infrastructure: false,
};

/** Scores do not change from one life of a run to the next, so that a run of many lives computes them once. */
const boardsOf = new WeakMap<Script, WeakMap<SimulatedWorld, Map<string, Scoreboard>>>();

export class ScriptedScorer extends ValidationScorer {
  readonly asked: { readonly request: TrialRequest; readonly share: ValidationShare }[] = [];
  private readonly boards: Map<string, Scoreboard>;
  private readonly known = new Map<ValidationShare, ValidationTruth>();

  constructor(
    private readonly world: SimulatedWorld,
    private readonly script: Script,
  ) {
    super(world.dataset);
    const ofScript = boardsOf.get(script) ?? new WeakMap<SimulatedWorld, Map<string, Scoreboard>>();
    this.boards = ofScript.get(world) ?? new Map<string, Scoreboard>();
    ofScript.set(world, this.boards);
    boardsOf.set(script, ofScript);
  }

  override score(request: TrialRequest, share: ValidationShare): Scoreboard {
    this.asked.push({ request, share });
    return this.scoreQuietly(request, share);
  }

  scoreQuietly(request: TrialRequest, share: ValidationShare): Scoreboard {
    const name = `${request.key} ${share}`;
    let board = this.boards.get(name);
    if (board === undefined) {
      const predictions = this.world.predictions(request, this.script.quality(request));
      const { task } = this.world.dataset;
      const metrics = task === 'ctr' ? [primaryMetric[task]] : undefined;
      const truth = this.known.get(share) ?? validationTruth(this.world.dataset, share);
      this.known.set(share, truth);
      board = scoreboardOf(truth, predictions, metrics);
      this.boards.set(name, board);
    }
    return board;
  }
}

class ScriptedRunner extends TrialRunner {
  readonly requests: TrialRequest[] = [];

  constructor(
    private readonly script: Script,
    private readonly scorer: ScriptedScorer,
    private readonly clock: ScriptedClock,
    journal: RunJournal,
    signal: AbortSignal,
  ) {
    const executor = {
      concurrency: 1,
      run: () => Promise.reject(new Error('nothing is trained here')),
      close: () => Promise.resolve(),
    };
    super({ executor, memory: journal.memory, signal });
  }

  override async run(request: TrialRequest): Promise<TrialOutcome> {
    this.requests.push(request);
    for (let turn = this.script.turns?.(request) ?? 0; turn > 0; turn -= 1) await Promise.resolve();
    const seconds = this.script.seconds ?? 0;
    this.clock.seconds += seconds;
    const fault = this.script.fault?.(request);
    if (fault !== undefined) return fault === 'lost' ? lostFault : ownFault;
    return scriptedScore(this.scorer, request, seconds);
  }
}

/** What a training that ended well comes to. */
export function scriptedScore(scorer: ScriptedScorer, request: TrialRequest, seconds = 0): TrialOutcome {
  const board = scorer.scoreQuietly(request, request.validationShare);
  return {
    kind: 'scored',
    validation: Object.fromEntries(Object.entries(board).map(([metric, { value }]) => [metric, value])),
    predictionsHash: `predictions of ${request.key}`,
    bestEpoch: 2,
    cost: { seconds, epochs: 3, samples: 100, parameters: 10, flopsPerSample: 20 },
    observables: {},
  };
}

export function settingsOf(world: SimulatedWorld, over: Partial<RunSettings> = {}): RunSettings {
  return {
    version: 1,
    seed: 7,
    contractHash: world.dataset.contract.hash,
    encoding: 'encoded',
    task: world.dataset.task,
    lag: 2,
    workers: 2,
    threads: 1,
    nullSeed: null,
    rungs: [1 / 3, 1],
    gateSeeds: 5,
    finalSeeds: 3,
    maxLooks: 20,
    alpha: 0.05,
    minimumGain: null,
    refit: 'train+validation',
    control: 'share',
    ...over,
  };
}

export interface ScriptedRunOptions {
  readonly world: SimulatedWorld;
  readonly script: Script;
  readonly settings?: Partial<RunSettings>;
  /** events of an earlier process of the same run */
  readonly journalled?: readonly JournalEvent[];
  readonly signal?: AbortSignal;
  readonly clock?: ScriptedClock;
  /** what evolve knows beside the journal of its run */
  readonly known?: Pick<RunContext, 'calibrations' | 'force'>;
}

/** A run context whose trainings are scripted and whose journal lies in memory; all else is the engine's own. */
export async function scriptedRun(options: ScriptedRunOptions) {
  const { world, script, clock = new ScriptedClock() } = options;
  const journal = new MemoryJournal(clock);
  for (const { kind, payload } of options.journalled ?? []) await journal.append(kind, payload);
  const memory = await RunJournal.open(journal);
  memory.currentRun = 'run-1';
  const heard = listeningIo(options.signal);
  const scorer = new ScriptedScorer(world, script);
  const runner = new ScriptedRunner(script, scorer, clock, memory, heard.io.signal);
  const settings = settingsOf(world, options.settings);
  const context: RunContext = {
    ...options.known,
    runId: 'run-1',
    settings,
    metric: primaryMetric[settings.task],
    dataset: world.dataset,
    place: {
      contractHash: settings.contractHash,
      datasetDir: '/d',
      predictionsDir: '/p',
      checkpointsDir: '/c',
      threads: 1,
    },
    log: memory.decisionLog('run-1'),
    runner,
    scorer,
    deadline: new Deadline(clock),
    io: heard.io,
  };
  return {
    context,
    clock,
    journal,
    memory,
    requests: runner.requests,
    scored: scorer.asked,
    events: heard.events,
    warnings: heard.warnings,
    /** payloads of one kind of decision, as the journal holds them now */
    decided: async <T>(kind: string): Promise<T[]> =>
      (await RunJournal.open(journal))
        .decisions('run-1')
        .flatMap((decision) => (decision.kind === kind ? [decision.payload as T] : [])),
  };
}
