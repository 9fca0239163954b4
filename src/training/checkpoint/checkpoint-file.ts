import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { AutoModelError, writeFileAtomic } from '../../platform/index.js';

/** Arrays that a checkpoint can hold. */
export type StateArray = Float32Array | Int32Array;

export interface CheckpointContent {
  /** JSON value: position, schedule, history */
  readonly progress: unknown;
  readonly arrays: ReadonlyMap<string, StateArray>;
}

interface Header {
  readonly progress: unknown;
  readonly arrays: readonly {
    readonly name: string;
    readonly type: 'float32' | 'int32';
    readonly length: number;
  }[];
}

const MAGIC = Buffer.from('AMCKPT01');
const DIGEST_BYTES = 32;
const CHUNK_BYTES = 1 << 28;

function bytesOf(array: StateArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * One file: magic, header length (uint32), header (JSON), the arrays little-endian in the header's order, SHA-256 of all
 * that. Written atomically: a crash leaves the checkpoint before it.
 * @throws DISK_FULL
 */
export function writeCheckpoint(path: string, content: CheckpointContent): void {
  const arrays = [...content.arrays];
  const header: Header = {
    progress: content.progress,
    arrays: arrays.map(([name, array]) => ({
      name,
      type: array instanceof Float32Array ? 'float32' : 'int32',
      length: array.length,
    })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const parts = [MAGIC, size, text, ...arrays.map(([, array]) => bytesOf(array))];
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  writeFileAtomic(path, [...parts, digest.digest()]);
}

/** @throws ARTEFACT_CORRUPT when the file is not a whole checkpoint */
export function readCheckpoint(path: string): CheckpointContent {
  const descriptor = openSync(path, 'r');
  const digest = createHash('sha256');
  const read = (bytes: Uint8Array): Uint8Array => {
    for (let at = 0; at < bytes.length;) {
      const count = readSync(descriptor, bytes, at, Math.min(CHUNK_BYTES, bytes.length - at), null);
      if (count === 0) throw corrupt(path, 'it ends too early');
      at += count;
    }
    return bytes;
  };
  const hashed = (bytes: Uint8Array): Buffer => {
    read(bytes);
    digest.update(bytes);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  try {
    if (!hashed(new Uint8Array(MAGIC.length)).equals(MAGIC))
      throw corrupt(path, 'it is no checkpoint of this version');
    const size = hashed(new Uint8Array(4)).readUInt32LE();
    const header = parseHeader(path, hashed(new Uint8Array(size)));
    const arrays = new Map<string, StateArray>();
    for (const { name, type, length } of header.arrays) {
      const array = type === 'float32' ? new Float32Array(length) : new Int32Array(length);
      hashed(bytesOf(array));
      arrays.set(name, array);
    }
    const expected = Buffer.from(read(new Uint8Array(DIGEST_BYTES)));
    if (!digest.digest().equals(expected)) throw corrupt(path, 'its checksum does not match');
    return { progress: header.progress, arrays };
  } finally {
    closeSync(descriptor);
  }
}

function parseHeader(path: string, text: Buffer): Header {
  try {
    // The digest over header and arrays is checked before the content is returned.
    return JSON.parse(text.toString('utf8')) as Header;
  } catch (cause) {
    throw corrupt(path, 'its header is broken', cause);
  }
}

function corrupt(path: string, reason: string, cause?: unknown): AutoModelError {
  return new AutoModelError('ARTEFACT_CORRUPT', `The checkpoint ${path} cannot be used: ${reason}`, {
    remedy: 'Delete it and train again.',
    details: { path },
    cause,
  });
}
