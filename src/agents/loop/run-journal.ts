import { AutoModelError } from '../../platform/index.js';
import {
  projectCanonical,
  readAll,
  type CanonicalProjection,
  type Journal,
  type JournalEvent,
} from '../../journal/index.js';
import type { Assignment, Cost, MetricCalibration, TrialOutcome, TrialRequest } from '../../schema/index.js';
import { DecisionLog } from './decision-log.js';
import { StoredCalibration } from './stored-calibration.js';
import type { RunSettings } from './run-settings.js';
import type { TrialMemory } from './trial-runner.js';

/**
 * Finished trials, by key; they are facts and not decisions, so they lie outside the replayed log. A trial that the
 * infrastructure lost for good is such a fact too, but of its run alone: the run decides by it, and must find it again when
 * its decisions are replayed, while another run may have more time or memory.
 */
const resultKind = 'trial-result';
/** What calibrate measured, once per contract and metric. */
const calibrationKind = 'noise-calibrated';
/** Facts about interruptions only. */
const engineKinds = ['engine-started', 'engine-stopped', resultKind];

/** Payload members that differ between equal runs: seconds, costs, hosts. */
const volatile = {
  '*': ['decision.seconds', 'decision.costSeconds'],
  'run-concluded': ['decision.scores.*.cost.seconds'],
};

/** A decision as the journal holds it. */
interface DecisionPayload {
  readonly runId: string;
  readonly decision: unknown;
}

interface TunedModel {
  readonly contractHash: string;
  readonly model: string;
  readonly assignment: Assignment;
}

/** Everything that a run reads from and writes to the project's journal. */
export class RunJournal {
  /** the run that results are written for */
  currentRun: string | null = null;
  /** of the grant that is being spent, by a clock that never jumps; undefined when no grant is */
  elapsedSeconds: () => number | undefined = () => undefined;
  private laterOpenings = 0;
  private readonly openedKeys = new Set<string>();

  private constructor(
    private readonly journal: Journal,
    private readonly events: readonly JournalEvent[],
    private readonly results: Map<string, TrialOutcome>,
    /** faults of the infrastructure, by run and key */
    private readonly lost: Map<string, TrialOutcome>,
  ) {
    for (const event of events) {
      if (event.kind !== 'test-opened') continue;
      const { keys } = (event.payload as { decision: { keys?: readonly string[] } }).decision;
      for (const key of keys ?? []) this.openedKeys.add(key);
    }
  }

  static async open(journal: Journal): Promise<RunJournal> {
    const events = await readAll(journal);
    const results = new Map<string, TrialOutcome>();
    const lost = new Map<string, TrialOutcome>();
    for (const event of events) {
      if (event.kind !== resultKind) continue;
      const { key, outcome } = event.payload as { key: string; outcome: TrialOutcome };
      if (isLost(outcome)) lost.set(lostKey(idOf(event), key), outcome);
      else results.set(key, outcome);
    }
    return new RunJournal(journal, events, results, lost);
  }

  /** Run ids in the order they were started. */
  runIds(): readonly string[] {
    return [
      ...new Set(this.events.filter((event) => event.kind === 'run-started').map((event) => idOf(event))),
    ];
  }

  /** Decisions of one run, in order. */
  decisions(
    runId: string,
  ): readonly { readonly kind: string; readonly payload: unknown; readonly at: number }[] {
    return this.events
      .filter((event) => !engineKinds.includes(event.kind) && idOf(event) === runId)
      .map((event) => ({
        kind: event.kind,
        payload: (event.payload as DecisionPayload).decision,
        at: event.at,
      }));
  }

  /**
   * Seconds that earlier processes spent on the run's latest grant. Finished trials say them by the engine's own clock;
   * before the first of those, it is the time between events, without the gaps in which no engine ran.
   */
  secondsSinceGrant(runId: string): number {
    let seconds = 0;
    let last: number | undefined;
    let told = false;
    for (const event of this.events) {
      if (idOf(event) !== runId) continue;
      if (event.kind === 'budget-granted') {
        seconds = 0;
        told = false;
      }
      const { elapsedSeconds } = event.payload as { elapsedSeconds?: number };
      if (elapsedSeconds !== undefined) {
        seconds = elapsedSeconds;
        told = true;
      } else if (!told && event.kind !== 'engine-started' && last !== undefined) {
        seconds += (event.at - last) / 1000;
      }
      last = event.at;
    }
    return seconds;
  }

  /** Every training that the run made, also those before screening and at the gate. */
  costOf(runId: string): Cost {
    const cost = { seconds: 0, trainings: 0, samples: 0 };
    for (const event of this.events) {
      if (event.kind !== resultKind || idOf(event) !== runId) continue;
      const { outcome } = event.payload as { outcome: TrialOutcome };
      if (outcome.kind === 'fault') continue;
      cost.seconds += outcome.cost.seconds;
      cost.trainings += 1;
      cost.samples += outcome.cost.samples;
    }
    return cost;
  }

  /** The log that a new or resumed run decides through. */
  decisionLog(runId: string): DecisionLog {
    return new DecisionLog(
      { append: (kind, payload) => this.journal.append(kind, payload) },
      runId,
      this.decisions(runId),
    );
  }

  /** A fact about the engine's own life; ignored by the canonical projection. */
  async note(kind: 'engine-started' | 'engine-stopped', payload: object): Promise<void> {
    await this.journal.append(kind, payload);
  }

  /** How often test labels of a contract were opened before, by any command. */
  testOpenings(contractHash: string): number {
    return (
      this.events.filter(
        (event) =>
          event.kind === 'test-opened' &&
          (event.payload as { decision?: { contractHash?: string } }).decision?.contractHash === contractHash,
      ).length + this.laterOpenings
    );
  }

  /** How often runs of a contract have looked at its gate users. Null runs look at other labels. */
  gateLooks(contractHash: string): number {
    const runs = new Set(
      this.events
        .filter(({ kind, payload }) => {
          if (kind !== 'run-started') return false;
          const { settings } = (payload as { decision: { settings: Partial<RunSettings> } }).decision;
          return settings.contractHash === contractHash && settings.nullSeed === null;
        })
        .map(idOf),
    );
    return this.events.filter((event) => event.kind === 'gate-looked' && runs.has(idOf(event))).length;
  }

  /**
   * An opening by a command outside a run (train, evaluate). Scoring the very same predictions again shows nothing new
   * and is not counted again.
   */
  async noteTestOpening(command: string, contractHash: string, keys: readonly string[]): Promise<void> {
    if (keys.every((key) => this.openedKeys.has(key))) return;
    await this.journal.append('test-opened', { runId: command, decision: { contractHash, keys } });
    for (const key of keys) this.openedKeys.add(key);
    this.laterOpenings += 1;
  }

  /** The configuration that tuning chose for a model, to be used again where the model stands as a floor. */
  async noteTuned(contractHash: string, model: string, assignment: Assignment): Promise<void> {
    await this.journal.append('model-tuned', {
      runId: 'train',
      decision: { contractHash, model, assignment },
    });
  }

  /** The latest tuned configuration of a model under a contract. */
  tunedAssignment(contractHash: string, model: string): Assignment | undefined {
    return this.events
      .filter((event) => event.kind === 'model-tuned')
      .map((event) => (event.payload as { decision: TunedModel }).decision)
      .findLast((tuned) => tuned.contractHash === contractHash && tuned.model === model)?.assignment;
  }

  /** A calibration that `calibrate` made, with what it told about the metric. */
  async noteCalibration(calibration: StoredCalibration, told: MetricCalibration): Promise<void> {
    await this.journal.append(calibrationKind, { runId: 'calibrate', decision: { calibration, told } });
  }

  /** Calibrations of a contract with these inputs by this version of the engine, oldest first. */
  calibrations(contractHash: string, encoding: string, engine: string): readonly StoredCalibration[] {
    return this.events
      .filter((event) => event.kind === calibrationKind)
      .map((event) => (event.payload as { decision: { calibration: unknown } }).decision.calibration)
      .flatMap((calibration) => StoredCalibration.safeParse(calibration).data ?? [])
      .filter(
        (stored) =>
          stored.contractHash === contractHash && stored.encoding === encoding && stored.engine === engine,
      );
  }

  get memory(): TrialMemory {
    return {
      recall: (key) => {
        const lost = this.currentRun === null ? undefined : this.lost.get(lostKey(this.currentRun, key));
        return lost ?? this.results.get(key);
      },
      remember: async (request: TrialRequest, outcome: TrialOutcome) => {
        // They say nothing of the candidate: outside of a run, which decides by them, a later attempt may succeed.
        if (isLost(outcome) && this.currentRun === null) return;
        const { key, model, assignment, seed, fidelity } = request;
        await this.journal.append(resultKind, {
          runId: this.currentRun,
          key,
          model,
          assignment,
          seed,
          fidelity,
          outcome,
          elapsedSeconds: this.elapsedSeconds(),
        });
        if (isLost(outcome) && this.currentRun !== null)
          this.lost.set(lostKey(this.currentRun, key), outcome);
        else this.results.set(key, outcome);
      },
    };
  }
}

function isLost(outcome: TrialOutcome): boolean {
  return outcome.kind === 'fault' && outcome.infrastructure;
}

function lostKey(runId: string, key: string): string {
  return `${runId} ${key}`;
}

function idOf(event: JournalEvent): string {
  return (event.payload as DecisionPayload).runId;
}

/** What two runs must share to be in the same state: the decisions of the latest run without times and costs. */
export async function canonicalRun(journal: Journal): Promise<CanonicalProjection> {
  const events = await readAll(journal);
  const latest = events.findLast((event) => event.kind === 'run-started');
  if (latest === undefined) {
    throw new AutoModelError('USAGE', 'The journal holds no run', { remedy: 'Run automodel evolve first.' });
  }
  const runId = idOf(latest);
  const own = events.filter((event) => engineKinds.includes(event.kind) || idOf(event) === runId);
  return projectCanonical(
    own.map((event) => ({ ...event, payload: { ...(event.payload as object), runId: undefined } })),
    { volatile, ignoredKinds: engineKinds },
  );
}
