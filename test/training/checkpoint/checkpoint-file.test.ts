import { existsSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../../src/training/checkpoint/checkpoint-file.js';

const content = {
  progress: { step: 3 },
  arrays: new Map<string, Float32Array | Int32Array>([
    ['a', Float32Array.of(1.5, -2, NaN)],
    ['b', Int32Array.of(7)],
    ['empty', new Float32Array(0)],
  ]),
};

function path(): string {
  return join(mkdtempSync(join(tmpdir(), 'checkpoint-')), 'run.checkpoint');
}

describe('checkpoint file', () => {
  it('gives back what was written', () => {
    const file = path();
    writeCheckpoint(file, content);
    expect(readCheckpoint(file)).toEqual(content);
  });

  it('is refused when a byte changed, when it was cut, and when it is something else', () => {
    const file = path();
    writeCheckpoint(file, content);
    const good = readFileSync(file);
    for (const at of [0, 9, 20, good.length - 40, good.length - 1]) {
      const bad = Buffer.from(good);
      bad[at] ^= 1;
      writeFileSync(file, bad);
      expect(() => readCheckpoint(file)).toThrow();
    }
    for (const length of [0, 5, good.length - 1]) {
      writeFileSync(file, good.subarray(0, length));
      expect(() => readCheckpoint(file)).toThrow(expect.objectContaining({ code: 'ARTEFACT_CORRUPT' }));
    }
  });

  it.skipIf(!existsSync('/dev/full'))('leaves the older file when the disk is full', () => {
    const file = path();
    writeCheckpoint(file, content);
    const good = readFileSync(file);
    // Every write to /dev/full fails with ENOSPC, and the temporary name is known.
    symlinkSync('/dev/full', `${file}.${process.pid}.part`);
    expect(() => writeCheckpoint(file, content)).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
    expect(readFileSync(file)).toEqual(good);
    expect(readdirSync(join(file, '..'))).toEqual(['run.checkpoint']);
  });
});
