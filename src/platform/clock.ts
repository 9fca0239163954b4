/** The only place that reads time. `nowMs` is wall time; `monotonicMs` never goes back and is used for durations. */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
}

export const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
