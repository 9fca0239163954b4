import type { ProgressEvent } from '../schema/index.js';

type EventOf<Kind extends ProgressEvent['kind']> = Extract<ProgressEvent, { kind: Kind }>;

/** A trial that runs now. */
export interface RunningTrial {
  readonly trial: number;
  readonly model: string;
  readonly proposer: string;
  readonly done: number;
  /** rung that it runs at */
  readonly at: EventOf<'trial-started'>['rung'];
  /** what its rung below gave */
  readonly rung: EventOf<'rung-decided'> | undefined;
}

/** Everything that the live lines show: a fold over progress events. */
export interface ProgressState {
  readonly phase: EventOf<'phase'> | undefined;
  /** whose trials these are; the control's begin at 0 again */
  readonly arm: EventOf<'trial-started'>['arm'];
  readonly running: ReadonlyMap<number, RunningTrial>;
  /** latest outcome per trial: a trial that is run again, with more training or seeds, stays one trial */
  readonly finished: ReadonlyMap<number, EventOf<'trial-finished'>['outcome']>;
  readonly incumbent: EventOf<'incumbent'> | undefined;
  readonly gate: EventOf<'gate-look'> | undefined;
  readonly budget: EventOf<'budget'> | undefined;
}

export const initialProgress: ProgressState = {
  phase: undefined,
  arm: 'search',
  running: new Map(),
  finished: new Map(),
  incumbent: undefined,
  gate: undefined,
  budget: undefined,
};

/** The state after one more event. */
export function advance(state: ProgressState, event: ProgressEvent): ProgressState {
  switch (event.kind) {
    case 'phase':
      return { ...state, phase: event };
    case 'trial-started': {
      const { arm, trial, model, proposer, rung: at } = event;
      const own: ProgressState =
        arm === state.arm
          ? state
          : { ...state, arm, running: new Map(), finished: new Map(), budget: undefined };
      return withRunning(own, { trial, model, proposer, done: 0, at, rung: undefined });
    }
    case 'trial-advanced': {
      const held = state.running.get(event.trial);
      return held === undefined ? state : withRunning(state, { ...held, done: event.done });
    }
    case 'rung-decided': {
      const held = state.running.get(event.trial);
      return held === undefined ? state : withRunning(state, { ...held, rung: event });
    }
    case 'trial-finished': {
      const running = new Map(state.running);
      running.delete(event.trial);
      return { ...state, running, finished: new Map(state.finished).set(event.trial, event.outcome) };
    }
    case 'incumbent':
      return { ...state, incumbent: event };
    case 'gate-look':
      return { ...state, gate: event };
    case 'run-recorded':
      return state;
    case 'budget':
      return { ...state, budget: event };
  }
}

function withRunning(state: ProgressState, trial: RunningTrial): ProgressState {
  return { ...state, running: new Map(state.running).set(trial.trial, trial) };
}
