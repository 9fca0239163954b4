import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { fstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { AutoModelError } from '../platform/index.js';

/** Writes all of `bytes` at a place of an open file; a full disk gets its own code. */
export function writeAt(descriptor: number, bytes: Uint8Array, position: number, path: string): void {
  let written = 0;
  try {
    while (written < bytes.length) {
      written += writeSync(descriptor, bytes, written, bytes.length - written, position + written);
    }
  } catch (cause) {
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

/** The bytes of a typed array, without copying. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A file opened for writing at places; its folder is made. */
export class OutputFile {
  private readonly descriptor: number;

  constructor(readonly path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.descriptor = openSync(path, 'w');
  }

  write(values: ArrayBufferView, position: number): void {
    writeAt(this.descriptor, bytesOf(values), position, this.path);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/**
 * Reads part of a file into a buffer of its own. @param length undefined: to the end
 * @throws ARTEFACT_CORRUPT when the file is missing or shorter than asked for
 */
export function readBytes(path: string, begin = 0, length?: number): ArrayBuffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new AutoModelError('ARTEFACT_CORRUPT', `The encoded dataset lacks ${path}`, {
      remedy: 'Delete the cache folder of the project; it will be encoded again.',
      details: { path },
      cause,
    });
  }
  try {
    const size = fstatSync(descriptor).size;
    const wanted = length ?? size - begin;
    if (size < begin + wanted) {
      throw new AutoModelError(
        'ARTEFACT_CORRUPT',
        `${path} has ${size} bytes where ${begin + wanted} belong`,
        {
          remedy: 'Delete the cache folder of the project; it will be encoded again.',
          details: { path, size, wanted: begin + wanted },
        },
      );
    }
    const bytes = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      const got = readSync(descriptor, bytes, filled, Math.min(wanted - filled, 1 << 30), begin + filled);
      if (got === 0) break;
      filled += got;
    }
    return bytes.buffer;
  } finally {
    closeSync(descriptor);
  }
}
