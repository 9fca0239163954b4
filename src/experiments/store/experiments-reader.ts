import { existsSync } from 'node:fs';
import type { ArmChange, ExperimentState } from '../../schema/index.js';
import { openJournal, type Journal } from '../../journal/index.js';
import { assignUnit } from '../assignment/assign-unit.js';
import { ExperimentStates } from './experiment-states.js';

/** What a unit gets from one experiment. */
export interface UnitVariant {
  readonly experiment: string;
  readonly variant: string;
  /** from 0; belongs into the exposure event, so that no exposure is counted for another allocation than its own */
  readonly epoch: number;
  /** set by hand */
  readonly forced: boolean;
  readonly change: ArmChange;
}

/**
 * What a server knows of the experiments: reads their journal while others write it. `poll` asks for the newest event alone, so it may be
 * called every second; a journal that does not exist yet holds no experiments.
 */
export class ExperimentsReader {
  private states = new ExperimentStates();
  private journal: Journal | undefined;
  private seq = 0;
  private current: readonly ExperimentState[] = [];

  constructor(private readonly path: string) {}

  /** Takes up what was written since. @returns whether anything was. @throws JOURNAL_CORRUPT, and keeps what it knew */
  async poll(): Promise<boolean> {
    if (this.journal === undefined) {
      if (!existsSync(this.path)) return false;
      this.journal = await openJournal({ path: this.path, mode: 'read' });
    }
    const { seq } = await this.journal.head();
    if (seq === this.seq) return false;
    for await (const event of this.journal.read({ fromSeq: this.seq + 1 })) {
      this.states.apply(event);
      this.seq = event.seq;
    }
    this.current = this.states.running();
    return true;
  }

  running(): readonly ExperimentState[] {
    return this.current;
  }

  /** Variants of a unit in the experiments that run on a surface, in the order of their starts. */
  variantsOf(unit: string, surface: string): UnitVariant[] {
    return this.current.flatMap(({ record, epochs, overrides }): UnitVariant[] => {
      if (!record.holds.surfaces.includes(surface)) return [];
      const epoch = epochs.length - 1;
      const assigned = assignUnit(record, epochs[epoch].share, unit, overrides);
      if (assigned === null) return [];
      const change =
        record.treatments.find(({ name }) => name === assigned.variant)?.change ?? record.control.change;
      return [{ experiment: record.id, epoch, change, ...assigned }];
    });
  }

  async close(): Promise<void> {
    await this.journal?.close();
    this.journal = undefined;
  }
}
