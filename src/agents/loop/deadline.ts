import type { Clock } from '../../platform/index.js';

/** Shares of a budget in minutes, so that proving a gain is never starved by looking for it. */
export const minuteShares = { calibration: 0.15, screening: 0.55, race: 0.1, gate: 0.15 } as const;

/**
 * Time of one grant of budget: what earlier processes of the run already spent of it is carried over. Without minutes
 * there is no end.
 */
export class Deadline {
  private begunMs: number;
  private carriedSeconds = 0;
  private minutes: number | null = null;

  constructor(private readonly clock: Clock) {
    this.begunMs = clock.monotonicMs();
  }

  /** A grant begins, or goes on after a crash with `carriedSeconds` used. `minutes` null: unlimited. */
  begin(minutes: number | null, carriedSeconds: number): void {
    this.begunMs = this.clock.monotonicMs();
    this.minutes = minutes;
    this.carriedSeconds = carriedSeconds;
  }

  elapsedSeconds(): number {
    return this.carriedSeconds + (this.clock.monotonicMs() - this.begunMs) / 1000;
  }

  /** Seconds left until the given share of the budget is used up; undefined when time is unlimited. */
  secondsLeft(share = 1): number | undefined {
    return this.minutes === null ? undefined : this.minutes * 60 * share - this.elapsedSeconds();
  }

  reached(share = 1): boolean {
    const left = this.secondsLeft(share);
    return left !== undefined && left <= 0;
  }
}
