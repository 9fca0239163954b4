import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { clock as systemClock, isAutoModelError, type Clock } from '../../platform/index.js';
import type { ExperimentEvents } from '../../schema/index.js';
import { openJournal, type Journal } from '../../journal/index.js';
import { ExperimentStates } from './experiment-states.js';

/** An event to be written. */
export type ExperimentEvent = {
  [Kind in keyof typeof ExperimentEvents]: {
    readonly kind: Kind;
    readonly payload: z.input<(typeof ExperimentEvents)[Kind]>;
  };
}[keyof typeof ExperimentEvents];

export interface StoreOptions {
  /** see projectPaths(...).experiments */
  readonly path: string;
  readonly clock?: Clock;
  /** how long a writer waits for another one */
  readonly patienceMs?: number;
}

/**
 * Experiments of a project in an append-only, checksummed journal of their own, which outlives processes. A writer holds the file only
 * for one decision: it reads the state, decides, appends and leaves, so that commands and a ramp can take turns. Every event
 * alone leaves a whole state.
 */
export class ExperimentStore {
  private readonly path: string;
  private readonly clock: Clock;
  private readonly patienceMs: number;

  constructor({ path, clock = systemClock, patienceMs = 10_000 }: StoreOptions) {
    this.path = path;
    this.clock = clock;
    this.patienceMs = patienceMs;
  }

  /** All experiments as they stand; none where nothing was ever written. @throws JOURNAL_CORRUPT */
  async read(): Promise<ExperimentStates> {
    if (!existsSync(this.path)) return new ExperimentStates();
    const journal = await openJournal({ path: this.path, mode: 'read' });
    try {
      return await statesOf(journal);
    } finally {
      await journal.close();
    }
  }

  /**
   * Appends what `decide` makes of the state, while nobody else writes; what it throws leaves nothing behind.
   * @returns the state after it
   * @throws PROJECT_LOCKED when another writer stays longer than the patience, JOURNAL_CORRUPT, DISK_FULL
   */
  async write(decide: (states: ExperimentStates) => readonly ExperimentEvent[]): Promise<ExperimentStates> {
    const journal = await this.openPatiently();
    try {
      const states = await statesOf(journal);
      for (const { kind, payload } of decide(states)) states.apply(await journal.append(kind, payload));
      return states;
    } finally {
      await journal.close();
    }
  }

  private async openPatiently(): Promise<Journal> {
    const until = this.clock.monotonicMs() + this.patienceMs;
    for (;;) {
      try {
        return await openJournal({ path: this.path, clock: this.clock });
      } catch (cause) {
        const busy = isAutoModelError(cause) && cause.code === 'PROJECT_LOCKED';
        if (!busy || this.clock.monotonicMs() >= until) throw cause;
        await pause(20);
      }
    }
  }
}

async function statesOf(journal: Journal): Promise<ExperimentStates> {
  const states = new ExperimentStates();
  for await (const event of journal.read()) states.apply(event);
  return states;
}
