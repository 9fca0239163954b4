import { AutoModelError, isAutoModelError, type ErrorCode } from './errors.js';

interface SystemFault {
  readonly code: ErrorCode;
  readonly remedy: string;
}

const diskFull: SystemFault = {
  code: 'DISK_FULL',
  remedy: 'Free some space (.automodel/cache is safe to delete) and run again.',
};
const notAllowed: SystemFault = {
  code: 'PATH_NOT_WRITABLE',
  remedy: 'Check who owns the path, or choose another with --project.',
};
const inTheWay: SystemFault = {
  code: 'PATH_NOT_WRITABLE',
  remedy: 'A file lies where a folder belongs, or the other way round: move it away.',
};
const notInstalled: SystemFault = {
  code: 'NATIVE_MODULE',
  remedy: 'Run npm ci again, then automodel doctor.',
};

/** Named as docs/faults.md says: by the code of a disk that does not do its work, with the system's own words. */
const diskFails: SystemFault = {
  code: 'DISK_FULL',
  remedy: 'The disk or network drive does not answer as it should: check it, then run again.',
};
const noHandles: SystemFault = {
  code: 'OUT_OF_MEMORY',
  remedy:
    "The system's limit of open files or processes is reached: raise it (ulimit) or use fewer --workers.",
};
const noMemory: SystemFault = {
  code: 'OUT_OF_MEMORY',
  remedy: 'Use fewer --workers, a smaller model or batch, or a machine with more memory.',
};
/** What V8 and native code say, without a code, when the system refuses memory. */
const refusedMemory = /Array buffer allocation failed|std::bad_alloc|failed to allocate memory/i;

/** Faults of the system that carry an errno or a loader's code, and what they are here. */
const systemFaults: Readonly<Record<string, SystemFault>> = {
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EIO: diskFails,
  ESTALE: diskFails,
  EMFILE: noHandles,
  ENFILE: noHandles,
  EAGAIN: noHandles,
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: {
    code: 'PATH_NOT_WRITABLE',
    remedy: 'The file system is read-only; choose another with --project.',
  },
  EEXIST: inTheWay,
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
  ENOMEM: noMemory,
  ERR_MEMORY_ALLOCATION_FAILED: noMemory,
  ERR_WORKER_OUT_OF_MEMORY: noMemory,
  ERR_DLOPEN_FAILED: { code: 'NATIVE_MODULE', remedy: 'Run automodel doctor.' },
  ERR_MODULE_NOT_FOUND: notInstalled,
  MODULE_NOT_FOUND: notInstalled,
};

/** Any thrown value as an error of this project; what is neither ours nor the system's is INTERNAL. */
export function asAutoModelError(error: unknown): AutoModelError {
  if (isAutoModelError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const systemCode = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (systemCode !== undefined && Object.hasOwn(systemFaults, systemCode)) {
    const { code, remedy } = systemFaults[systemCode];
    return new AutoModelError(code, message, { remedy, details: { systemCode }, cause: error });
  }
  if (refusedMemory.test(message))
    return new AutoModelError(noMemory.code, message, { remedy: noMemory.remedy, cause: error });
  return new AutoModelError('INTERNAL', message, {
    remedy: 'This is a fault of AutoModel itself. Run again with AUTOMODEL_LOG=debug to see where it arose.',
    cause: error,
  });
}

/** The fault that a dead process named in its last words, as Node prints an uncaught error; undefined for all else. */
export function systemFaultIn(
  lastWords: string,
): (SystemFault & { readonly systemCode: string }) | undefined {
  const named = /code: '([A-Z_]+)'/.exec(lastWords)?.[1];
  if (named === undefined || !Object.hasOwn(systemFaults, named)) return undefined;
  return { ...systemFaults[named], systemCode: named };
}
