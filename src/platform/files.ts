import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AutoModelError } from './errors.js';

/** What one write call takes at most; the system refuses more than 2 GiB. */
const chunkBytes = 1 << 28;

/**
 * Writes beside the target, syncs, then renames: a reader sees the old content or the new, never a half. Content in
 * several parts is written part after part, so that it need not exist in one piece.
 * @throws DISK_FULL; other failures as the system reports them
 */
export function writeFileAtomic(path: string, content: string | Uint8Array | Iterable<Uint8Array>): void {
  const part = `${path}.${process.pid}.part`;
  const pieces =
    typeof content === 'string'
      ? [Buffer.from(content)]
      : content instanceof Uint8Array
        ? [content]
        : content;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(part, 'w');
    try {
      for (const piece of pieces) {
        for (let at = 0; at < piece.length;) {
          at += writeSync(descriptor, piece, at, Math.min(chunkBytes, piece.length - at));
        }
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, path);
  } catch (cause) {
    removeQuietly(part);
    const errno = (cause as NodeJS.ErrnoException).code;
    if (errno === 'ENOSPC' || errno === 'EDQUOT') {
      throw new AutoModelError('DISK_FULL', `No space left while writing ${path}`, {
        remedy: 'Free some space (the project cache/ folder is safe to delete) and run again.',
        details: { path },
        cause,
      });
    }
    throw cause;
  }
}

/** Removes a file or folder; a missing one is fine. */
export function removeQuietly(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/**
 * Parses a JSON file, with or without the byte order mark that some editors put first.
 * @throws FILE_NOT_FOUND; FILE_UNREADABLE when it is there; CONFIG_INVALID with the parser's position
 */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw code === 'ENOENT'
      ? new AutoModelError('FILE_NOT_FOUND', `Cannot read ${path}`, { details: { path }, cause })
      : new AutoModelError('FILE_UNREADABLE', `Cannot read ${path}: ${message}`, {
          details: { path },
          cause,
        });
  }
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (cause) {
    throw new AutoModelError('CONFIG_INVALID', `${path} is not valid JSON: ${(cause as Error).message}`, {
      remedy: 'Mend the file or delete it to have it made again.',
      details: { path },
      cause,
    });
  }
}
