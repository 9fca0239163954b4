import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { clock } from '../platform/index.js';

/**
 * Long work beside requests: whoever asks `isDue` between small steps, and rests when it is, holds the event loop for a few
 * milliseconds at a time.
 */
export class Slices {
  private begunMs = clock.monotonicMs();

  /**
   * @param sliceMs how long the loop is held at once
   * @param turn lets everybody else have a turn; of tests
   */
  constructor(
    private readonly sliceMs = 3,
    private readonly turn: () => Promise<unknown> = turnOfTheLoop,
  ) {}

  get isDue(): boolean {
    return clock.monotonicMs() - this.begunMs >= this.sliceMs;
  }

  async rest(): Promise<void> {
    await this.turn();
    this.begunMs = clock.monotonicMs();
  }
}
