/**
 * What a long operation tells while it runs. Values are on the primary metric in its own units; a face decides how
 * often to show them. Durations are in seconds.
 */
export type ProgressEvent =
  | {
      /** a run is in the journal: from here on it can be resumed */
      readonly kind: 'run-recorded';
      readonly runId: string;
    }
  | {
      readonly kind: 'phase';
      /** e.g. "Encode the event log", "Calibrate noise", "Search" */
      readonly name: string;
      readonly done: number;
      readonly total: number | undefined;
    }
  | {
      readonly kind: 'trial-started';
      /** the random control beside the search numbers its trials from 0 again */
      readonly arm: 'search' | 'control';
      readonly trial: number;
      readonly model: string;
      readonly proposer: string;
      /** rung that the trial runs at, from 0, and how many there are; undefined where there are none */
      readonly rung?: { readonly index: number; readonly of: number };
    }
  | {
      readonly kind: 'trial-advanced';
      readonly trial: number;
      /** share of this trial's own work, 0..1 */
      readonly done: number;
      readonly message: string;
    }
  | {
      readonly kind: 'rung-decided';
      readonly trial: number;
      readonly rung: number;
      /** share of the full training budget, (0, 1] */
      readonly fidelity: number;
      readonly value: number;
      readonly verdict: 'continue' | 'stop';
    }
  | {
      readonly kind: 'trial-finished';
      readonly trial: number;
      readonly model: string;
      readonly outcome: 'scored' | 'stopped-early' | 'fault';
      readonly value: number | undefined;
      readonly faultCode: string | undefined;
      readonly seconds: number;
    }
  | {
      readonly kind: 'incumbent';
      readonly trial: number;
      readonly model: string;
      readonly metric: string;
      readonly mean: number;
      readonly ci: readonly [number, number];
    }
  | {
      readonly kind: 'gate-look';
      readonly look: number;
      readonly trial: number;
      readonly model: string;
      readonly verdict: 'accept' | 'reject' | 'indecisive';
      readonly difference: number;
      readonly lower: number;
      readonly alpha: number;
    }
  | {
      readonly kind: 'budget';
      readonly trialsDone: number;
      readonly trialsTotal: number | undefined;
      readonly elapsedSeconds: number;
      /** training seconds summed over workers */
      readonly costSeconds: number;
      /** until the minutes are over, or until the trials are at the pace so far; undefined before either is known */
      readonly secondsLeft: number | undefined;
    };
