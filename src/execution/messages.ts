import { asAutoModelError, exitCodeOf } from '../platform/index.js';

/** What the engine's process says to a worker. */
export type ToWorker =
  | { readonly kind: 'run'; readonly id: number; readonly request: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

/** An error on its way between processes. */
export interface WorkerError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** exit class 5 or 130: the environment's fault, not the request's */
  readonly infrastructure: boolean;
}

/** What a worker says to the engine's process. Answers carry the id of their request. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'heartbeat'; readonly rssMb: number }
  | { readonly kind: 'progress'; readonly id: number; readonly done: number; readonly message: string }
  | { readonly kind: 'result'; readonly id: number; readonly tookMs: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly tookMs: number; readonly error: WorkerError };

/** Any thrown thing in a form that can be sent and recorded. */
export function describeError(error: unknown): WorkerError {
  const known = asAutoModelError(error);
  const exitCode = exitCodeOf(known);
  const { code, message, remedy, details } = known;
  return {
    code,
    message,
    remedy,
    details: jsonOf(details),
    infrastructure: exitCode === 5 || exitCode === 130,
  };
}

/** Details may hold anything; what has no JSON form must not stop the error itself from arriving. */
function jsonOf(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(details)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
