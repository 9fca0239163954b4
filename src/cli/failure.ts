import { AutoModelError, exitCodeOf, isAutoModelError, type ErrorCode } from '../platform/index.js';

/** What a failed command says, in every form that it may be asked for. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

/** Faults of the system that carry an errno or a loader's code, and what they are here. */
const systemFaults: Readonly<Record<string, { code: ErrorCode; remedy: string }>> = {
  ENOSPC: {
    code: 'DISK_FULL',
    remedy: 'Free some space (.automodel/cache is safe to delete) and run again.',
  },
  EDQUOT: {
    code: 'DISK_FULL',
    remedy: 'Free some space (.automodel/cache is safe to delete) and run again.',
  },
  EACCES: { code: 'PATH_NOT_WRITABLE', remedy: 'Check who owns the path, or choose another with --project.' },
  EPERM: { code: 'PATH_NOT_WRITABLE', remedy: 'Check who owns the path, or choose another with --project.' },
  EROFS: {
    code: 'PATH_NOT_WRITABLE',
    remedy: 'The file system is read-only; choose another with --project.',
  },
  ERR_DLOPEN_FAILED: { code: 'NATIVE_MODULE', remedy: 'Run automodel doctor.' },
  ERR_MODULE_NOT_FOUND: { code: 'NATIVE_MODULE', remedy: 'Run npm ci again, then automodel doctor.' },
  MODULE_NOT_FOUND: { code: 'NATIVE_MODULE', remedy: 'Run npm ci again, then automodel doctor.' },
};

/** Any thrown value as a failure. What is not ours and not the system's is an internal fault, exit code 1. */
export function failureOf(error: unknown): Failure {
  if (isAutoModelError(error)) {
    const { code, message, remedy, details } = error;
    return { code, message, remedy: remedy ?? null, details, exitCode: exitCodeOf(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  const systemCode = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const known =
    systemCode !== undefined && Object.hasOwn(systemFaults, systemCode)
      ? systemFaults[systemCode]
      : undefined;
  if (known !== undefined) {
    return failureOf(
      new AutoModelError(known.code, message, { remedy: known.remedy, details: { systemCode } }),
    );
  }
  return failureOf(
    new AutoModelError('INTERNAL', message, {
      remedy:
        'This is a fault of AutoModel itself. Run again with AUTOMODEL_LOG=debug to see where it arose.',
    }),
  );
}
