import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModelError, sha256, writeFileAtomic } from '../../platform/index.js';

/** Ranked lists of n cases, k long, as models return them. */
export interface RankedLists {
  readonly k: number;
  /** item ids [n * k], best first; 0 where fewer than k candidates exist */
  readonly items: Int32Array;
  /** scores [n * k] */
  readonly scores: Float32Array;
  /** candidates outside the list whose score equals the last listed one [n] */
  readonly tiesAtCut: Int32Array;
  /** items of the user's history that score no lower than the last listed one, case by case up to `ends` [n] */
  readonly repeats: {
    readonly ends: Int32Array;
    readonly items: Int32Array;
    readonly scores: Float32Array;
  };
}

export type PredictionSplit = 'validation' | 'test';

export function predictionPath(predictionsDir: string, key: string, split: PredictionSplit): string {
  return join(predictionsDir, key, `${split}.bin`);
}

function bytesOf(array: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Writes raw float32 values (logits per row, or mean-tie ranks per case); returns the content hash. */
export function writeValues(path: string, values: Float32Array): string {
  const bytes = bytesOf(values);
  writeFileAtomic(path, bytes);
  return sha256(bytes);
}

/**
 * Reads them back; a file of the wrong length, or of other content than was journalled, is refused rather than scored.
 * @param hash what `writeValues` returned; undefined where nobody noted it
 * @throws FILE_NOT_FOUND, PREDICTIONS_INVALID
 */
export function readValues(path: string, count: number, hash?: string): Float32Array {
  const bytes = readBytes(path);
  if (bytes.byteLength !== count * 4) throw wrongLength(path, bytes.byteLength, count * 4);
  if (hash !== undefined && sha256(bytes) !== hash) {
    throw new AutoModelError('PREDICTIONS_INVALID', `${path} changed since it was written`, {
      remedy: 'Delete the file and run again; the trial is repeated, to the same predictions.',
      details: { path },
    });
  }
  return new Float32Array(bytes.buffer, bytes.byteOffset, count);
}

/** Layout: int32 k, int32 n, int32 number of repeats, then items, scores, tiesAtCut, repeats.ends, .items, .scores. */
export function writeLists(path: string, lists: RankedLists): string {
  const cases = lists.tiesAtCut.length;
  const { repeats } = lists;
  const head = Int32Array.of(lists.k, cases, repeats.items.length);
  const parts = [
    head,
    lists.items,
    lists.scores,
    lists.tiesAtCut,
    repeats.ends,
    repeats.items,
    repeats.scores,
  ];
  const bytes = Buffer.concat(parts.map((part) => bytesOf(part)));
  writeFileAtomic(path, bytes);
  return sha256(bytes);
}

export function readLists(path: string): RankedLists {
  const bytes = readBytes(path);
  if (bytes.byteLength < 12) throw wrongLength(path, bytes.byteLength, 12);
  const [k, cases, repeated] = new Int32Array(bytes.buffer, bytes.byteOffset, 3);
  const expected = 4 * (3 + 2 * cases * k + 2 * cases + 2 * repeated);
  if (bytes.byteLength !== expected) throw wrongLength(path, bytes.byteLength, expected);
  let at = bytes.byteOffset + 12;
  const next = <T>(
    make: new (buffer: ArrayBuffer, offset: number, length: number) => T,
    length: number,
  ): T => {
    const array = new make(bytes.buffer, at, length);
    at += 4 * length;
    return array;
  };
  return {
    k,
    items: next(Int32Array, cases * k),
    scores: next(Float32Array, cases * k),
    tiesAtCut: next(Int32Array, cases),
    repeats: {
      ends: next(Int32Array, cases),
      items: next(Int32Array, repeated),
      scores: next(Float32Array, repeated),
    },
  };
}

/** A fresh, 4-byte aligned copy of the file. */
function readBytes(path: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (cause) {
    throw new AutoModelError('FILE_NOT_FOUND', `Predictions ${path} are missing`, {
      remedy: 'Run the command again; the trial is repeated.',
      retryable: true,
      cause,
    });
  }
}

function wrongLength(path: string, found: number, expected: number): AutoModelError {
  return new AutoModelError(
    'PREDICTIONS_INVALID',
    `${path} has ${found} bytes where ${expected} were expected`,
    {
      remedy: 'Delete the file and run again.',
      details: { path, found, expected },
    },
  );
}
