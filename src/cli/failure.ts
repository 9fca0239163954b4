import { asAutoModelError, exitCodeOf, type ErrorCode } from '../platform/index.js';

/** What a failed command says, in every form that it may be asked for. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

/** Any thrown value as a failure. What is not ours and not the system's is an internal fault, exit code 1. */
export function failureOf(thrown: unknown): Failure {
  const error = asAutoModelError(thrown);
  const { code, message, remedy, details } = error;
  return { code, message, remedy: remedy ?? null, details, exitCode: exitCodeOf(error) };
}
