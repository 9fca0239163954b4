/**
 * Every code that an error of this project can carry, with the exit code of the process that ends on it:
 * 1 internal fault, 2 wrong usage or configuration, 3 bad data, 4 refused by a rule, 5 environment, 130 interrupted.
 */
const exitCodes = {
  INTERNAL: 1,
  SHAPE_MISMATCH: 1,
  GRAPH_INVALID: 1,
  USAGE: 2,
  CONFIG_INVALID: 2,
  UNKNOWN_MODEL: 2,
  UNKNOWN_HYPERPARAMETER: 2,
  UNKNOWN_COLUMN: 2,
  PATH_OUTSIDE_PROJECT: 2,
  PROJECT_MISSING: 2,
  FILE_NOT_FOUND: 3,
  FILE_UNREADABLE: 3,
  TIME_UNPARSABLE: 3,
  LABEL_OUT_OF_RANGE: 3,
  SPLIT_EMPTY: 3,
  SPLIT_OVERLAP: 3,
  SCHEMA_MISMATCH: 3,
  JOIN_MULTIPLIES_ROWS: 3,
  HISTORY_FROM_FUTURE: 3,
  BATCH_EMPTY: 3,
  ID_OUT_OF_RANGE: 3,
  PREDICTIONS_INVALID: 3,
  CONTRACT_MISMATCH: 3,
  ARTEFACT_CORRUPT: 3,
  JOURNAL_CORRUPT: 3,
  LOSS_NOT_FINITE: 3,
  EXPERIMENT_INVALID: 3,
  TEST_SEALED: 4,
  GAIN_UNRESOLVABLE: 4,
  LIMIT_EXCEEDED: 4,
  LEAK_REFUSED: 4,
  DISK_FULL: 5,
  PATH_NOT_WRITABLE: 5,
  NATIVE_MODULE: 5,
  PROJECT_LOCKED: 5,
  JOURNAL_CONFLICT: 5,
  WORKER_LOST: 5,
  TRIAL_TIMEOUT: 5,
  OUT_OF_MEMORY: 5,
  OVERLOADED: 5,
  ADDRESS_UNAVAILABLE: 5,
  INTERRUPTED: 130,
} as const;

export type ErrorCode = keyof typeof exitCodes;

/** Whether a text that came from elsewhere (a worker, a file) is one of the codes. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(exitCodes, text);
}

interface ErrorOptions {
  /** What the person should do about it, as a sentence. */
  readonly remedy?: string;
  /** Whether the same call may succeed later with nothing changed. */
  readonly retryable?: boolean;
  /** The culprit in machine-readable form: file, column, row, node, shapes ... */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const marker = Symbol.for('automodel.error');

/** The one error class: what is at fault (message), what to do (remedy), and a closed code. */
export class AutoModelError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly [marker] = true;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AutoModelError';
    this.code = code;
    this.remedy = options.remedy;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** True for errors of this project, also when two copies of the package are loaded. */
export function isAutoModelError(error: unknown): error is AutoModelError {
  return typeof error === 'object' && error !== null && marker in error;
}

/** The process exit code that belongs to an error; anything unknown, a later version's code too, is a fault (1). */
export function exitCodeOf(error: unknown): number {
  return isAutoModelError(error) && isErrorCode(error.code) ? exitCodes[error.code] : 1;
}

/** @throws INTERRUPTED once the signal was given: what was done until then is kept, and the work can be resumed */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new AutoModelError('INTERRUPTED', 'Interrupted', {
    remedy: 'Start it again: what was finished is not repeated.',
    retryable: true,
    cause: signal.reason,
  });
}
