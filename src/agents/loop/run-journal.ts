import { AutoModelError } from '../../platform/index.js';
import {
  projectCanonical,
  readAll,
  type CanonicalProjection,
  type Journal,
  type JournalEvent,
} from '../../journal/index.js';
import type { TrialOutcome, TrialRequest } from '../../schema/index.js';
import { DecisionLog } from './decision-log.js';
import type { TrialMemory } from './trial-runner.js';

/** Finished trials, by key; they are facts and not decisions, so they lie outside the replayed log. */
const resultKind = 'trial-result';
/** Facts about interruptions only. */
const engineKinds = ['engine-started', 'engine-stopped', resultKind];

/** Payload members that differ between equal runs: seconds, costs, hosts. */
const volatile = {
  '*': ['decision.seconds', 'decision.costSeconds', 'decision.elapsedSeconds', 'decision.startedAt'],
  'run-started': ['runId', 'decision.startedAt', 'decision.host'],
};

/** A decision as the journal holds it. */
interface DecisionPayload {
  readonly runId: string;
  readonly decision: unknown;
}

/** Everything that a run reads from and writes to the project's journal. */
export class RunJournal {
  private constructor(
    private readonly journal: Journal,
    private readonly events: readonly JournalEvent[],
    private readonly results: Map<string, TrialOutcome>,
  ) {}

  static async open(journal: Journal): Promise<RunJournal> {
    const events = await readAll(journal);
    const results = new Map<string, TrialOutcome>();
    for (const event of events) {
      if (event.kind !== resultKind) continue;
      const { key, outcome } = event.payload as { key: string; outcome: TrialOutcome };
      results.set(key, outcome);
    }
    return new RunJournal(journal, events, results);
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
    return this.events.filter(
      (event) =>
        event.kind === 'test-opened' &&
        (event.payload as { decision?: { contractHash?: string } }).decision?.contractHash === contractHash,
    ).length;
  }

  /** An opening by a command outside a run (train, evaluate). */
  async noteTestOpening(command: string, contractHash: string, about: object): Promise<void> {
    await this.journal.append('test-opened', { runId: command, decision: { contractHash, ...about } });
  }

  get memory(): TrialMemory {
    return {
      recall: (key) => this.results.get(key),
      remember: async (request: TrialRequest, outcome: TrialOutcome) => {
        // Infrastructure faults say nothing of the candidate: a later attempt may still succeed.
        if (outcome.kind === 'fault' && outcome.infrastructure) return;
        const { key, model, assignment, seed, fidelity } = request;
        await this.journal.append(resultKind, { key, model, assignment, seed, fidelity, outcome });
        this.results.set(key, outcome);
      },
    };
  }
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
