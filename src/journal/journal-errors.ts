import { AutoModelError, isAutoModelError } from '../platform/index.js';

export function conflict(expectedSeq: number, seq: number): AutoModelError {
  return new AutoModelError(
    'JOURNAL_CONFLICT',
    `The journal is at event ${seq}, not at ${expectedSeq} as expected`,
    {
      remedy: 'Read the new events, decide again, and append with the new sequence number.',
      retryable: true,
      details: { expectedSeq, seq },
    },
  );
}

export function unknownParent(kind: string, parent: string): AutoModelError {
  return new AutoModelError('INTERNAL', `Parent ${parent} of ${kind} is not an event of this journal`, {
    details: { kind, parent },
  });
}

export function secondWriter(path: string, seq: number, writtenSeq: number): AutoModelError {
  return new AutoModelError('PROJECT_LOCKED', `Another process wrote to ${path} past event ${writtenSeq}`, {
    remedy: 'Stop one of the two, never delete the -lock file of a running engine, then resume.',
    details: { path, seq, writtenSeq },
  });
}

export interface CorruptionPlace {
  readonly seq?: number;
  readonly page?: number;
  /** events before this one are whole */
  readonly wholeUntilSeq?: number;
  /** events from `seq` to this one were written and are gone */
  readonly lostUntilSeq?: number;
}

/** JOURNAL_CORRUPT: where, and what to do about it. */
export function corrupt(
  path: string,
  fault: string,
  place: CorruptionPlace,
  cause?: unknown,
): AutoModelError {
  const page = place.page === undefined ? '' : ` (page ${place.page} of the file)`;
  const whole = place.wholeUntilSeq ?? (place.seq === undefined ? undefined : place.seq - 1);
  const kept = whole === undefined ? '' : ` Events 1 to ${whole} are whole.`;
  return new AutoModelError('JOURNAL_CORRUPT', `Journal ${path} is damaged: ${fault}${page}`, {
    remedy: `Keep a copy of ${path} and of the -wal file beside it, then restore a backup, or run automodel salvage to go on with the whole events.${kept}`,
    details: { path, ...place },
    cause,
  });
}

interface SqliteFailure {
  readonly code: string;
  readonly message: string;
}

/** Primary codes of https://sqlite.org/rescode.html that libsql does not name when they come with a further detail. */
const primaryCodes: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};

/** The SQLite code of an error that libsql threw, or undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  const code = (error as Partial<SqliteFailure> | null)?.code;
  if (typeof code !== 'string') return undefined;
  // The low byte of an extended code is the primary one.
  const unnamed = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(code);
  if (unnamed !== null) return primaryCodes[Number(unnamed[1]) & 255];
  return code.startsWith('SQLITE_') ? code : undefined;
}

/** A journal or lock that the system does not let us write, or not even open for writing. */
export function notWritable(path: string, cause: unknown): AutoModelError {
  return new AutoModelError('PATH_NOT_WRITABLE', `Cannot write ${path}: ${(cause as Error).message}`, {
    remedy: 'Check who owns the project folder and its .automodel, or choose another with --project.',
    details: { path },
    cause,
  });
}

/** Our statements are fixed: where one names what is not there, the schema on page 1 was damaged. */
const damagedSchema = /no such (table|column)|already exists|unsupported file format|malformed/;

/** True where the bytes of the file are at fault rather than the request or the machine. */
export function isStorageDamage(error: unknown): boolean {
  const code = sqliteCode(error) ?? '';
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_IOERR_SHORT_READ')
    return true;
  return code === 'SQLITE_ERROR' && damagedSchema.test((error as Error).message);
}

/** An SQLite failure in the words of this project. Damage is not handled here: it needs the page (see sqlite-journal). */
export function translateSqliteError(error: unknown, path: string): unknown {
  if (isAutoModelError(error)) return error;
  const code = sqliteCode(error);
  const message = (error as Error).message;
  if (code === 'SQLITE_FULL' || code?.startsWith('SQLITE_IOERR') === true) {
    return new AutoModelError(
      'DISK_FULL',
      `The disk refused a write to ${path} (${message}); nothing was added`,
      {
        remedy: 'Free some space (the project cache/ folder is safe to delete), then resume.',
        retryable: true,
        details: { path, code },
        cause: error,
      },
    );
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code ?? '')) return notWritable(path, error);
  if (code === 'SQLITE_BUSY') {
    return new AutoModelError('PROJECT_LOCKED', `Another process is writing to ${path}`, {
      remedy: 'Let the other process finish, then run again.',
      retryable: true,
      details: { path },
      cause: error,
    });
  }
  return new AutoModelError('INTERNAL', `Journal ${path}: ${message}`, {
    details: { path, code },
    cause: error,
  });
}
