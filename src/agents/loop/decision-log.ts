import { AutoModelError, canonicalJson } from '../../platform/index.js';

/** The part of a journal that the log needs; the journal room's store fits it. */
export interface DecisionStore {
  append(kind: string, payload: unknown): Promise<unknown>;
}

export interface RecordedDecision {
  readonly kind: string;
  readonly payload: unknown;
}

/**
 * Durable execution by replay. The evolve procedure is a deterministic function whose every decision passes through
 * here: while recorded decisions remain they are returned instead of being taken anew, after that new ones are
 * appended. So a killed engine runs the same code from the start and is back where it was; what it may not do is decide
 * anything outside the log.
 */
export class DecisionLog {
  private cursor = 0;

  constructor(
    private readonly store: DecisionStore,
    private readonly runId: string,
    private readonly recorded: readonly RecordedDecision[],
  ) {}

  /** True while decisions of an earlier process are being repeated. */
  get replaying(): boolean {
    return this.cursor < this.recorded.length;
  }

  /** Kind of the next recorded decision; undefined when the log is at its end. */
  get upcoming(): string | undefined {
    return this.recorded[this.cursor]?.kind;
  }

  /** A decision that depends on the world (time, measurements): recorded value while replaying, computed after that. */
  async decide<T>(kind: string, compute: () => T | Promise<T>): Promise<T> {
    if (this.replaying) return this.take(kind) as T;
    const payload = await compute();
    await this.append(kind, payload);
    return payload;
  }

  /**
   * A decision that is a pure function of what came before: while replaying it must come out the same, or the code or
   * the data are not those of the run (`volatile` members, such as seconds, are not compared).
   */
  async record<T extends object>(kind: string, payload: T, volatile: readonly string[] = []): Promise<T> {
    if (!this.replaying) {
      await this.append(kind, payload);
      return payload;
    }
    const before = this.take(kind) as T;
    if (canonicalJson(without(before, volatile)) !== canonicalJson(without(payload, volatile))) {
      throw new AutoModelError(
        'CONTRACT_MISMATCH',
        `Replaying run ${this.runId}: decision "${kind}" came out differently`,
        {
          remedy:
            'The data, the settings or the version changed since the run was started; start a new run without --resume.',
          details: { runId: this.runId, kind, position: this.cursor - 1 },
        },
      );
    }
    return before;
  }

  private take(kind: string): unknown {
    const next = this.recorded[this.cursor];
    if (next.kind !== kind) {
      throw new AutoModelError(
        'CONTRACT_MISMATCH',
        `Replaying run ${this.runId}: the journal has "${next.kind}" where this version decides "${kind}"`,
        {
          remedy: 'The run was started by another version; start a new run without --resume.',
          details: { runId: this.runId, recorded: next.kind, expected: kind, position: this.cursor },
        },
      );
    }
    this.cursor += 1;
    return next.payload;
  }

  private async append(kind: string, payload: unknown): Promise<void> {
    await this.store.append(kind, { runId: this.runId, decision: payload });
  }
}

function without(value: object, members: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !members.includes(key)));
}
